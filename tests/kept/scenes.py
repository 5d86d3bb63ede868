"""Refunds brought to every stage and left there, each at a merchant of its own that is called as its scene."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.kept.sabotage import Sabotage
from tests.shop import ANYTHING, Shop, a_line, a_payment
from tools.client import Json

LONG = "P3650D"
"""What people have time for is not over when the directory is started, however late that is."""

PATIENT: Json = {"review_sla": LONG, "return_deadline": LONG, "inspection_sla": LONG, "tier_window": LONG}

FOR_EVER = "9999-12-31T23:59:59Z"
COUPON: Json = {"source": "coupon", "id": "cpn-100", "amount": 100_00}
POINTS: Json = {"source": "points", "points": 500, "amount": 5_00}
ONE: list[Json] = [{"line_id": "l1", "quantity": 1}]

Scene = Callable[[Shop, Sabotage], Awaitable[Any]]


async def by_rule(shop: Shop, **policy: Any) -> None:
    """A policy under which no reviewer is asked about the merchant's faults, and nothing is over soon."""
    await shop.policy(auto_approve=ANYTHING, **{**PATIENT, **policy})


async def with_coupon(shop: Shop, **fields: Any) -> None:
    body = {"customer_id": shop.customer_id, "name": "满减", "amount": 100_00, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/cpn-100", {**body, "valid_until": FOR_EVER})
    await shop.order(discounts=[COUPON], **fields)


async def with_coupon_and_points(shop: Shop) -> None:
    """The customer had 1,000 points, spent 500 of them, and earned 300."""
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    body = {"customer_id": shop.customer_id, "name": "满减", "amount": 100_00, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/cpn-100", {**body, "valid_until": FOR_EVER})
    await shop.order(discounts=[COUPON, POINTS], points_earned=300)


async def with_campaign(shop: Shop, reward: Json) -> None:
    """1,200.00 were spent where 1,000.00 earn a reward of 200.00."""
    span = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": FOR_EVER}
    campaign = {"name": "满1000元返200元", "kind": "spend_threshold", "threshold": 1_000_00, "reward": reward, **span}
    await shop.merchant.put("/v1/campaigns/c1", campaign)
    await shop.order()


async def at(who: Any, refund: Json, verb: str, **body: Any) -> Json:
    answer: Json = await who.post(f"/v1/refunds/{refund['refund_id']}/{verb}", body)
    return answer


async def sent_back(shop: Shop, **fields: Any) -> Json:
    return await shop.until(await shop.refund(kind="return", **fields), "awaiting_return")


async def pending(shop: Shop, charge_ref: str = "ch-o1") -> Json:
    await shop.behave(charge_ref, "pending")
    refund = await shop.refund()
    return await shop.until_event(await shop.until(refund, "paying_out"), "settled")


# Before the payout


async def review(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop)
    await with_coupon(shop)
    await shop.until(await shop.refund(kind="return", reason="changed_mind"), "in_review")


async def evidence(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop)
    await with_coupon_and_points(shop)
    refund = await shop.until(await shop.refund(kind="return", reason="changed_mind"), "in_review")
    await at(shop.reviewer, refund, "review", decision="request_evidence", note="a photo, please")


async def overdue_review(shop: Shop, _: Sabotage) -> None:
    tiers = [{"name": "silver", "minimum_spend": 500_00}, {"name": "gold", "minimum_spend": 1_000_00}]
    await by_rule(shop, review_sla="PT1S", tiers=tiers)
    await shop.order()
    await shop.until(await shop.refund(reason="changed_mind", lines=ONE), "needs_attention")


async def returning(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop)
    await with_coupon_and_points(shop)
    await sent_back(shop)


async def two_parcels(shop: Shop, _: Sabotage) -> None:
    """Two refunds of one order: one parcel is awaited, the other is under way."""
    await by_rule(shop)
    await with_coupon(shop)
    await sent_back(shop, lines=ONE)
    second = await sent_back(shop, lines=ONE)
    await at(shop.merchant, second, "shipment", carrier="SF", tracking_number="SF1")
    await shop.until(second, "in_transit")


async def half_received(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop)
    await shop.order()
    refund = await sent_back(shop)
    await at(shop.warehouse, refund, "receipt", lines=ONE)


async def received(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop)
    await with_campaign(shop, {"kind": "store_credit", "amount": 200_00})
    refund = await sent_back(shop)
    await at(shop.warehouse, refund, "receipt")


async def overdue_inspection(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop, inspection_sla="PT1S")
    gift = a_line("g1", unit_price=0, gift=True, gift_value=50_00)
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=600_00), gift])
    refund = await sent_back(shop)
    await at(shop.warehouse, refund, "receipt")
    await shop.until(refund, "needs_attention")


