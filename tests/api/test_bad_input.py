"""Careless and hostile input: a clear no with a stable code, and nothing is booked."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json, Refused


def with_line(**fields: Any) -> Json:
    return {"lines": [{**a_line("l1"), **fields}]}


def with_payment(**fields: Any) -> Json:
    return {"payments": [{**a_payment("p1", 120_000, "ch"), **fields}]}


ROUNDED = {"line_id": "r", "kind": "rounding", "quantity": 1, "total": -2}
OFF_THE_ROUNDED = {"source": "other", "amount": 1, "line_ids": ["r"]}
OF_THE_FEE = {"points": 1, "line_ids": ["f"]}
FOR_THE_FEE = {"kind": "store_credit", "amount": 1, "line_ids": ["f"]}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"payments": [a_payment("p1", 119_999, "ch")]}, "order_does_not_balance"),
        ({"currency": "XXX"}, "validation_failed"),
        ({"currency": "cny"}, "validation_failed"),
        (with_line(unit_price=-1), "validation_failed"),
        (with_line(unit_price=10**30), "validation_failed"),
        (with_line(unit_price=10.0), "validation_failed"),
        (with_line(unit_price="1000"), "validation_failed"),
        (with_line(unit_price=True), "validation_failed"),
        (with_line(quantity=0), "validation_failed"),
        (with_line(quantity=0.4, unit="kg"), "validation_failed"),
        (with_line(quantity=1.0), "validation_failed"),
        (with_line(quantity="1"), "validation_failed"),
        (with_line(quantity="0.4"), "validation_failed"),
        (with_line(quantity="0.0001", unit="kg"), "validation_failed"),
        (with_line(quantity="0.000", unit="kg"), "validation_failed"),
        (with_line(quantity="-0.4", unit="kg"), "validation_failed"),
        (with_line(quantity=-1, unit="kg"), "validation_failed"),
        (with_line(quantity="4e-1", unit="kg"), "validation_failed"),
        (with_line(quantity="0.4", unit=""), "validation_failed"),
        (with_line(quantity="0.4", unit="kilograms of something"), "validation_failed"),
        (with_line(quantity="0.333", unit="kg", unit_price=19_95), "validation_failed"),
        (with_line(tax=1_001), "validation_failed"),
        (with_line(total=1_000), "validation_failed"),
        (with_line(unit_price=None), "validation_failed"),
        (with_line(unit_price=None, total=1_000, tax=1_001), "validation_failed"),
        (with_line(unit_price=None, total=-1), "validation_failed"),
        (with_line(unit_price=None, total=10.5), "validation_failed"),
        (with_line(sku="a\x00b"), "validation_failed"),
        (with_line(kind="gift"), "validation_failed"),
        (with_line(kind="service", unit_price=None, total=-1), "validation_failed"),
        (with_line(kind="tip", unit_price=None, total=-1), "validation_failed"),
        (with_line(kind="rounding", unit_price=-1), "validation_failed"),
        (with_line(kind="rounding", unit_price=None, total=-1, tax=1), "validation_failed"),
        (with_line(kind="fee", gift=True), "validation_failed"),
        ({"lines": [a_line("l1"), {**ROUNDED, "kind": "tip"}]}, "validation_failed"),
        ({"lines": [a_line("l1"), {**ROUNDED, "kind": "goods", "gift": True}]}, "validation_failed"),
        ({"lines": [a_line("l1"), {**ROUNDED, "tax": 1}]}, "validation_failed"),
        ({"lines": [a_line("l1"), {**ROUNDED, "tax": -3}]}, "validation_failed"),
        ({"lines": [a_line("l1"), {**ROUNDED, "bundle_id": "r2"}]}, "validation_failed"),
        (with_line(bundle_id="l1"), "validation_failed"),
        ({"lines": [a_line("l1", bundle_id="l2"), a_line("l2", bundle_id="l1")]}, "validation_failed"),
        ({"lines": [a_line("l1", bundle_id="set"), a_line("set", bundle_id="box")]}, "validation_failed"),
        ({"bundles": [{"bundle_id": "set", "parts": "together"}]}, "validation_failed"),
        ({"lines": [a_line("l1", bundle_id="set")], "bundles": [{"bundle_id": "set"}] * 2}, "validation_failed"),
        ({**with_line(bundle_id="set"), "bundles": [{"bundle_id": "set", "parts": "some"}]}, "validation_failed"),
        (with_line(kind="fee", returnable={"allowed": False, "because": "digital"}), "validation_failed"),
        ({"lines": [a_line("l1"), ROUNDED], "discounts": [OFF_THE_ROUNDED]}, "validation_failed"),
        ({"lines": [a_line("l1"), {**a_line("f"), "kind": "fee"}], "rewards": [FOR_THE_FEE]}, "validation_failed"),
        ({"lines": [a_line("l1"), {**a_line("f"), "kind": "fee"}], "points_earned": [OF_THE_FEE]}, "validation_failed"),
        ({"lines": [a_line("l1", unit_price=1), ROUNDED], "payments": []}, "order_does_not_balance"),
        (with_line(returnable={"allowed": False}), "validation_failed"),
        (with_line(returnable={"allowed": True, "because": "hygiene"}), "validation_failed"),
        (with_line(returnable={"allowed": False, "because": "dislike"}), "validation_failed"),
        (with_line(returnable=False), "validation_failed"),
        ({"owed": 1}, "order_does_not_balance"),
        ({"owed": "1"}, "validation_failed"),
        ({"owed": 1.5}, "validation_failed"),
        ({"owed": -101, "payments": [a_payment("p1", 120_101, "ch")]}, "order_does_not_balance"),
        ({"paid_at": None}, "validation_failed"),
        (with_payment(status="refunded"), "validation_failed"),
        (with_payment(currency="XXX"), "validation_failed"),
        (with_payment(currency="USD"), "validation_failed"),
        (with_payment(currency="USD", rate="0"), "validation_failed"),
        (with_payment(currency="USD", rate="0.000"), "validation_failed"),
        (with_payment(currency="USD", rate="-7"), "validation_failed"),
        (with_payment(currency="USD", rate=7.1), "validation_failed"),
        (with_payment(currency="USD", rate=7), "validation_failed"),
        (with_payment(currency="USD", rate="1e1"), "validation_failed"),
        (with_payment(currency="USD", rate="7.1", order_amount=852_002), "validation_failed"),
        (with_payment(currency="USD", rate="7.1", order_amount=852_000), "order_does_not_balance"),
        (with_payment(currency="USD", order_amount=0), "validation_failed"),
        (with_payment(currency="USD", rate="999999999999"), "validation_failed"),
        (with_payment(currency="USD", rate="1", method="store_credit"), "validation_failed"),
        (with_payment(rate="2"), "validation_failed"),
        (with_payment(order_amount=1), "validation_failed"),
        (with_payment(interest=120_001), "validation_failed"),
        (with_payment(interest=-1), "validation_failed"),
        (with_payment(interest=1), "order_does_not_balance"),
        ({"lines": []}, "validation_failed"),
        ({"lines": [a_line("l1"), a_line("l1")]}, "validation_failed"),
        ({"paid_at": "2026-11-01T08:01:00"}, "validation_failed"),
        ({"paid_at": 1_700_000_000}, "validation_failed"),
        ({"paid_at": "0001-01-01T00:00:00Z"}, "validation_failed"),
        ({"paid_at": "9999-12-31T23:59:59-05:00"}, "validation_failed"),
        ({"paid_at": None}, "validation_failed"),
        ({"status": "placed"}, "validation_failed"),
        ({"surprise": 1}, "validation_failed"),
        ({"discounts": [{"source": "coupon", "id": "c", "amount": 120_001}], "payments": []}, "order_does_not_balance"),
        ({"discounts": [{"source": "coupon", "amount": 1}]}, "validation_failed"),
        ({"discounts": [{"source": "other", "amount": 1, "line_ids": ["nope"]}]}, "validation_failed"),
        ({"discounts": [{"source": "other", "amount": 1, "allocations": {"l1": 2}}]}, "validation_failed"),
        ({"rewards": [{"kind": "coupon"}]}, "validation_failed"),
        ({"rewards": [{"kind": "store_credit", "coupon_id": "c"}]}, "validation_failed"),
        ({"rewards": [{"kind": "coupon", "coupon_id": "c"}] * 2}, "validation_failed"),
        (with_line(gift_value=100), "validation_failed"),
        ({"discounts": [{"source": "exclusive_discount", "amount": 1}]}, "validation_failed"),
        ({"payments": [{**a_payment("p1", 120_000, "ch"), "gateway": "nowhere"}]}, "validation_failed"),
    ],
)
async def test_an_order_that_cannot_be_is_refused(shop: Shop, fields: Json, code: str) -> None:
    body = {**shop.order_body(), **fields}

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json" and len(answer.json()["detail"]) > 10
    assert (await shop.raw(Role.MERCHANT, "GET", "/v1/orders/o1")).status_code == 404


async def test_an_order_that_does_not_balance_is_told_both_sums(shop: Shop) -> None:
    with pytest.raises(Refused) as refused:
        await shop.order(payments=[a_payment("p1", 119_999, "ch")])

    assert "120000" in refused.value.detail and "119999" in refused.value.detail


async def test_a_discount_larger_than_its_lines_is_refused(shop: Shop) -> None:
    lines = [a_line("l1", unit_price=100), a_line("l2", unit_price=900)]
    discount = {"source": "other", "amount": 500, "line_ids": ["l1"]}

    with pytest.raises(Refused, match="422 discount_exceeds_lines"):
        await shop.order(lines=lines, discounts=[discount])


async def test_a_booked_order_is_not_sold_differently_afterwards(shop: Shop) -> None:
    await shop.order()

    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.order(points_earned=1)
    again = await shop.order(delivered_at=days_ago(24))

    assert again["delivered_at"] == days_ago(24)


async def in_pieces() -> AsyncIterator[bytes]:
    for _ in range(160):
        yield b"x" * 65_536


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"customer_id": "\xff\xfe"}', 400),
        (b'{"customer_id": ', 422),
        (b"[" * 100_000, 400),
        (b"[1]", 422),
        (b"null", 422),
        (b'{"points_earned": NaN}', 422),
        (b'{"points_earned": ' + b"9" * 6_000 + b"}", 400),
        (b'{"customer_id": "' + b"x" * 10_000_000 + b'"}', 413),
        (json.dumps({"customer_id": "\ud800"}).encode(), 422),
    ],
)
async def test_a_body_that_is_no_order_is_a_problem_and_no_accident(shop: Shop, content: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", content=content, headers=headers)

    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"


async def test_a_large_body_that_does_not_say_so_is_refused_too(shop: Shop) -> None:
    headers = {"Content-Type": "application/json"}

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", content=in_pieces(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/orders/a%00b",
        "/v1/orders/a%C2%A0b",
        "/v1/orders/" + "x" * 101,
        "/v1/refunds?cursor=abc",
        "/v1/refunds?limit=0",
    ],
)
async def test_a_path_that_cannot_be_is_refused(shop: Shop, path: str) -> None:
    answer = await shop.raw(Role.MERCHANT, "GET", path)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nope", 404), ("DELETE", "/v1/policy", 405), ("TRACE", "/v1/refunds", 405)],
)
async def test_what_is_not_there_is_a_problem(shop: Shop, method: str, path: str, status: int) -> None:
    answer = await shop.raw(Role.OPS, method, path)

    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"


async def test_more_units_than_were_returned_can_be_neither_received_nor_inspected(shop: Shop) -> None:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    at = f"/v1/refunds/{refund['refund_id']}"

    with pytest.raises(Refused, match="422 quantity_not_available"):
        await shop.warehouse.post(f"{at}/receipt", {"lines": [{"line_id": "l1", "quantity": 3}]})
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/inspection", {})
    await shop.warehouse.post(f"{at}/receipt", {})
    for found in ({"line_id": "l1", "accepted": 3}, {"line_id": "l1", "accepted": 1}, {"line_id": "l2", "accepted": 2}):
        with pytest.raises(Refused, match="422 quantity_not_available"):
            await shop.warehouse.post(f"{at}/inspection", {"lines": [found]})
