"""Disputes as events: an open one holds its payment, a lost one takes back, a won one gives it again (rules 46, 52)."""

import asyncio
from typing import Any

from db.api_keys import Role
from tests.shop import Shop, a_line, a_payment, days_ago
from tests.upkeep.scenes import at
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from tools.stack.stack import Stack
from upkeep.losses import count_some

PATH = "/v1/orders/o1/disputes"


def a_dispute(status: str, amount: int = 120_000, **fields: Any) -> Json:
    return {"dispute_id": "dp_1", "payment_id": "p1", "status": status, "amount": amount, "at": days_ago(2), **fields}


async def said(shop: Shop, status: str, amount: int = 120_000, **fields: Any) -> Json:
    return await shop.merchant.post(PATH, a_dispute(status, amount, **fields))


async def test_while_one_is_open_nothing_goes_to_its_payment_and_others_are_paid(shop: Shop) -> None:
    payments = [a_payment("gift", 40_00, "ch-gift", "gift_card"), a_payment("card", 60_00, "ch-card")]
    await shop.order(lines=[a_line("l1", unit_price=100_00)], payments=payments)
    await said(shop, "opened", 60_00, payment_id="card")

    waiting = await shop.until_noticed(await shop.refund())
    paid = await gateway_refunds(shop)
    await said(shop, "won", 60_00, payment_id="card")
    note = {"step": "pay_out", "action": "retry", "note": "the dispute is won"}
    await shop.ops.post(at(waiting, "resolution"), note)
    await shop.until(waiting, "completed")

    assert waiting["needs_attention"]["reason"] == "card was declined: charge_disputed"
    assert paid == [("ch-gift", 40_00, "succeeded")]
    assert await gateway_refunds(shop) == [("ch-card", 60_00, "succeeded"), ("ch-gift", 40_00, "succeeded")]


async def test_what_a_refund_was_to_pay_is_not_paid_when_the_bank_has_taken_it(shop: Shop) -> None:
    payments = [a_payment("gift", 40_00, "ch-gift", "gift_card"), a_payment("card", 60_00, "ch-card")]
    await shop.order(lines=[a_line("l1", unit_price=100_00)], payments=payments)
    await said(shop, "opened", 60_00, payment_id="card")
    waiting = await shop.until_noticed(await shop.refund())

    lost = await said(shop, "lost", 60_00, payment_id="card")
    await shop.ops.post(at(waiting, "resolution"), {"step": "pay_out", "action": "retry", "note": "it is decided"})
    again = await shop.until_noticed(waiting)
    await shop.ops.post(at(waiting, "resolution"), {"step": "pay_out", "action": "settle", "note": "the bank paid it"})
    await shop.until(waiting, "completed")

    assert (lost["uncounted"], lost["holds_payment"]) == (60_00, True)
    assert again["needs_attention"]["reason"] == "card was declined: charge_disputed"
    assert await gateway_refunds(shop) == [("ch-gift", 40_00, "succeeded")]


async def test_a_refund_that_would_go_to_a_disputed_payment_alone_is_refused_and_one_under_way_ends(shop: Shop) -> None:
    await shop.order()
    under_way = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "quantity": 1}])
    await said(shop, "opened")

    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
    refused = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=asked)
    await shop.reviewer.post(at(under_way, "review"), {"decision": "approve"})
    ended = await shop.until(under_way, "rejected")

    assert (refused.status_code, refused.json()["code"]) == (422, "payment_disputed")
    assert ended["ended_because"]["code"] == "payment_disputed"
    assert await gateway_refunds(shop) == []


async def test_a_lost_one_takes_back_what_was_earned_and_its_money_is_gone_and_a_won_one_gives_it_again(
    shop: Shop, stack: Stack
) -> None:
    coupon = {"customer_id": shop.customer_id, "name": "100 off", "amount": 10_000, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/k1", coupon)
    sold: Json = {"discounts": [{"source": "coupon", "id": "k1", "amount": 10_000}], "points_earned": 110}
    await shop.order(**sold, payments=[a_payment("p1", 110_000, "ch-o1")])
    await said(shop, "opened", 55_000)

    lost = await said(shop, "lost", 55_000)
    loss = await shop.until(lost, "completed")
    order, points = await shop.merchant.get("/v1/orders/o1"), (await shop.customer())["points"]
    report = await shop.ops.get("/v1/reports/refunds")
    won = await said(shop, "won", 55_000)
    stack.kill("worker")
    ended = await shop.until(lost, "cancelled")
    rest = await shop.approved_refund()

    assert (loss["total"], loss["effects"]["points_clawed_back"]) == (55_000, 55)
    assert loss["effects"]["coupons"] == [{**loss["effects"]["coupons"][0], "outcome": "kept"}]
    assert loss["external"]["is_dispute"] and points == {"balance": 55, "held": 0}
    assert order["refundable"] == [{"line_id": "l1", "quantity": 2, "amount": 55_000}]
    assert [(each["status"], each["holds_payment"]) for each in order["disputes"]] == [("lost", False)]
    assert report["disputes"] == [{"currency": "CNY", "status": "lost", "count": 1, "amount": 55_000}]
    assert (won["status"], ended["effects"]["points_clawed_back"]) == ("won", 0)
    assert rest["total"] == 110_000 and (await shop.customer())["points"] == {"balance": 0, "held": 0}
    assert any("decided for the shop" in text for text in await shop.inbox())


async def test_the_same_is_heard_once_by_however_many_callers_and_never_goes_back(shop: Shop) -> None:
    await shop.order(points_earned=120)
    await said(shop, "opened")

    lost = await asyncio.gather(*(shop.raw(Role.MERCHANT, "POST", PATH, json=a_dispute("lost")) for _ in range(6)))
    again = await shop.raw(Role.OPS, "POST", PATH, json=a_dispute("opened"))
    back = await shop.raw(Role.OPS, "POST", PATH, json=a_dispute("warning"))
    await shop.until(lost[0].json(), "completed")

    assert [each.status_code for each in lost] == [200] * 6
    assert len({each.json()["refund_id"] for each in lost}) == 1
    assert (again.status_code, again.json()["status"]) == (200, "lost")
    assert (back.status_code, back.json()["code"]) == (409, "conflicting_state")
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_what_was_lost_pays_for_what_others_have_claimed_and_nothing_goes_to_its_payment(shop: Shop) -> None:
    """The bank took 1200.00, of which a refund under way had claimed 600.00: its unit is paid with what was lost."""
    await shop.order()
    under_way = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "quantity": 1}])

    lost = await said(shop, "lost")
    await shop.reviewer.post(at(under_way, "review"), {"decision": "approve"})
    done = await shop.until(under_way, "completed")
    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
    refused = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=asked)

    assert (lost["uncounted"], lost["holds_payment"], done["total"]) == (60_000, True, 0)
    assert refused.json()["code"] == "payment_disputed"
    assert await gateway_refunds(shop) == []


