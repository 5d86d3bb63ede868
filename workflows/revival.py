"""A refund whose workflow is gone, or behind the database, goes on in a new one that knows what was said and done."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client

from db import effects, journal, messages, refunds
from domain.messages import DEFAULT_LOCALE, Topic
from domain.reasons import RefundStatus
from workflows import so_far
from workflows.start import start_again

STEP = "workflow"
"""The step that needs attention where a workflow is lost again and again."""

MOST_A_DAY = 5


async def revive(client: Client, engine: AsyncEngine, refund_id: str, why: str, *, by: str = "makewhole") -> bool:
    """Start a refund's workflow again; tell whether it was: not one that is over, nor one that was lost too often.

    A workflow of the refund that still runs is replaced: only call this for one that cannot go on. Raises
    temporalio's RPCError where Temporal can't be reached; until then the refund is found again.
    """
    async with engine.begin() as connection:
        refund = await refunds.get(connection, refund_id, lock=True)
        steps = await effects.steps_of(connection, refund_id)
        if RefundStatus(refund.status).is_final or "close" in steps:
            return False
        if by == "makewhole" and await journal.count_of_day(connection, refund_id, "revived") >= MOST_A_DAY:
            await _ask_for_attention(connection, refund, why)
            return False
        known = await so_far.read(connection, refund)
        await refunds.change(connection, refund_id, status=known.status, needs_attention=None)
        note = journal.Note("revived", f"{why}: it goes on in a new one", by, {"why": why})
        await journal.record(connection, refund_id, note)
    await start_again(client, engine, refund_id)
    return True


async def _ask_for_attention(connection: AsyncConnection, refund: Row[Any], why: str) -> None:
    """Say once that this refund can't be helped from here."""
    reason = f"{why}, for the {MOST_A_DAY + 1}th time in a day"
    shown = {"step": STEP, "reason": reason, "actions": ["retry"]}
    if (refund.needs_attention or {}).get("step") == STEP:
        return
    await refunds.change(connection, refund.refund_id, needs_attention=shown, status=RefundStatus.NEEDS_ATTENTION)
    await journal.record(connection, refund.refund_id, journal.Note("needs_attention", reason, "makewhole", shown))
    message = {"merchant_id": refund.merchant_id, "recipient": messages.OPERATIONS, "refund_id": refund.refund_id}
    message |= {"topic": Topic.NEEDS_ATTENTION, "subject": STEP, "locale": DEFAULT_LOCALE}
    body = f"Refund {refund.refund_id} needs attention. {STEP}: {reason}"
    await messages.put(connection, {**message, "body": body})
