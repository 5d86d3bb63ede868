"""A refund whose workflow is gone, or can't go on, resumes in a new run that knows what was said and done."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.reopening import status_reached
from db import journal, messages, refunds
from db.read_models import Refund
from domain.audit_actions import AuditAction
from domain.explain.attention import for_the_inbox
from domain.lifecycle import RefundStatus
from domain.said import HOUSE
from service.attention import needs, what_is_stuck
from service.steps import has_loaded
from temporal_client.start import run_instead
from workflows.contract import workflow_id

STEP = "workflow"
"""The step that needs attention where a workflow is lost again and again."""

MOST_A_DAY = 5


async def resume(
    client: Client,
    engine: AsyncEngine,
    refund_id: str,
    why: str,
    *,
    by: str = HOUSE,
    as_of: int | None = None,
    instead_of: str | None = None,
    though_loaded: bool = False,
) -> bool:
    """Start a refund's workflow again; tell whether it was: not one that is over, that runs, or was lost too often.

    as_of: how many events the refund had when it was found lost; if there are more by now it is not touched.
    instead_of: the run that can't go on and is replaced, unless it has loaded by now; though_loaded: it had loaded
    when it was found, and can't go on all the same. Its row is locked until the new run is started, so that of many who
    want to one does. Raises temporalio's RPCError where Temporal can't be reached; nothing is changed then.
    """
    async with engine.begin() as connection:
        refund = await refunds.get(connection, refund_id, lock=True)
        if RefundStatus(refund.status).is_final or as_of not in (None, refund.event_count):
            return False
        if instead_of is None and await _runs(client, refund_id):
            await _answer(connection, refund, by)
            return False
        if instead_of is not None and not though_loaded and await has_loaded(connection, refund_id, instead_of):
            return False
        if by == HOUSE and await journal.count_of_day(connection, refund_id, AuditAction.REVIVED) >= MOST_A_DAY:
            await _ask_for_attention(connection, refund, why)
            return False
        await _answer(connection, refund, by)
        note = journal.Note(AuditAction.REVIVED, f"{why}: it goes on in a new one", by, {"why": why})
        await journal.record(connection, refund_id, note)
        await run_instead(client, connection, refund_id, of_one_that_runs=instead_of is not None)
    return True


async def _runs(client: Client, refund_id: str) -> bool:
    try:
        found = await client.get_workflow_handle(workflow_id(refund_id)).describe()
    except RPCError as unknown:
        if unknown.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return found.status is WorkflowExecutionStatus.RUNNING


async def _answer(connection: AsyncConnection, refund: Refund, by: str) -> None:
    """A person has looked after a workflow that was lost too often: nobody is needed for that any more."""
    if by == HOUSE or (refund.needs_attention or {}).get("step") != STEP:
        return
    status = await status_reached(connection, refund)
    await refunds.change(connection, refund.refund_id, status=status, needs_attention=None)
    note = journal.Note(AuditAction.RESOLVED, f"{STEP}: retry", by, {"step": STEP})
    await journal.record(connection, refund.refund_id, note)


async def _ask_for_attention(connection: AsyncConnection, refund: Refund, why: str) -> None:
    """Say once that this refund can't be helped from here."""
    reason = f"{why}, for the {MOST_A_DAY + 1}th time in a day"
    if (refund.needs_attention or {}).get("step") == STEP:
        return
    stuck = await what_is_stuck(connection, refund, None)
    shown = needs(stuck, STEP, reason, ("retry",))
    await refunds.change(connection, refund.refund_id, needs_attention=shown, status=RefundStatus.NEEDS_ATTENTION)
    note = journal.Note(AuditAction.NEEDS_ATTENTION, reason, HOUSE, shown)
    await journal.record(connection, refund.refund_id, note)
    body = f"Refund {refund.refund_id} needs attention: {for_the_inbox(stuck, STEP, reason, ('retry',))}"
    await messages.put_for_operations(connection, refund.merchant_id, refund.refund_id, STEP, body)
