"""A run that was stopping is ended in Temporal: the one that follows stops as well, or goes on undisturbed."""

from activities.payout_books import PayOut
from activities.payouts import Payouts
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, ReleaseSettlement, Settlements
from domain import clock
from domain.rights.review import Decision
from gateways.sandbox.gateway import SandboxGateway
from service.steps import RefundRef
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import assert_nothing_is_lost_and_nothing_twice, finish, found, waiting_for_help
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from upkeep.missing import Trouble
from upkeep.reconciler import Reconciler


async def test_a_refund_of_a_charged_back_payment_is_refused_by_the_next_run_as_well(
    shop: Shop, reconciler: Reconciler
) -> None:
    """The first run heard of the chargeback, and was ended before it had undone anything."""
    refund = await shop.until(await shop.refund(kind="refund_only", reason="changed_mind"), "in_review")
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    await shop.behave("ch-o1", "dispute")
    await shop.workflow(refund).terminate("by mistake")
    approved = ReviewDecision(ref, Decision.APPROVE, "reviewer", None, "", f"{run}.99", clock.now())
    await Review(shop.engine).record_decision(approved)
    await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, None))
    await Payouts(shop.engine, {"sandbox": SandboxGateway(shop.engine)}).pay_out(PayOut(ref, "p1"))

    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    done = await shop.until(refund, "rejected")

    assert done["payouts"] == [] and await gateway_refunds(shop) == []
    assert (await shop.customer())["points"] == {"balance": 100, "held": 0}
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_an_ended_run_does_not_release_what_the_next_one_pays(shop: Shop, reconciler: Reconciler) -> None:
    """Its release arrives while a person is asked what becomes of the declined payout."""
    refund = await waiting_for_help(shop)
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    await shop.workflow(refund).terminate("by mistake")
    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    await shop.merchant.wait_until(refund["refund_id"], _calls_for_help_again, within_s=IN_TIME_S)

    await Settlements(shop.engine).release_settlement(ReleaseSettlement(ref, run))
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


def _calls_for_help_again(refund: Json) -> bool:
    return [event["event"] for event in refund["timeline"]].count("needs_attention") == 2