async def test_a_dispute_in_dollars_with_interest_is_counted_at_the_rate_of_the_sale(shop: Shop) -> None:
    dollars = {**a_payment("p1", 2_00, "pi_1"), "currency": "USD", "order_amount": 14_00, "interest": 20}
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=6_30)], payments=[dollars])
    more = await shop.raw(Role.MERCHANT, "POST", PATH, json=a_dispute("opened", 2_01, currency="USD"))
    yen = await shop.raw(Role.MERCHANT, "POST", PATH, json=a_dispute("opened", 1_00, currency="JPY"))

    opened = await said(shop, "opened", 2_00, currency="USD")
    lost = await said(shop, "lost", 2_00, currency="USD")
    loss = await shop.until(lost, "completed")
    order = await shop.merchant.get("/v1/orders/o1")

    assert (more.status_code, more.json()["code"], "it was of 200 (USD" in more.json()["detail"]) == (
        422,
        "amount_not_available",
        True,
    )
    assert (yen.status_code, yen.json()["errors"][0]["pointer"]) == (422, "/currency")
    assert (opened["currency"], opened["amount"], lost["uncounted"]) == ("USD", 2_00, 0)
    assert (loss["total"], [each["amount"] for each in loss["payouts"]]) == (14_00, [2_00])
    assert [each["amount"] for each in loss["interest"]] == [1_40]
    assert order["refundable"] == [{"line_id": "l1", "quantity": 2, "amount": 0}]


async def test_what_a_refund_under_way_had_claimed_is_counted_when_it_lets_it_go_and_a_won_one_gives_all_again(
    shop: Shop,
) -> None:
    await shop.order(points_earned=120)
    under_way = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "quantity": 1}])
    lost = await said(shop, "lost")
    await shop.until(lost, "completed")
    await count_some(shop.temporal, shop.engine)
    waiting = (await shop.merchant.get("/v1/orders/o1"))["disputes"][0]

    await shop.merchant.post(at(under_way, "cancel"), {})
    await shop.until(under_way, "cancelled")
    for _ in range(2):
        await count_some(shop.temporal, shop.engine)
    order = await shop.merchant.get("/v1/orders/o1")
    (known,) = order["disputes"]
    more = {"refund_id": known["more_refund_ids"][0]}
    rest = await shop.until(more, "completed")
    points = (await shop.customer())["points"]
    won = await said(shop, "won")
    ended = [await shop.until(each, "cancelled") for each in (lost, more)]

    assert (waiting["uncounted"], waiting["holds_payment"]) == (60_000, True)
    assert (known["uncounted"], known["holds_payment"], known["refund_id"]) == (0, False, lost["refund_id"])
    assert (rest["total"], order["refundable"][0]["amount"], points["balance"]) == (60_000, 0, 0)
    assert won["status"] == "won" and [each["effects"]["points_clawed_back"] for each in ended] == [0, 0]
    assert (await shop.customer())["points"]["balance"] == 120


async def test_what_was_paid_to_the_customer_meanwhile_is_not_lost_once_more_and_holds_nothing(shop: Shop) -> None:
    await shop.order()
    under_way = await shop.refund(reason="changed_mind", lines=[{"line_id": "l1", "quantity": 1}])
    await said(shop, "lost")
    await shop.reviewer.post(at(under_way, "review"), {"decision": "approve"})
    await shop.until(under_way, "completed")

    await count_some(shop.temporal, shop.engine)
    (known,) = (await shop.merchant.get("/v1/orders/o1"))["disputes"]
    counted = [await shop.until({"refund_id": each}, "completed") for each in known["more_refund_ids"]]

    assert (known["uncounted"], known["holds_payment"]) == (0, False)
    assert sum(each["total"] for each in counted) == 60_000
    assert await gateway_refunds(shop) == []
