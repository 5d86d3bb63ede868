"""Asking for a refund: what is claimed, what is refused, and what a repeated request gets."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from db.api_keys import Role
from tests.shop import Shop, a_line, days_ago
from tools.client import Json, Refused


async def test_of_twenty_requests_for_the_same_unit_one_wins(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1")])
    body = {"order_id": "o1", "reason": "changed_mind", "lines": [{"line_id": "l1", "quantity": 1}]}

    answers = await asyncio.gather(*(shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body) for _ in range(20)))

    outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert outcomes == {(202, None): 1, (422, "quantity_not_available"): 19}


async def test_the_same_key_and_body_answer_the_same_refund(shop: Shop) -> None:
    await shop.order()
    body = {"order_id": "o1", "reason": "changed_mind"}

    async def ask(note: str = "") -> Any:
        request = {"json": {**body, "note": note}, "headers": {"Idempotency-Key": "k1"}}
        return await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", **request)

    answers = await asyncio.gather(*(ask() for _ in range(20)))
    other = await ask("another body")

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["refund_id"] for answer in answers}) == 1
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_the_same_key_adjusts_points_once(shop: Shop) -> None:
    path = f"/v1/customers/{shop.customer_id}/points"

    await asyncio.gather(*(shop.merchant.post(path, {"points": 100}, key="k1") for _ in range(10)))

    assert (await shop.customer())["points"]["balance"] == 100


async def test_the_quote_is_what_the_refund_comes_to_and_changes_nothing(shop: Shop) -> None:
    await shop.order(shipping={"amount": 1_000}, points_earned=500)
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}

    quote = await shop.merchant.post("/v1/refunds/quote", body)
    done = await shop.approved_refund()

    same = ["lines", "shipping", "fees", "deductions", "total", "effects", "currency"]
    assert {name: quote[name] for name in same} == {name: done[name] for name in same}


UNPAID: Json = {"status": "placed", "payments": [], "paid_at": None, "delivered_at": None}


async def test_an_order_that_is_not_paid_books_nothing_and_is_not_refundable(shop: Shop) -> None:
    order = await shop.order(**UNPAID, points_earned=500)

    assert order["refundable"] == [] and (await shop.customer())["points"]["balance"] == 0
    with pytest.raises(Refused, match="422 order_not_refundable"):
        await shop.refund()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"lines": [{"line_id": "nope", "quantity": 1}]}, "line_not_found"),
        ({"lines": [{"line_id": "l1", "quantity": 3}]}, "quantity_not_available"),
        ({"lines": [{"line_id": "l1", "amount": 120_001}]}, "amount_not_available"),
        ({"lines": []}, "validation_failed"),
        ({"lines": [{"line_id": "l1", "quantity": 0}]}, "validation_failed"),
        ({"lines": [{"line_id": "l1", "quantity": 1, "amount": 1}]}, "validation_failed"),
        ({"lines": [{"line_id": "l1", "quantity": 1}, {"line_id": "l1", "quantity": 1}]}, "validation_failed"),
        ({"reason": "because"}, "validation_failed"),
        ({"requested_at": "2999-01-01T00:00:00Z"}, "validation_failed"),
        ({"requested_at": days_ago(-5, "10:00:01")}, "validation_failed"),
    ],
)
async def test_a_request_that_cannot_be_met_says_why(shop: Shop, fields: Json, code: str) -> None:
    await shop.order()

    with pytest.raises(Refused) as refused:
        await shop.refund(**fields)

    assert (refused.value.status, refused.value.code) == (422, code)
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_when_everything_is_refunded_nothing_is_left_to_ask_for(shop: Shop) -> None:
    await shop.order()
    await shop.refund(reason="changed_mind")

    with pytest.raises(Refused, match="422 nothing_left_to_refund"):
        await shop.refund(reason="changed_mind")


async def test_the_window_is_judged_by_when_the_customer_asked(shop: Shop) -> None:
    await shop.order(delivered_at=days_ago(88), paid_at=days_ago(90), placed_at=days_ago(90))

    with pytest.raises(Refused, match="422 outside_return_window"):
        await shop.refund(requested_at=days_ago(57))
    last_moment = await shop.refund(requested_at=days_ago(58, "23:59:59"), lines=[{"line_id": "l1", "quantity": 1}])

    assert last_moment["status"] == "in_review"


async def test_a_late_request_waits_for_a_reviewer_where_the_policy_says_so(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, outside_window="review")
    await shop.order(delivered_at=days_ago(88), paid_at=days_ago(90), placed_at=days_ago(90))
    refund = await shop.refund()

    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})

    assert (await shop.until(refund, "completed"))["review"]["by"] == "reviewer"


async def test_a_list_goes_page_by_page_and_filters(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=5)])
    one = [{"line_id": "l1", "quantity": 1}]
    made = [(await shop.refund(reason="changed_mind", lines=one))["refund_id"] for _ in range(5)]

    first = await shop.ops.get("/v1/refunds", limit=3)
    second = await shop.ops.get("/v1/refunds", limit=3, cursor=first["next"])
    none = await shop.ops.get("/v1/refunds", status="completed", order_id="o1")

    listed = [item["refund_id"] for page in (first, second) for item in page["items"]]
    assert listed == made[::-1] and second["next"] is None and none["items"] == []


async def test_the_order_tells_its_refunds_and_what_is_left(shop: Shop) -> None:
    await shop.order(points_earned=100)
    done = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    order = await shop.merchant.get("/v1/orders/o1")

    assert order["refundable"] == [{"line_id": "l1", "quantity": 1, "amount": 60_000}]
    shown = {"refund_id": done["refund_id"], "status": "completed", "total": 60_000, "external": None}
    assert order["refunds"] == [shown]
    assert order["entitlements"]["points_clawed_back"] == 50


async def test_the_label_is_a_picture_to_print(shop: Shop) -> None:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")

    label = await shop.raw(Role.MERCHANT, "GET", f"/v1/refunds/{refund['refund_id']}/label")

    assert label.headers["content-type"] == "image/svg+xml" and refund["return"]["rma"] in label.text


async def test_a_merchant_may_refund_the_shipping_alone(shop: Shop) -> None:
    await shop.order(shipping={"amount": 1_500})

    done = await shop.approved_refund(lines=[], include_shipping=True)

    assert (done["total"], done["shipping"], done["lines"]) == (1_500, 1_500, [])
    assert (await shop.merchant.get("/v1/orders/o1"))["shipping_left"] == 0


async def test_the_answer_under_a_key_is_yes_again_when_the_refund_is_long_over(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    path = f"/v1/refunds/{refund['refund_id']}/review"

    await shop.reviewer.post(path, {"decision": "reject"}, key="k1")
    again = await shop.reviewer.post(path, {"decision": "reject"}, key="k1")

    assert again["status"] == "rejected"