async def cancelling(shop: Shop, sabotage: Sabotage) -> None:
    """Half of it is undone, and whoever cancelled it has no answer yet."""
    await by_rule(shop)
    await with_coupon(shop)
    refund = await sent_back(shop)
    await sabotage.forbid("update", "refund_claims", refund["refund_id"])
    sabotage.leave_alone(at(shop.merchant, refund, "cancel", note="keeps it"))
    await sabotage.until("select 1 from effects where refund_id = :id and is_undone", refund["refund_id"])


async def undo_stuck(shop: Shop, sabotage: Sabotage) -> None:
    """Cancelled, but its units could not be set free, and a person is asked."""
    await by_rule(shop)
    await shop.order()
    refund = await sent_back(shop, lines=ONE)
    await sabotage.forbid("update", "refund_claims", refund["refund_id"])
    sabotage.leave_alone(at(shop.merchant, refund, "cancel", note="keeps it"))
    await sabotage.exhaust(shop.temporal, refund["refund_id"], "release_claims")
    await shop.until(refund, "needs_attention")


async def label_stuck(shop: Shop, sabotage: Sabotage) -> None:
    """No label could be made, and a person is asked."""
    await by_rule(shop)
    await with_coupon(shop)
    refund = await shop.until(await shop.refund(kind="return", reason="changed_mind"), "in_review")
    await sabotage.forbid("insert", "effects", refund["refund_id"], "new.step ~ 'issue_return'")
    sabotage.leave_alone(at(shop.reviewer, refund, "review", decision="approve"))
    await sabotage.exhaust(shop.temporal, refund["refund_id"], "issue_return")
    await shop.until(refund, "needs_attention")


async def reopened(shop: Shop, _: Sabotage) -> None:
    """The parcel came after the return had expired."""
    await by_rule(shop, return_deadline="PT2S")
    await with_coupon(shop)
    refund = await shop.until(await shop.refund(kind="return"), "expired")
    await at(shop.warehouse, refund, "receipt")
    await shop.until_event(refund, "reopened")


async def claimed_elsewhere(shop: Shop, sabotage: Sabotage) -> None:
    """The parcel came late, and what is in it was refunded meanwhile."""
    await by_rule(shop, return_deadline="PT2S")
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "expired")
    await shop.approved_refund()
    sabotage.leave_alone(at(shop.warehouse, refund, "receipt"))
    await shop.until_noticed(refund)


# The payout


async def payout_pending(shop: Shop, _: Sabotage) -> None:
    """The coupon that the campaign gave is held, and so are the points that the order earned."""
    await by_rule(shop)
    await with_campaign(shop, {"kind": "coupon", "amount": 200_00})
    await pending(shop)


async def one_of_two_paid(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop)
    payments = [a_payment("p1", 700_00, "ch-a"), a_payment("p2", 500_00, "ch-b")]
    await shop.order(payments=payments, points_earned=300)
    refund = await pending(shop, "ch-b")
    async with asyncio.timeout(60):
        while not any(each["status"] == "succeeded" for each in refund["payouts"]):
            await asyncio.sleep(0.2)
            refund = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")


