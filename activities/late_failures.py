"""A payout that succeeded and fails later: the provider took the money back, so our books must say so (rule 35)."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities import entitlements
from activities.payout_books import PayOut
from activities.payouts import instruction_of
from db import claims, journal, payouts, refunds, steps
from db.engine import snapshots
from db.ledger import reverse
from db.read_models import Payout, Refund
from domain.audit_actions import AuditAction
from domain.claims.claims import ClaimState
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.said import GATEWAY
from domain.steps import Step
from gateways.ports import GatewayStatus, PaymentGateway
from service.confirming import entries_of_confirmation
from service.steps import RefundRef

PAYOUT_REVERSED = "payout_reversed"
"""The decline code of a payout that the provider took back: a person decides what becomes of it."""


class LateFailures:
    def __init__(self, engine: AsyncEngine, gateways: Mapping[str, PaymentGateway]) -> None:
        self._engine = engine
        self._gateways = gateways

    # No undo: it books what happened elsewhere.
    @activity.defn
    async def take_back_payout(self, command: PayOut) -> bool:
        """Ask the provider whether a payout really failed, and unbook it then; tell whether it was in this round.

        What a message says is a hint, late and out of order; what the provider's books say now decides. A failure of
        an earlier round was dealt with there: the message says it once more.
        """
        ref = command.refund
        async with snapshots(self._engine).connect() as connection:
            payout = await payouts.find(connection, ref.refund_id, command.payment_id)
        if await self._has_failed(payout):
            async with self._engine.begin() as connection:
                await _unbook(connection, command, payout)
        async with snapshots(self._engine).connect() as connection:
            return await steps.is_done(connection, ref.refund_id, ref.step(Step.TAKEN_BACK, command.payment_id))

    # No undo: the next round begins when everything of this one has been withdrawn.
    @activity.defn
    async def begin_round(self, ref: RefundRef) -> None:
        """Let the refund pay and give back once more, in a round of its own."""
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            if refund.round < ref.round:  # a late attempt must not begin an old one
                await refunds.change(connection, ref.refund_id, round=ref.round)

    async def _has_failed(self, payout: Payout) -> bool:
        if payout.status != PayoutStatus.SUCCEEDED or payout.paid_by is not PaidBy.GATEWAY:
            return False
        found = await self._gateways[payout.gateway].look_up(instruction_of(payout))
        return found is not None and found.status is GatewayStatus.FAILED


async def _unbook(connection: AsyncConnection, command: PayOut, failed: Payout) -> None:
    """The order is not paid back any more: its claims are settled but not paid, its confirmation is void.

    So is what the confirmation booked: what was deducted, what was returned of earlier deductions (rule 45), what was
    taken off what was not paid yet (rule 50), and what was given on top of chosen credit (rule 54).
    That is so in the round that the refund is in by now, however old the attempt is.
    """
    refund = await refunds.get(connection, command.refund.refund_id, lock=True)
    payout = await payouts.find(connection, refund.refund_id, command.payment_id, lock=True)
    if payout != failed:
        return  # another attempt has seen to it since the provider was asked
    sentence = f"the payout to {command.payment_id} failed after it had succeeded"
    note = journal.Note(AuditAction.PAYOUT_FAILED, sentence, GATEWAY, {})
    await take_back(connection, refund, payout, PAYOUT_REVERSED, note)


async def take_back(
    connection: AsyncConnection, refund: Refund, payout: Payout, decline_code: str, note: journal.Note
) -> None:
    """Unbook a payout of a refund that is locked: its order is not paid back any more."""
    ref = RefundRef(refund.refund_id, refund.merchant_id, refund.round)
    await steps.claim_step(connection, ref.refund_id, ref.step(Step.TAKEN_BACK, payout.payment_id))
    assert refund.settlement is not None
    for key in (payout.key, *entries_of_confirmation(refund.refund_id, refund.settlement.read())):
        await reverse(connection, ref.merchant_id, key, "the provider took the payout back")
    await payouts.move(
        connection,
        ref.refund_id,
        payout.payment_id,
        PayoutStatus.DECLINED,
        decline_code=decline_code,
        paid_by=None,
    )
    for step in (Step.CONFIRM_PAYOUTS, Step.CLOSE):  # a late attempt of either must not land any more
        await steps.mark_undone(connection, ref.refund_id, ref.step(step))
    # Nor of what was skipped; what was done is still to be withdrawn.
    await steps.mark_undone_unless_done(connection, ref.refund_id, map(ref.step, entitlements.STEPS))
    await claims.set_state(connection, ref.refund_id, ClaimState.SETTLED)
    await refunds.change(connection, ref.refund_id, status=RefundStatus.PAYING_OUT, completed_at=None)
    detail = {"payment_id": payout.payment_id, "reference": payout.gateway_ref, **note.detail}
    await journal.record(connection, ref.refund_id, replace(note, detail=detail))
