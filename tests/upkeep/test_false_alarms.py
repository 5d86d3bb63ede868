"""In a day of every kind of payout, those that were pending and those that came back too, nobody is called in vain."""

import asyncio
from datetime import timedelta

from gateways.sandbox.gateway import SandboxGateway
from tests.shop import ANYTHING, Shop
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tools.client import Json
from upkeep.books import compare
from upkeep.missing import find_lost
from upkeep.reconciler import Reconciler

BEHAVIOURS = ["succeed", "timeout_after_paying", "answer_late", "too_many_requests", "succeed_by_webhook", "pending"]


async def test_no_alarm_is_false_in_a_mixed_load_with_reversals_and_pending_payouts(shop: Shop) -> None:
    await shop.policy(
        auto_approve=ANYTHING,
        refund_limit={"count": 100, "window": "P30D"},
        monitoring={"many_of_customer": {"count": None, "window": "P7D"}},  # of whom operations are told in truth
    )
    paid = [await asked(shop, f"o{number}", behaviour) for number, behaviour in enumerate(BEHAVIOURS)]
    for refund, behaviour in zip(paid, BEHAVIOURS, strict=True):
        await shop.until(refund, "paying_out" if behaviour == "pending" else "completed")
    reversed_ = [await reversed_later(shop, "r0"), await reversed_later(shop, "r1")]
    await settle_by_hand(shop, reversed_[0])
    await shop.until(reversed_[0], "completed")
    gateways = {"sandbox": SandboxGateway(shop.engine)}
    await asyncio.sleep(6)  # what is younger is not looked at

    differences = (await compare(shop.engine, gateways, shop.merchant_id, settles_within=timedelta())).found
    lost = await find_lost(shop.temporal, shop.engine, merchant_id=shop.merchant_id)
    await Reconciler(shop.temporal, shop.engine, gateways).reconcile()
    told = [each["body"] for each in (await shop.ops.get("/v1/inbox"))["items"]]
    events = [each for refund in (*paid, *reversed_) for each in await timeline(shop, refund)]

    assert differences == [] and lost == [] and "revived" not in events
    assert [body for body in told if "payout_reversed" not in body] == []
    assert len(told) == len(reversed_)  # each is right: a person had to be asked


async def asked(shop: Shop, order_id: str, behaviour: str) -> Json:
    await shop.order(order_id)
    await shop.behave(f"ch-{order_id}", behaviour)
    return await shop.refund(order_id)


async def reversed_later(shop: Shop, order_id: str) -> Json:
    """Paid, and taken back by the bank; a person is asked."""
    await shop.order(order_id)
    refund = await shop.approved_refund(order_id)
    await shop.behave(f"ch-{order_id}", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    return await shop.until_noticed(refund)


async def timeline(shop: Shop, refund: Json) -> list[str]:
    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    return [each["event"] for each in shown["timeline"]]
