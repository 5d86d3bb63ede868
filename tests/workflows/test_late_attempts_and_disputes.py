"""Attempts that have not heard of a dispute: nothing more is asked or booked (rules 6, 46 and 52)."""

import pytest

from activities.payout_books import PayOut
from activities.payouts import Payouts
from activities.reopening import Load, Opening, Reopenings
from db.steps import AlreadyUndone
from domain import clock
from domain.lifecycle import PayoutStatus
from gateways.ports import GatewayRefund, RefundInstruction
from gateways.sandbox.gateway import SandboxGateway
from service.steps import RefundRef, RunIsBehind
from tests.shop import Shop, a_line, a_payment
from tests.upkeep.scenes import at
from tests.workflows.test_dispute_events import said
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from tools.stack.stack import Stack


def asking(shop: Shop, gateway: SandboxGateway) -> Payouts:
    """What an attempt does that the worker does not know of any more."""
    return Payouts(shop.engine, {"sandbox": gateway})


def share_of(shop: Shop, refund: Json, payment_id: str) -> PayOut:
    return PayOut(RefundRef(refund["refund_id"], shop.merchant_id), payment_id)


@pytest.mark.parametrize("do", ["pay_out", "look_up_payout", "ask_again", "credit_instead"])
async def test_a_loss_that_is_won_after_all_is_asked_of_nobody_by_a_run_that_has_not_heard_of_it(
    shop: Shop, stack: Stack, do: str
) -> None:
    await shop.order()
    lost = await said(shop, "lost")
    await shop.until(lost, "completed")
    stack.kill("worker")
    await said(shop, "won")

    payouts = asking(shop, SandboxGateway(shop.engine))
    with pytest.raises(RunIsBehind):
        await getattr(payouts, do)(share_of(shop, lost, "p1"))
    await shop.until(lost, "cancelled")

    assert await gateway_refunds(shop) == []
    assert (await shop.customer())["store_credit"]["balance"] == 0


async def test_a_run_that_goes_on_after_a_loss_was_given_up_and_closed_pays_nothing_and_asks_nobody(shop: Shop) -> None:
    await shop.order()
    lost = await said(shop, "lost")
    await shop.until(lost, "completed")
    await said(shop, "won")
    closed = await shop.until(lost, "cancelled")

    command = Load(share_of(shop, lost, "p1").refund, Opening.RESUMED, "another-run", clock.now())
    known = await Reopenings(shop.engine).load(command)

    assert (known.is_given_up, known.is_past_the_pivot, closed["payouts"]) == (True, True, [])


async def test_a_late_attempt_confirms_nothing_of_a_refund_whose_settlement_is_released(shop: Shop) -> None:
    """One that pays nothing, as all of it was owed, has no payout that would say so."""
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    await shop.merchant.post(at(refund, "cancel"), {})
    await shop.until(refund, "cancelled")

    with pytest.raises(AlreadyUndone, match="settled any more"):
        await asking(shop, SandboxGateway(shop.engine)).confirm_payouts(share_of(shop, refund, "p1").refund)

    assert (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == "cancelled"


class NeverArrives(SandboxGateway):
    """The request is lost on its way."""

    async def refund(self, instruction: RefundInstruction) -> GatewayRefund:
        raise ConnectionError(instruction.key)


async def test_a_request_that_may_be_on_its_way_is_not_sent_again_to_a_payment_that_is_held_meanwhile(
    shop: Shop,
) -> None:
    payments = [a_payment("gift", 40_00, "ch-gift", "gift_card"), a_payment("card", 60_00, "ch-card")]
    await shop.order(lines=[a_line("l1", unit_price=100_00)], payments=payments)
    await said(shop, "opened", 60_00, payment_id="card")
    refund = await shop.until_noticed(await shop.refund())
    await said(shop, "won", 60_00, payment_id="card")
    with pytest.raises(ConnectionError):
        await asking(shop, NeverArrives(shop.engine)).ask_again(share_of(shop, refund, "card"))

    await said(shop, "opened", 60_00, payment_id="card", dispute_id="dp_2")
    held = await asking(shop, SandboxGateway(shop.engine)).pay_out(share_of(shop, refund, "card"))
    paid = await gateway_refunds(shop)
    await said(shop, "won", 60_00, payment_id="card", dispute_id="dp_2")
    await shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": "retry", "note": "it is decided"})
    await shop.until(refund, "completed")

    assert (held.status, paid) == (PayoutStatus.PENDING, [("ch-gift", 40_00, "succeeded")])
    assert await gateway_refunds(shop) == [("ch-card", 60_00, "succeeded"), ("ch-gift", 40_00, "succeeded")]
