"""A refund whose workflow is gone, or behind the database, goes on in a new run that knows what was said and done."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.attention import needs, what_is_stuck
from activities.steps import RefundRef
from db import journal, messages, refunds, steps
from db.read_models import Refund
from domain.attention import for_the_inbox
from domain.reasons import RefundStatus
from domain.steps import Step
from workflows.messages import workflow_id
from workflows.start import pick_up

STEP = "workflow"
"""The step that needs attention where a workflow is lost again and again."""

MOST_A_DAY = 5

_PHASES = {
    Step.CONFIRM_PAYOUTS: RefundStatus.RESTORING,
    Step.HOLD: RefundStatus.PAYING_OUT,
    Step.ISSUE_RETURN: RefundStatus.AWAITING_RETURN,
}


async def revive(
    client: Client,
    engine: AsyncEngine,
    refund_id: str,
    why: str,
    *,
    by: str = "makewhole",
    as_of: int | None = None,
    instead: bool = False,
) -> bool:
    """Start a refund's workflow again; tell whether it was: not one that is over, that runs, or was lost too often.

    as_of: how many events the refund had when it was found lost; if there are more by now it is not touched.
    instead: replace a run that is still there; only say so of one that can't go on. Its row is locked until the new
    run is started, so that of many who want to one does. Raises temporalio's RPCError where Temporal can't be reached;
    nothing is changed then.
    """
    async with engine.begin() as connection:
        refund = await refunds.get(connection, refund_id, lock=True)
        if RefundStatus(refund.status).is_final or as_of not in (None, refund.event_count):
            return False
        if not instead and await _runs(client, refund_id):
            return False
        if by == "makewhole" and await journal.count_of_day(connection, refund_id, "revived") >= MOST_A_DAY:
            await _ask_for_attention(connection, refund, why)
            return False
        if refund.needs_attention is not None:  # nobody hears the answer any more; the new run asks again
            status = await _phase(connection, refund)
            await refunds.change(connection, refund_id, status=status, needs_attention=None)
        note = journal.Note("revived", f"{why}: it goes on in a new one", by, {"why": why})
        await journal.record(connection, refund_id, note)
        await pick_up(client, connection, refund_id, instead=instead)
    return True


async def _runs(client: Client, refund_id: str) -> bool:
    try:
        found = await client.get_workflow_handle(workflow_id(refund_id)).describe()
    except RPCError as unknown:
        if unknown.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return found.status is WorkflowExecutionStatus.RUNNING


async def _phase(connection: AsyncConnection, refund: Refund) -> RefundStatus:
    """Where the refund stood when it called for help, by the last step it had done."""
    ref = RefundRef(refund.refund_id, refund.merchant_id, refund.round)
    known = await steps.steps_of(connection, refund.refund_id)
    reached = (status for step, status in _PHASES.items() if known.get(ref.step(step)) is False)
    status = next(reached, RefundStatus.IN_REVIEW)
    events = {event.event for event in await journal.timeline(connection, refund.refund_id)}
    if status is RefundStatus.AWAITING_RETURN and "parcel_received" in events:
        return RefundStatus.INSPECTING
    if status is RefundStatus.AWAITING_RETURN and "shipped" in events:
        return RefundStatus.IN_TRANSIT
    return status


async def _ask_for_attention(connection: AsyncConnection, refund: Refund, why: str) -> None:
    """Say once that this refund can't be helped from here."""
    reason = f"{why}, for the {MOST_A_DAY + 1}th time in a day"
    if (refund.needs_attention or {}).get("step") == STEP:
        return
    stuck = await what_is_stuck(connection, refund, None)
    shown = needs(stuck, STEP, reason, ("retry",))
    await refunds.change(connection, refund.refund_id, needs_attention=shown, status=RefundStatus.NEEDS_ATTENTION)
    await journal.record(connection, refund.refund_id, journal.Note("needs_attention", reason, "makewhole", shown))
    body = f"Refund {refund.refund_id} needs attention: {for_the_inbox(stuck, STEP, reason, ('retry',))}"
    await messages.put_for_operations(connection, refund.merchant_id, refund.refund_id, STEP, body)
