"""Calls for help: what people must look at, and what they answered."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.payout_books import PayOut, book_success
from activities.payouts import TRANSFER_FAILED, UNKNOWN_REFUND
from activities.refunds import AlreadyPaid
from db import messages, payouts, steps
from domain.audit_actions import AuditAction
from domain.explain.attention import Stuck
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.said import Word
from domain.steps import Step
from service.attention import needs, what_is_stuck
from service.steps import Begun, RefundRef, Saying, StepTransaction, note_begun, saying, step


@dataclass(frozen=True, slots=True)
class AttentionNeeded:
    """A step that people must look at: what is stuck, why, and what can be done about it.

    `message_id` tells the calls for help of one refund apart, over all runs of its workflow. `payment_id` is the
    payment whose share is stuck, where it is one. `begun` says when a run began that can't load, and which it is.
    """

    refund: RefundRef
    step: str
    reason: str
    actions: tuple[str, ...]
    message_id: str
    payment_id: str | None = None
    begun: Begun | None = None


@dataclass(frozen=True, slots=True)
class AttentionGiven:
    """How people resolved it; the refund goes on in `status`. People have paid to `settled` themselves.

    `reference` is what their bank calls that, `failed` is the payment whose share did not arrive.
    """

    refund: RefundRef
    step: str
    action: str
    note: str
    actor: str
    status: RefundStatus
    message_id: str
    said: str
    settled: str | None = None
    word: Word | None = None
    reference: str = ""
    failed: str | None = None
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something that was said to a refund and had no effect: `sentence` says what, and what would be right."""

    refund: RefundRef
    sentence: str
    by: str
    message_id: str


class AsksSomethingElse(Exception):
    """The refund asks people about something else by now: what they answer is not for the call that the run knows.

    A task in which it went on was lost: that run is to begin again with what is known.
    """


class Attention:
    """No undo: people have seen it, and what they have done outside makewhole is done."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def ask_for_attention(self, command: AttentionNeeded) -> Stuck | None:
        """Show that people are needed, and say what it is about; earlier versions answered None.

        Raises AlreadyPaid where the refund is complete.
        """
        async with saying(self._engine, command.refund, Step.ATTENTION, Saying(command.message_id)) as tx:
            if command.begun is not None:
                await note_begun(tx.connection, command.refund.refund_id, command.begun)
            stuck = await what_is_stuck(tx.connection, tx.refund, command.payment_id)
            if not tx.is_first:
                return stuck
            if tx.refund.status == RefundStatus.COMPLETED and not tx.is_of_another_round:
                raise AlreadyPaid(f"{command.refund.refund_id} is complete")
            await tx.keep(tx.refund.status)
            needed = needs(stuck, command.step, command.reason, command.actions)
            tx.change(needs_attention={**needed, "call": command.message_id}, status=RefundStatus.NEEDS_ATTENTION)
            shown = {name: value for name, value in needed.items() if name != "answers"}
            await tx.note(AuditAction.NEEDS_ATTENTION, f"{command.step}: {command.reason}", shown)
        return stuck

    @activity.defn
    async def note_resolution(self, command: AttentionGiven) -> None:
        """Note an answer, and book a payout that was settled by hand with it: no run may ever know the one alone.

        A run that can't load does not count yet. What it is answered is noted, and leaves alone what another shows.
        Raises AsksSomethingElse where people are shown another call than the run knows: they have answered that one.
        """
        detail = {"step": command.step, "action": command.action, "note": command.note}
        if command.reference:
            detail["reference"] = command.reference
        body = {**detail, "by": command.actor}
        call = Step.ATTENTION.said(command.message_id)
        said = Saying(command.said, command.word, body, answers=call, key_id=command.key_id)
        async with saying(self._engine, command.refund, Step.RESOLUTION, said) as tx:
            if not tx.is_first:
                if not tx.is_late and command.settled is not None:
                    await _refuse_if_unpaid(tx, command.settled)
                return
            if not tx.is_of_another_run and _shown_call(tx) not in (None, command.message_id):
                raise AsksSomethingElse(command.refund.refund_id)
            if command.settled is not None:
                payout, reference = PayOut(command.refund, command.settled), command.reference or None
                await _know_what_was_found(tx, command.settled, reference)
                await book_success(tx.connection, payout, paid_by=PaidBy.HAND, gateway_ref=reference, why="by hand")
            if command.failed is not None:
                share = tx.ref.refund_id, command.failed
                await _refuse_if_paid(tx, command.failed)
                await payouts.move(tx.connection, *share, PayoutStatus.DECLINED, decline_code=TRANSFER_FAILED)
            if not tx.is_of_another_run:
                await _clear(tx, command)
            message = f"{command.step}: {command.action}" + (f" ({command.note})" if command.note else "")
            await tx.note(AuditAction.RESOLVED, message, detail, by=command.actor)

    @activity.defn
    async def note_unheard(self, command: NotUnderstood) -> None:
        """Note a word that had no effect, in the timeline and in the inbox of operations."""
        refund_id = command.refund.refund_id
        async with step(self._engine, command.refund, Step.UNHEARD, said=command.message_id) as tx:
            if not tx.is_first:
                return
            await tx.note(AuditAction.NOT_UNDERSTOOD, command.sentence, {"by": command.by}, by=command.by)
            body = f"Refund {refund_id}: {command.sentence}"
            await messages.put_for_operations(tx.connection, command.refund.merchant_id, refund_id, tx.key, body)


async def _know_what_was_found(tx: StepTransaction, payment_id: str, reference: str | None) -> None:
    """Remember which refund of the provider's, unknown to us, a share turned out to be: it stops none after it."""
    if reference is None:
        return
    payout = await payouts.find(tx.connection, tx.ref.refund_id, payment_id)
    if payout.decline_code == UNKNOWN_REFUND:
        await payouts.accept(tx.connection, payout, [reference])


