"""Ids and words of real shops, as they come over HTTP: taken in one form, or refused with a sentence."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line, a_payment
from tools.client import Json, Refused

SLASHED = "INV/2026/1"

ASKED_BY = {
    "audit": Role.OPS,
    "suspension": Role.OPS,
    "bank-account": Role.OPS,
    "settlement-reports": Role.OPS,
    "bulk": Role.OPS,
    "reviews": Role.REVIEWER,
    "workflow": Role.OPS,
    "risk-alerts": Role.OPS,
    "api-keys": Role.OWNER,
    "identity-providers": Role.OWNER,
    "gateways": Role.OWNER,
    "entitlement-systems": Role.OWNER,
    "carriers": Role.OWNER,
    "test-clock": Role.OWNER,
    "webhook-endpoints": Role.OWNER,
    "personal-data": Role.OWNER,
}
"""Who asks where merchants may not."""


def in_path(name: str) -> str:
    return quote(name, safe="")


async def raw_get(shop: Shop, path: str) -> Any:
    return await shop.raw(Role.MERCHANT, "GET", path)


async def test_an_order_whose_number_has_slashes_is_sold_and_refunded(shop: Shop) -> None:
    put = await shop.merchant.put(f"/v1/orders/{in_path(SLASHED)}", shop.order_body(SLASHED))
    read = await shop.merchant.get(f"/v1/orders/{in_path(SLASHED)}")
    refund = await shop.approved_refund(SLASHED)

    assert put["order_id"] == read["order_id"] == refund["order_id"] == SLASHED
    listed = await shop.merchant.get(f"/v1/refunds?order_id={in_path(SLASHED)}")
    assert [each["refund_id"] for each in listed["items"]] == [refund["refund_id"]]
    trail = await shop.ops.get(f"/v1/audit?order_id={in_path(SLASHED)}")
    assert trail["items"][0]["order_id"] == SLASHED


async def test_a_slash_that_was_not_escaped_still_parts_the_pieces_of_a_path(shop: Shop) -> None:
    await shop.merchant.put("/v1/customers/a", {})
    await shop.merchant.put(f"/v1/customers/{in_path('a/inbox')}", {"name": "with a slash"})

    assert (await shop.merchant.get("/v1/customers/a/inbox"))["items"] == []
    assert (await shop.merchant.get(f"/v1/customers/{in_path('a/inbox')}"))["name"] == "with a slash"
    assert (await raw_get(shop, "/v1/orders/INV/2026/1")).json()["code"] == "not_found"
    assert (await raw_get(shop, "/v1%2Forders/o1")).json()["code"] == "not_found"
    assert (await raw_get(shop, f"/v1/orders/{in_path('a/b')}/")).status_code < 500
    assert (await raw_get(shop, "/v1/orders/%EF%B7%90%2Fb")).json()["code"] == "validation_failed"


async def test_every_id_in_every_path_may_have_slashes_spaces_and_letters_of_any_script(shop: Shop) -> None:
    document = (await shop.http.get("/openapi.json")).json()
    odd = "支付 1/caf\u00e9"
    for path, operations in document["paths"].items():
        names = [each["name"] for each in operations.get("get", {}).get("parameters", []) if each["in"] == "path"]
        if not names:
            continue
        asked = path
        for name in names:
            asked = asked.replace(f"{{{name}}}", in_path(odd))
        role = next((ASKED_BY[part] for part in path.split("/") if part in ASKED_BY), Role.MERCHANT)
        answer = await shop.raw(role, "GET", asked)

        is_unknown = answer.status_code == 404 and odd in answer.json()["detail"]
        assert is_unknown or answer.json()["items"] == [], f"{path}: {answer.text}"


async def test_coupons_and_customers_may_be_named_with_spaces(shop: Shop) -> None:
    coupon: Json = {"customer_id": "Li Lei", "name": "Summer\r\nsale", "amount": 10_00, "currency": "CNY"}

    put = await shop.merchant.put(f"/v1/coupons/{in_path('SUMMER SALE')}", coupon)
    await shop.order(customer_id="Li Lei", discounts=[{"source": "coupon", "id": "SUMMER SALE", "amount": 10_00}])

    assert put["coupon_id"] == "SUMMER SALE" and put["name"] == "Summer\nsale"
    assert (await shop.merchant.get(f"/v1/coupons/{in_path('SUMMER SALE')}"))["status"] == "used"


async def test_whatever_a_shop_has_in_its_rows_is_taken(shop: Shop) -> None:
    lines = [{**a_line("line 1/2"), "sku": "", "name": "Kettle\r\nblue"}, {**a_line("l2"), "name": ""}]
    del lines[1]["sku"]
    payments = [{**a_payment("支付1", 20_00, "ch 1"), "instrument": "card/1"}]

    order = await shop.order(lines=lines, discounts=[{"source": "other", "id": "", "amount": 0}], payments=payments)
    refund = await shop.approved_refund(note="too small\r\nand late\rindeed")

    assert [line["sku"] for line in order["lines"]] == ["", ""]
    assert order["lines"][0]["name"] == "Kettle\nblue" and order["discounts"][0]["id"] is None
    assert refund["note"] == "too small\nand late\nindeed"
    assert refund["payouts"][0]["payment_id"] == "支付1"


async def test_two_spellings_of_one_letter_name_one_order(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/orders/{in_path('cafe' + chr(0x301))}", shop.order_body())
    again = await shop.merchant.put(f"/v1/orders/{in_path('caf' + chr(0xE9))}", shop.order_body())

    assert again["order_id"] == "caf\u00e9"
    quoted = await shop.merchant.post(
        "/v1/refunds/quote", {"order_id": "cafe\u0301", "reason": "quality_issue", "kind": "refund_only"}
    )
    assert quoted["order_id"] == "caf\u00e9"


@pytest.mark.parametrize("bad", ["x\u200b", "\u2060x", "a\u00a0b", "x ", ".."])
async def test_an_id_that_looks_like_another_is_refused_wherever_it_comes_from(shop: Shop, bad: str) -> None:
    in_body = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=shop.order_body(customer_id=bad))
    in_query = await raw_get(shop, f"/v1/refunds?order_id={in_path(bad)}")
    answers = [in_body, in_query]
    if bad != "..":
        answers.append(await raw_get(shop, f"/v1/orders/{in_path(bad)}"))

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
        assert answer.json()["errors"][0]["detail"].startswith(("an id has only", "an id neither", "`.` and `..`"))


@pytest.mark.parametrize(
    ("written", "kept", "told_in"),
    [
        ("zh_CN", "zh-CN", "zh-CN"),
        ("zh_Hans_CN", "zh-CN", "zh-CN"),
        ("zh-Hans-CN", "zh-CN", "zh-CN"),
        ("zh_TW", "zh-TW", "zh-CN"),
        ("EN_us", "en-US", "en"),
    ],
)
async def test_a_customer_is_told_in_the_language_however_it_is_written(
    shop: Shop, written: str, kept: str, told_in: str
) -> None:
    put = await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"locale": written})
    await shop.order()
    await shop.approved_refund()

    inbox = await shop.merchant.get(f"/v1/customers/{shop.customer_id}/inbox")
    assert put["locale"] == kept and {each["locale"] for each in inbox["items"]} == {told_in}


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://shop.example/1.jpg", "photo"])
async def test_evidence_is_a_link_that_a_reviewer_may_click(shop: Shop, link: str) -> None:
    await shop.order()

    with pytest.raises(Refused, match="422 validation_failed") as refused:
        await shop.refund(evidence=["https://shop.example/1.jpg", link])

    assert "/evidence/1" in refused.value.detail and "https://" in refused.value.detail


@pytest.mark.parametrize(
    "place", [["2026-11-01T00:00:00Z", "\ud800"], ["2026-11-01T00:00:00", "rf_1"], ["now", 1], [1, 2, 3], {}, None]
)
async def test_a_cursor_that_no_page_gave_is_refused(shop: Shop, place: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()

    answer = await raw_get(shop, f"/v1/refunds?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_field_of_any_name_can_be_pointed_at(shop: Shop) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/customers/c", json={"a/~": 1, "x" * 10_000: 1})
    headers = {"Content-Type": "application/json"}
    half = await shop.raw(Role.MERCHANT, "PUT", "/v1/customers/c", content=b'{"\\ud800": 1}', headers=headers)

    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert answer.status_code == half.status_code == 422 and pointers == {"/a~1~0", "/" + "x" * 100}


async def test_an_idempotency_key_may_be_written_in_any_script(shop: Shop) -> None:
    await shop.order()
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
    headers = {"Idempotency-Key": "退款-1".encode()}

    first = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body, headers=headers)
    again = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body, headers=headers)

    assert first.status_code == again.status_code == 202 and first.json() == again.json()


async def test_the_longest_ids_of_the_largest_letters_go_through_a_whole_refund(shop: Shop) -> None:
    order_id, customer_id, line_id, payment_id = ("𠮷" * 100, "😀" * 100, "𝕏" * 100, "💳" * 100)
    lines, payments = [a_line(line_id, quantity=2)], [a_payment(payment_id, 20_00, "ch-long")]
    body = shop.order_body(order_id, customer_id=customer_id, lines=lines, payments=payments)

    await shop.merchant.put(f"/v1/orders/{in_path(order_id)}", body)
    await shop.behave("ch-long", "succeed_by_webhook")
    done = await shop.approved_refund(order_id)

    assert done["total"] == 20_00 and done["payouts"][0]["payment_id"] == payment_id
