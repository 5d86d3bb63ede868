"""What happens to a reward between the settlement and the end of a refund, step by step (rules 10 and 23)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from activities.campaigns import Campaigns
from activities.payout_books import PayOut
from activities.payouts import Payouts
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, Settlements, SettlementSummary
from api.schemas.refunds import RefundBody
from domain import clock
from domain.rights.review import Decision
from gateways.sandbox.gateway import SandboxGateway
from service.steps import RefundRef
from tests.rulebook.test_at_once import submit
from tests.rulebook.test_campaigns import campaign, store_credit
from tests.shop import Shop, a_line, days_ago
from tests.workflows.nowhere import nowhere


async def settle(shop: Shop, engine: AsyncEngine, order_id: str) -> tuple[RefundRef, SettlementSummary]:
    """Ask for a refund of everything, approve and settle it."""
    body: Any = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
    ref = await submit(shop, engine, RefundBody.model_validate(body))
    assert ref is not None
    approved = ReviewDecision(ref, Decision.APPROVE, "test", None, "", "test.0", clock.now())
    await Review(engine).record_decision(approved)
    return ref, await Settlements(engine).hold_settlement(HoldSettlement(ref, None))


async def uncancelled(engine: AsyncEngine, ref: RefundRef, settled: SettlementSummary) -> None:
    payouts = Payouts(engine, {"sandbox": SandboxGateway(engine)})
    for payout in settled.payouts:
        await payouts.pay_out(PayOut(ref, payout.payment_id))
    await payouts.confirm_payouts(ref)
    await Campaigns(engine, nowhere(engine)).recalculate_campaigns(ref)


async def test_a_reward_that_is_earned_again_meanwhile_costs_nothing_and_nothing_is_owed_for_it(
    shop: Shop, engine: AsyncEngine
) -> None:
    """1,050.00 less 150.00 is no longer enough for two rewards of 100.00 that are spent: 50.00 would be owed."""
    await campaign(shop, "c8", threshold=1_000_00, reward=store_credit(100_00))
    await campaign(shop, "c9", threshold=1_000_00, reward=store_credit(100_00))
    await shop.order("o1", lines=[a_line("l1", unit_price=900_00)])
    await shop.order("o2", lines=[a_line("l1", unit_price=150_00)])
    with_credit = [{"payment_id": "p1", "method": "store_credit", "amount": 200_00}]
    before = {"placed_at": days_ago(70), "paid_at": days_ago(70), "delivered_at": days_ago(69)}
    await shop.order("o3", lines=[a_line("l1", unit_price=200_00)], payments=with_credit, **before)
    ref, settled = await settle(shop, engine, "o2")
    assert settled.total.minor_units == 0

    await shop.order("o4", lines=[a_line("l1", unit_price=300_00)])
    await uncancelled(engine, ref, settled)

    customer = await shop.customer()
    assert [each["rewards_held"] for each in customer["campaigns"]] == [1, 1]
    assert (customer["store_credit"]["balance"], customer["owed"]) == (150_00, {})
