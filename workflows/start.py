"""Starting the workflow of a refund that is already in the database, any number of times."""

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.refunds import RefundRef
from db import claims, refunds
from db.codec import from_json
from domain.settlement import Settlement
from workflows import so_far
from workflows.messages import TASK_QUEUE, StartRefund, workflow_id
from workflows.refund import RefundWorkflow
from workflows.visibility import at_start, summary


async def launch(client: Client, engine: AsyncEngine, refund_id: str) -> None:
    """Start a stored refund's workflow, then confirm that in its row.

    A crash between the two loses nothing: whoever finds the row unconfirmed launches again, and Temporal starts
    each workflow id once. Raises temporalio's RPCError where Temporal can't be reached.
    """
    async with engine.connect() as connection:
        start = await _stored(connection, refund_id)
    await _start_once(client, start)
    async with engine.begin() as connection:
        await refunds.confirm_started(connection, refund_id)


async def start_again(client: Client, engine: AsyncEngine, refund_id: str) -> None:
    """Start a refund's workflow though there was one before, in place of one that may still run."""
    async with engine.connect() as connection:
        start = await _stored(connection, refund_id)
    await _start(client, start, WorkflowIDReusePolicy.ALLOW_DUPLICATE, WorkflowIDConflictPolicy.TERMINATE_EXISTING)


async def _stored(connection: AsyncConnection, refund_id: str) -> StartRefund:
    refund = await refunds.get(connection, refund_id)
    claimed = (await claims.rows_of(connection, [refund_id]))[refund_id]
    return StartRefund(
        refund=RefundRef(refund_id, refund.merchant_id),
        order_id=refund.order_id,
        reason=refund.reason,
        total=from_json(Settlement, refund.quote).total,
        lines=tuple((claim.line_id, claim.requested) for claim in claimed if claim.requested),
        has_adjustment=any(not claim.requested for claim in claimed),
        so_far=await so_far.read(connection, refund) if refund.event_count > 1 else None,
    )


async def _start_once(client: Client, start: StartRefund) -> None:
    try:
        await _start(client, start, WorkflowIDReusePolicy.REJECT_DUPLICATE, WorkflowIDConflictPolicy.USE_EXISTING)
    except WorkflowAlreadyStartedError:
        return  # it ran and ended before


async def _start(
    client: Client, start: StartRefund, reuse: WorkflowIDReusePolicy, conflict: WorkflowIDConflictPolicy
) -> None:
    await client.start_workflow(
        RefundWorkflow.run,
        start,
        id=workflow_id(start.refund.refund_id),
        task_queue=TASK_QUEUE,
        id_reuse_policy=reuse,
        id_conflict_policy=conflict,
        search_attributes=at_start(start),
        static_summary=summary(start),
        priority=Priority(fairness_key=start.refund.merchant_id),
    )