async def _refuse_if_unpaid(tx: StepTransaction, payment_id: str) -> None:
    """What was noted before was booked with it: where this share is not paid, the answer was for another one."""
    if await _is_paid(tx, payment_id) is False:
        raise AsksSomethingElse(f"{payment_id} of {tx.ref.refund_id}")


async def _refuse_if_paid(tx: StepTransaction, payment_id: str) -> None:
    """Somebody has said in a task that was lost that it is paid: what is paid comes back otherwise (rule 35)."""
    if await _is_paid(tx, payment_id):
        raise AsksSomethingElse(f"{payment_id} of {tx.ref.refund_id} is paid")


async def _is_paid(tx: StepTransaction, payment_id: str) -> bool | None:
    """Whether a share is paid; None where there is none."""
    planned = (await payouts.rows_of(tx.connection, [tx.ref.refund_id]))[tx.ref.refund_id]
    named = (row.status == PayoutStatus.SUCCEEDED for row in planned if row.payment_id == payment_id)
    return next(named, None)


def _shown_call(tx: StepTransaction) -> str | None:
    """The call for help that people see now; None where they see none, or one of an earlier version."""
    call: str | None = (tx.refund.needs_attention or {}).get("call")
    return call


async def _clear(tx: StepTransaction, command: AttentionGiven) -> None:
    tx.change(needs_attention=None)
    if tx.refund.status == RefundStatus.NEEDS_ATTENTION:
        await _leave_attention(tx, command)


async def _leave_attention(tx: StepTransaction, command: AttentionGiven) -> None:
    """Go back to the status that the call for help covered."""
    call = Step.ATTENTION.said(command.message_id)
    before = await steps.result_of(tx.connection, command.refund.refund_id, call)
    is_nested = before in (None, RefundStatus.NEEDS_ATTENTION)
    tx.change(status=command.status if is_nested else before)
