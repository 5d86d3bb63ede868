"""Orders, disputes and changes that can't be are answered with what is wrong and what would be right."""

from typing import Any

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json

DOLLARS = {**a_payment("p1", 120_000, "ch"), "currency": "USD"}
PARCELS = [{"shipment_id": name, "lines": [{"line_id": "l1", "quantity": 2}]} for name in ("s1", "s2")]


CREDIT = {"kind": "store_credit", "amount": 100}


def off(**fields: Any) -> Json:
    return {"discounts": [{"source": "coupon", "id": "k", "amount": 1, **fields}]}


def with_a_fee(**fields: Any) -> Json:
    return {"lines": [a_line("l1"), a_line("f", kind="fee")], **fields}


def one_line(**fields: Any) -> Json:
    return {"lines": [{**a_line("l1"), **fields}]}


@pytest.mark.parametrize(
    ("fields", "pointer", "told"),
    [
        (one_line(quantity="0.0001", unit="kg"), "/lines/0/quantity", "at most three decimals"),
        (
            one_line(bundle_id="l1"),
            "/lines/0/bundle_id",
            "can't contain itself: l1; name it by an id that is no line's",
        ),
        (
            {"lines": [a_line("l1", bundle_id="l2"), a_line("l2", bundle_id="l1")]},
            "/lines/0/bundle_id",
            "say all parts in one bundle",
        ),
        ({"shipments": PARCELS}, "/shipments", "4 of line 'l1' are in shipments, and 2 were bought"),
        ({"payments": [{**DOLLARS, "rate": "0"}]}, "/payments/0/rate", 'a decimal above zero, in a text: "7.1234"'),
        ({"payments": [{**DOLLARS, "rate": 0}]}, "/payments/0/rate", 'a decimal above zero, in a text: "7.1234"'),
        ({"payments": [DOLLARS]}, "/payments/0/rate", "say the rate, or its share of the order in order_amount"),
        (one_line(quantity="2"), "/lines/0/quantity", "say a whole number"),
        ({"lines": [{"line_id": "l1", "quantity": "1.5", "total": 5}]}, "/lines/0/quantity", "say a whole number"),
        (one_line(tax=10_01), "/lines/0/tax", "can't exceed quantity"),
        (one_line(total=5_00), "/lines/0/total", "says what it cost once"),
        (one_line(gift_value=5), "/lines/0/gift_value", "belong to a line with gift true"),
        (one_line(kind="fee", gift=True), "/lines/0/gift", "are for goods and services"),
        (one_line(unit_price=-1, kind="tip"), "/lines/0/kind", "was taken off the others"),
        (one_line(returnable={"allowed": False}), "/lines/0/returnable/because", "say `because`"),
        (one_line(unit_price=-1), "/lines", "every line is below zero"),
        ({"lines": [a_line("l1"), a_line("l1")]}, "/lines/1/line_id", "line_id l1 appears twice"),
        ({"bundles": [{"bundle_id": "b"}]}, "/bundles/0/bundle_id", "say bundle_id of their lines"),
        (off(id=None), "/discounts/0/id", "names its coupon"),
        (off(source="other", points=5), "/discounts/0/points", "only a discount of source `points`"),
        (off(allocations={"l1": 2}), "/discounts/0/allocations", "allocations come to 2"),
        (off(line_ids=["l1", "l9"]), "/discounts/0/line_ids", "does not have: l9"),
        (off(target="shipping", line_ids=["l1"]), "/discounts/0/line_ids", "on shipping has no lines"),
        ({"points_earned": [{"points": 1, "line_ids": ["l9"]}]}, "/points_earned/0/line_ids", "does not have: l9"),
        (with_a_fee(points_earned=[{"points": 1, "line_ids": ["f"]}]), "/points_earned/0/line_ids/0", "leave f out"),
        (with_a_fee(rewards=[{**CREDIT, "line_ids": ["l1", "f"]}]), "/rewards/0/line_ids/1", "leave f out"),
        ({"rewards": [{**CREDIT, "line_ids": ["l9"]}]}, "/rewards/0/line_ids", "does not have: l9"),
        ({"rewards": [{"kind": "coupon"}]}, "/rewards/0/coupon_id", "is named in coupon_id"),
        (
            {"payments": [{**DOLLARS, "rate": "7", "order_amount": 1}]},
            "/payments/0/order_amount",
            "does not fit the rate",
        ),
        ({"payments": [a_payment("p1", 1, "ch"), a_payment("p1", 2, "ch")]}, "/payments/1/payment_id", "appears twice"),
        ({"payments": [{**a_payment("p1", 1, "ch"), "interest": 2}]}, "/payments/0/interest", "can't exceed it"),
        ({"status": "placed"}, "/payments", "is not paid yet"),
        ({"paid_at": None}, "/paid_at", "say when in paid_at"),
        ({"guest": {"email": "a@example.com"}}, "/guest", "says who bought it once"),
        ({"shipping": {"amount": 1, "tax": 2}}, "/shipping/tax", "can't exceed it"),
        ({"shipments": [{**PARCELS[0], "tax": 1}]}, "/shipments/0/tax", "can't exceed it"),
    ],
)
async def test_an_order_that_can_not_be_is_told_what_would_be_right(
    shop: Shop, fields: Json, pointer: str, told: str
) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json={**shop.order_body(), **fields})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer and told in error["detail"]


