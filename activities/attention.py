"""Calls for help: what people must look at, and what they answered."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.payouts import PayOut, book_success
from activities.refunds import RefundRef, is_of_an_ended_run
from db import effects, journal, refunds
from domain.reasons import RefundStatus


@dataclass(frozen=True, slots=True)
class AttentionNeeded:
    """A step that people must look at: what is stuck, why, and what can be done about it.

    `occurrence` tells the calls for help of one refund apart, over all runs of its workflow. `payment_id` is the
    payment whose share is stuck, where it is one.
    """

    refund: RefundRef
    step: str
    reason: str
    actions: tuple[str, ...]
    occurrence: str
    payment_id: str | None = None


@dataclass(frozen=True, slots=True)
class AttentionGiven:
    """How people resolved it; the refund goes on in `status`. People have paid to `settled` themselves."""

    refund: RefundRef
    step: str
    action: str
    note: str
    actor: str
    status: RefundStatus
    occurrence: str
    said: str
    settled: str | None = None


class Attention:
    """No undo: people have seen it, and what they have done outside makewhole is done."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def ask_for_attention(self, command: AttentionNeeded) -> None:
        refund_id = command.refund.refund_id
        needed = {"step": command.step, "reason": command.reason, "actions": list(command.actions)}
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, refund_id, f"attention:{command.occurrence}")
            if is_repeat or await is_of_an_ended_run(connection, refund_id, command.occurrence):
                return
            before = (await refunds.get(connection, refund_id, lock=True)).status
            await effects.keep_result(connection, refund_id, f"attention:{command.occurrence}", before)
            await refunds.change(connection, refund_id, needs_attention=needed, status=RefundStatus.NEEDS_ATTENTION)
            note = journal.Note("needs_attention", f"{command.step}: {command.reason}", "makewhole", needed)
            await journal.record(connection, refund_id, note)

    @activity.defn
    async def note_resolution(self, command: AttentionGiven) -> None:
        """Note an answer, and book a payout that was settled by hand with it: no run may ever know the one alone."""
        refund_id = command.refund.refund_id
        detail = {"step": command.step, "action": command.action, "note": command.note}
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, refund_id, f"resolution:{command.said}")
            status = (await refunds.get(connection, refund_id, lock=True)).status  # nobody takes it over meanwhile
            if is_repeat or await is_of_an_ended_run(connection, refund_id, command.said):
                return
            if command.settled is not None:
                payout = PayOut(command.refund, command.settled)
                await book_success(connection, payout, paid_by="hand", gateway_ref=None, why=command.note or "by hand")
            await refunds.change(connection, refund_id, needs_attention=None)
            if status == RefundStatus.NEEDS_ATTENTION:
                await _leave_attention(connection, command)
            message = f"{command.step}: {command.action}" + (f" ({command.note})" if command.note else "")
            await journal.record(connection, refund_id, journal.Note("resolved", message, command.actor, detail))


async def _leave_attention(connection: AsyncConnection, command: AttentionGiven) -> None:
    """Go back to the status that the call for help covered."""
    refund_id = command.refund.refund_id
    before = await effects.result_of(connection, refund_id, f"attention:{command.occurrence}")
    is_nested = before in (None, RefundStatus.NEEDS_ATTENTION)
    await refunds.change(connection, refund_id, status=command.status if is_nested else before)