async def unanswered(shop: Shop, sabotage: Sabotage) -> None:
    """The provider does not get so far as to book it."""
    await by_rule(shop)
    body = {"customer_id": shop.customer_id, "name": "welcome", "amount": 100_00, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/welcome", body)
    granted = [{"kind": "coupon", "coupon_id": "welcome"}, {"kind": "store_credit", "amount": 80_00}]
    await shop.order(rewards=granted)
    await sabotage.hold("select 1 from sandbox.charges where merchant_id = :id for update", shop.merchant_id)
    refund = await shop.until(await shop.refund(), "paying_out")
    asked = "select 1 from payouts where refund_id = :id and status = 'requested'"
    await sabotage.until(asked, refund["refund_id"])


async def paid_unheard(shop: Shop, sabotage: Sabotage) -> None:
    """The provider paid, and we did not get so far as to book it."""
    await by_rule(shop)
    await with_coupon_and_points(shop)
    await shop.behave("ch-o1", "answer_late")
    await shop.refund()
    await sabotage.until("select 1 from sandbox.refunds where merchant_id = :id", shop.merchant_id)
    await sabotage.hold("select 1 from payouts where merchant_id = :id for update", shop.merchant_id)


async def declined(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop, declined_tender="hold")
    vip = {"source": "exclusive_discount", "id": "vip-5", "amount": 5_00, "valid_until": FOR_EVER}
    await shop.order(discounts=[vip])
    await shop.behave("ch-o1", "decline")
    await shop.until(await shop.refund(), "needs_attention")


async def by_hand(shop: Shop, _: Sabotage) -> None:
    await by_rule(shop, declined_tender="hold", coupon_on_partial="residual")
    await with_coupon(shop)
    await shop.behave("ch-o1", "decline")
    await shop.until(await shop.refund(lines=ONE), "needs_attention")


# After the payout


async def restoring(shop: Shop, sabotage: Sabotage) -> None:
    """The coupon came back, the points did not yet."""
    await by_rule(shop)
    await with_coupon_and_points(shop)
    refund = await pending(shop)
    await sabotage.forbid("insert", "effects", refund["refund_id"], "new.step ~ 'restore_points'")
    await shop.behave("ch-o1", "succeed")
    await shop.until_event(refund, "coupon_reinstated")


async def points_stuck(shop: Shop, sabotage: Sabotage) -> None:
    """A person is asked what to do about the points."""
    await by_rule(shop)
    await with_coupon_and_points(shop)
    refund = await pending(shop)
    await sabotage.forbid("insert", "effects", refund["refund_id"], "new.step ~ 'restore_points'")
    await shop.behave("ch-o1", "succeed")
    await sabotage.exhaust(shop.temporal, refund["refund_id"], "restore_points")
    await shop.until(refund, "needs_attention")


async def untold(shop: Shop, sabotage: Sabotage) -> None:
    """What is said at last could not be said, and a person is asked."""
    await by_rule(shop)
    await shop.order()
    refund = await pending(shop)
    await sabotage.forbid("insert", "messages", refund["refund_id"], "new.recipient <> 'operations'")
    await shop.behave("ch-o1", "succeed")
    await sabotage.until("select 1 from refunds where refund_id = :id and status = 'restoring'", refund["refund_id"])
    for _ in range(2):  # it is tried for a minute, and once more at the end
        await sabotage.exhaust(shop.temporal, refund["refund_id"], "notify")
        await asyncio.sleep(3)
    await shop.until(refund, "needs_attention")


async def reversed_payout(shop: Shop, _: Sabotage) -> None:
    """The bank sent the money back, and what had followed it is withdrawn."""
    await by_rule(shop)
    await with_coupon_and_points(shop)
    refund = await shop.approved_refund()
    await shop.behave("ch-o1", "fail_after_success")
    await shop.until_noticed(refund)


async def late_failure(shop: Shop, sabotage: Sabotage) -> None:
    """Completed; the bank sends the money back when nobody is there any more who could tell us."""
    await by_rule(shop)
    await with_coupon_and_points(shop)
    await shop.approved_refund()
    sabotage.at_last(lambda: shop.behave("ch-o1", "fail_after_success"))


async def unstarted(shop: Shop, sabotage: Sabotage) -> None:
    """Asked for when Temporal was not there."""
    await by_rule(shop)
    gift = a_line("g1", unit_price=0, gift=True, gift_value=50_00)
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=600_00), gift])
    sabotage.without_temporal(lambda: shop.refund(lines=[{"line_id": "l1", "quantity": 2}]))


SCENES: tuple[Scene, ...] = (
    *(review, evidence, overdue_review, returning, two_parcels, half_received, received, overdue_inspection),
    *(
        cancelling,
        undo_stuck,
        label_stuck,
        reopened,
        claimed_elsewhere,
        payout_pending,
        one_of_two_paid,
        unanswered,
        paid_unheard,
    ),
    *(declined, by_hand, restoring, points_stuck, untold, reversed_payout, late_failure, unstarted),
)
