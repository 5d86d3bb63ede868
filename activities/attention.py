"""Calls for help: what people must look at, and what they answered."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.payouts import PayOut, book_success
from activities.refunds import RefundRef, is_of_an_ended_run
from db import effects, journal, messages, payouts, refunds
from db.codec import from_json
from domain.attention import Stuck, answers
from domain.money import Money
from domain.reasons import RefundStatus
from domain.settlement import Settlement


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


@dataclass(frozen=True, slots=True)
class Unheard:
    """Something that was said to a refund and had no effect: `sentence` says what, and what would be right."""

    refund: RefundRef
    sentence: str
    by: str
    occurrence: str


class Attention:
    """No undo: people have seen it, and what they have done outside makewhole is done."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn
    async def ask_for_attention(self, command: AttentionNeeded) -> Stuck | None:
        """Show that people are needed, and say what it is about; earlier versions answered None."""
        refund_id = command.refund.refund_id
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, refund_id, f"attention:{command.occurrence}")
            stuck = await what_is_stuck(connection, refund_id, command.payment_id)
            if is_repeat or await is_of_an_ended_run(connection, refund_id, command.occurrence):
                return stuck
            before = (await refunds.get(connection, refund_id, lock=True)).status
            await effects.keep_result(connection, refund_id, f"attention:{command.occurrence}", before)
            needed = needs(stuck, command.step, command.reason, command.actions)
            await refunds.change(connection, refund_id, needs_attention=needed, status=RefundStatus.NEEDS_ATTENTION)
            shown = {name: value for name, value in needed.items() if name != "answers"}
            note = journal.Note("needs_attention", f"{command.step}: {command.reason}", "makewhole", shown)
            await journal.record(connection, refund_id, note)
        return stuck

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

    @activity.defn
    async def note_unheard(self, command: Unheard) -> None:
        """Note a word that had no effect, in the timeline and in the inbox of operations."""
        refund_id = command.refund.refund_id
        async with self._engine.begin() as connection:
            is_repeat, _ = await effects.earlier(connection, refund_id, f"unheard:{command.occurrence}")
            if is_repeat:
                return
            note = journal.Note("not_understood", command.sentence, command.by, {"by": command.by})
            await journal.record(connection, refund_id, note)
            body = f"Refund {refund_id}: {command.sentence}"
            await messages.put_for_operations(
                connection, command.refund.merchant_id, refund_id, f"unheard:{command.occurrence}", body
            )


async def what_is_stuck(connection: AsyncConnection, refund_id: str, payment_id: str | None) -> Stuck:
    """Find out what a call for help is about: the share of a payment, or the refund as a whole."""
    refund = await refunds.get(connection, refund_id)
    planned = (await payouts.rows_of(connection, [refund_id]))[refund_id]
    payout = next((row for row in planned if row.payment_id == payment_id), None)
    if payout is not None:
        amount = Money(payout.currency, payout.amount)
        return Stuck(refund_id, refund.order_id, amount, payment_id, payout.gateway_ref or payout.key)
    total = from_json(Settlement, refund.settlement or refund.quote).total
    return Stuck(refund_id, refund.order_id, total, payment_id)


def needs(stuck: Stuck, step: str, reason: str, actions: Sequence[str]) -> dict[str, Any]:
    """What is shown of a refund that needs attention, until somebody answers."""
    return {
        "step": step,
        "reason": reason,
        "actions": list(actions),
        "amount": stuck.amount.minor_units,
        "currency": stuck.amount.currency,
        "payment_id": stuck.payment_id,
        "reference": stuck.reference,
        "answers": [
            {
                "action": each.action,
                "means": each.means,
                "path": each.path,
                "body": json.loads(each.body),
                "update": each.update,
                "input": each.said,
            }
            for each in answers(stuck.refund_id, step, tuple(actions))
        ],
    }


async def _leave_attention(connection: AsyncConnection, command: AttentionGiven) -> None:
    """Go back to the status that the call for help covered."""
    refund_id = command.refund.refund_id
    before = await effects.result_of(connection, refund_id, f"attention:{command.occurrence}")
    is_nested = before in (None, RefundStatus.NEEDS_ATTENTION)
    await refunds.change(connection, refund_id, status=command.status if is_nested else before)