async def test_what_contradicts_an_order_that_is_known_is_told_what_would_be_right(shop: Shop) -> None:
    """Disputes and external refunds beyond a payment, fractions, changes of what is claimed, one time said twice."""
    await shop.order(updated_at=days_ago(3))
    await shop.policy(auto_approve={"max_amount": 0})
    refund = await shop.refund(lines=[{"line_id": "l1", "quantity": 2}])
    dispute = {"dispute_id": "dp_1", "payment_id": "p1", "status": "opened", "amount": 120_001, "at": days_ago(2)}
    elsewhere = {"external_id": "re_1", "amount": 120_001, "at": days_ago(2)}
    finer = {"order_id": "o1", "reason": "changed_mind", "lines": [{"line_id": "l1", "quantity": "0.0001"}]}
    known: Json = shop.order_body(updated_at=days_ago(3))
    fewer: Json = shop.order_body(lines=[a_line("l1", unit_price=600_00)], updated_at=days_ago(2))

    for method, path, body, status, told in (
        ("POST", "/v1/orders/o1/disputes", dispute, 422, "it was of 120000 (CNY minor units)"),
        ("POST", "/v1/orders/o1/external-refunds", elsewhere, 422, "120000 is left on its payments"),
        ("POST", "/v1/refunds", finer, 422, "at most three decimals"),
        ("PUT", "/v1/orders/o1", fewer, 409, f"Refund {refund['refund_id']} stands in the way"),
        ("PUT", "/v1/orders/o1", {**known, "metadata": {"shop": "7"}}, 409, "say a newer updated_at"),
    ):
        answer = await shop.raw(Role.MERCHANT, method, path, json=body)
        assert answer.status_code == status and told in answer.json()["detail"], answer.text
    assert (await shop.order(updated_at=days_ago(3)))["version"] == 1


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"lines": []}, "/lines"),
        ({"lines": [{"line_id": "l1", "quantity": 1}, {"line_id": "l1", "quantity": 1}]}, "/lines"),
        ({"lines": [{"line_id": "l1", "quantity": 1, "amount": 1}]}, "/lines/0/amount"),
        ({"lines": [{"line_id": "l1"}]}, "/lines/0/quantity"),
        ({"include_shipping": True, "shipping_amount": 1}, "/shipping_amount"),
        ({"kind": "refund_only", "pickup": True}, "/pickup"),
    ],
)
async def test_a_request_that_contradicts_itself_is_told_at_which_field(shop: Shop, fields: Json, pointer: str) -> None:
    body = {"order_id": "o1", "reason": "quality_issue", **fields}

    answer = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds/quote", json=body)

    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/policy", {"return_shipping_fee": {"XXQ": 1}}, "/return_shipping_fee/XXQ"),
        ("/v1/policy", {"auto_approve": {"max_amount": 0.5}}, "/auto_approve/max_amount"),
        ("/v1/policy", {"point_value": {"CNY": 0.5}}, "/point_value/CNY"),
    ],
)
async def test_what_may_be_said_in_several_ways_is_told_at_its_field(
    shop: Shop, path: str, body: Json, pointer: str
) -> None:
    answer = await shop.raw(Role.OPS, "PUT", path, json=body)

    assert answer.status_code == 422 and pointer in {each["pointer"] for each in answer.json()["errors"]}, answer.text
    assert not [each for each in answer.json()["errors"] if "constrained" in each["pointer"] + each["detail"]]
