"""Snapshots of one order, however late and however many at once: one owner, one truth (rule 57)."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from db.api_keys import Role
from domain import clock
from tests.shop import Shop, a_line, a_payment, days_ago
from tools.client import Json, Refused


async def put_raw(shop: Shop, body: Json, order_id: str = "o1") -> Any:
    return await shop.raw(Role.MERCHANT, "PUT", f"/v1/orders/{order_id}", json=body)


async def test_a_new_order_put_for_two_customers_at_once_belongs_to_one(shop: Shop) -> None:
    for number in range(8):
        order_id = f"o{number}"
        mine = shop.order_body(order_id, customer_id="mine", lines=[a_line("l1", unit_price=100_00)])
        theirs = shop.order_body(order_id, customer_id="theirs", lines=[a_line("l1", unit_price=999_999_00)])

        answers = await asyncio.gather(*(put_raw(shop, body, order_id) for body in (mine, theirs) * 3))

        outcomes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
        assert outcomes == {(200, None): 3, (409, "conflicting_state"): 3}
        shown = await shop.merchant.get(f"/v1/orders/{order_id}")
        taken = mine if shown["customer_id"] == "mine" else theirs
        assert shown["payments"][0]["amount"] == taken["payments"][0]["amount"]
        refund = await shop.quote(order_id)
        assert refund["total"] == taken["payments"][0]["amount"]


async def test_thirty_policies_at_once_get_a_version_each(shop: Shop) -> None:
    before = (await shop.ops.get("/v1/policy"))["version"]
    bodies: list[Json] = [{"restocking_fee_bp": 100 + number} for number in range(30)]

    answers = await asyncio.gather(*(shop.raw(Role.OPS, "PUT", "/v1/policy", json=body) for body in bodies))

    assert {answer.status_code for answer in answers} == {200}
    versions = sorted(answer.json()["version"] for answer in answers)
    assert versions == list(range(before + 1, before + 31))


async def test_of_many_changes_of_one_version_of_the_policy_one_is_taken(shop: Shop) -> None:
    version = (await shop.ops.get("/v1/policy"))["version"]
    bodies: list[Json] = [{"restocking_fee_bp": 100 + number, "version": version} for number in range(10)]

    answers = await asyncio.gather(*(shop.raw(Role.OPS, "PUT", "/v1/policy", json=body) for body in bodies))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}


async def test_customers_put_at_once_are_all_answered(shop: Shop) -> None:
    answers = await asyncio.gather(
        *(shop.raw(Role.MERCHANT, "PUT", "/v1/customers/new", json={"name": f"n{number}"}) for number in range(20))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert all(answer.json()["name"] == f"n{number}" for number, answer in enumerate(answers))


async def test_a_late_shipped_snapshot_takes_no_delivery_away(shop: Shop) -> None:
    delivered = await shop.order()

    late = await shop.order(status="shipped", delivered_at=None)

    assert (late["status"], late["delivered_at"]) == ("delivered", delivered["delivered_at"])
    assert (await shop.quote(reason="changed_mind", kind="return"))["total"] == 120_000


async def test_an_older_snapshot_changes_nothing_and_says_so(shop: Shop) -> None:
    await shop.order(updated_at=days_ago(1), metadata={"shop": "7"})

    older = await shop.order(updated_at=days_ago(2), lines=[a_line("l1", unit_price=1)], metadata={"shop": "8"})

    assert older["ignored"] == "older_snapshot" and older["metadata"] == {"shop": "7"}
    assert older["payments"][0]["amount"] == 120_000


async def test_the_same_time_with_another_body_is_refused_and_with_the_same_is_taken(shop: Shop) -> None:
    at = days_ago(1)
    first = await shop.order(updated_at=at)

    again = await shop.order(updated_at=at)
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.order(updated_at=at, metadata={"shop": "7"})

    assert again == first and again["version"] == 1 and again["ignored"] is None


async def test_a_booked_order_is_sold_differently_with_a_newer_time_and_its_refund_names_the_version(
    shop: Shop,
) -> None:
    await shop.order(updated_at=days_ago(2), points_earned=100)
    two_more = [a_line("l1", quantity=2, unit_price=60_000), a_line("l2", unit_price=5_000)]
    payments = [a_payment("p1", 120_000, "ch-o1"), a_payment("p2", 5_000, "ch-o1-2")]

    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.order(lines=two_more, payments=payments, points_earned=100)
    changed = await shop.order(lines=two_more, payments=payments, points_earned=100, updated_at=days_ago(1))
    refund = await shop.approved_refund()

    assert changed["version"] == 2 and [left["amount"] for left in changed["refundable"]] == [120_000, 5_000]
    assert refund["order_version"] == 2 and refund["total"] == 125_000
    assert {payout["payment_id"]: payout["amount"] for payout in refund["payouts"]} == {"p1": 120_000, "p2": 5_000}
    assert (await shop.customer())["points"]["balance"] == 0


async def test_a_dearer_order_pays_back_what_was_captured_after_all(shop: Shop) -> None:
    await shop.order(updated_at=days_ago(2))
    cheaper = [a_line("l1", quantity=2, unit_price=50_000)]
    dearer = [a_line("l1", quantity=2, unit_price=70_000)]

    await shop.order(lines=cheaper, updated_at=days_ago(1))
    await shop.order(lines=dearer, updated_at=(clock.now() - timedelta(hours=1)).isoformat())

    assert (await shop.approved_refund())["total"] == 140_000


async def test_once_a_refund_was_asked_for_only_names_may_change(shop: Shop) -> None:
    await shop.order(updated_at=days_ago(3))
    half = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    renamed = [{**a_line("l1", quantity=2, unit_price=60_000), "name": "Kettle, blue"}]

    with pytest.raises(Refused, match="409 conflicting_state") as refused:
        await shop.order(lines=[a_line("l1", quantity=2, unit_price=70_000)], updated_at=days_ago(2))
    named = await shop.order(lines=renamed, updated_at=days_ago(1))
    rest = await shop.approved_refund()

    assert half["refund_id"] in refused.value.detail
    assert named["lines"][0]["name"] == "Kettle, blue" and named["version"] == 2
    assert (half["order_version"], rest["order_version"]) == (1, 2) and half["total"] + rest["total"] == 120_000


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"paid_at": "2099-01-01T00:00:00Z"}, "/paid_at"),
        ({"placed_at": "2099-01-01T00:00:00Z"}, "/placed_at"),
        ({"delivered_at": "2099-01-01T00:00:00Z"}, "/delivered_at"),
        ({"updated_at": "2099-01-01T00:00:00Z"}, "/updated_at"),
        ({"paid_at": "2020-01-01T00:00:00Z"}, "/paid_at"),
        ({"delivered_at": "2020-01-01T00:00:00Z"}, "/delivered_at"),
    ],
)
async def test_what_can_not_have_happened_is_refused_on_the_field(shop: Shop, fields: Json, pointer: str) -> None:
    answer = await put_raw(shop, {**shop.order_body(), **fields})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_an_order_is_not_delivered_before_it_is_paid(shop: Shop) -> None:
    body = shop.order_body(placed_at=days_ago(9), paid_at=days_ago(3), delivered_at=days_ago(5))

    answer = await put_raw(shop, body)

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/delivered_at"]


async def test_nobody_asks_for_a_refund_before_the_purchase_or_registers_in_the_future(shop: Shop) -> None:
    await shop.order()

    with pytest.raises(Refused, match="422 validation_failed") as refused:
        await shop.quote(requested_at="2020-01-01T00:00:00Z")
    with pytest.raises(Refused, match="422 validation_failed") as from_the_future:
        await shop.merchant.put("/v1/customers/c", {"registered_at": "2099-01-01T00:00:00Z"})

    assert refused.value.detail.startswith("/requested_at")
    assert from_the_future.value.detail.startswith("/registered_at")


async def test_clocks_may_differ_by_a_few_seconds(shop: Shop) -> None:
    soon = (clock.now() + timedelta(seconds=20)).isoformat()

    order = await shop.order(placed_at=soon, paid_at=soon, delivered_at=None, status="paid")

    assert order["status"] == "paid"


async def test_a_merchants_own_notes_come_back_on_orders_refunds_and_customers(shop: Shop) -> None:
    notes = {"shop": "7", "渠道": "小程序"}

    customer = await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"metadata": notes})
    order = await shop.order(metadata=notes)
    refund = await shop.refund(metadata=notes)

    assert customer["metadata"] == order["metadata"] == refund["metadata"] == notes
    assert (await shop.customer())["metadata"] == (await shop.merchant.get("/v1/orders/o1"))["metadata"] == notes
    assert (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["metadata"] == notes


@pytest.mark.parametrize(
    "notes",
    [{str(number): "x" for number in range(51)}, {"k" * 41: "x"}, {"k": "x" * 501}, {"": "x"}, {"k": 7}, {"k": "\x00"}],
)
async def test_notes_beyond_measure_are_refused(shop: Shop, notes: Json) -> None:
    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.order(metadata=notes)


async def test_a_customer_called_operations_reads_their_own_inbox(shop: Shop) -> None:
    shop.customer_id = "operations"
    await shop.order()
    await shop.policy(auto_approve={"max_amount": 0}, review_sla="PT2S", review_timeout="escalate")
    refund = await shop.refund()
    await shop.until_noticed(refund)

    theirs = await shop.merchant.get("/v1/customers/operations/inbox")
    ours = await shop.until_operations_told("needs_attention")

    assert {message["topic"] for message in theirs["items"]} == {"received"}
    assert {message["topic"] for message in ours} >= {"review_due", "needs_attention"}
