"""Starting the workflow of a stored refund, any number of times, and once more after its end."""

import contextlib
import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.reopening import Opening
from activities.returns import Loss, Receipt
from activities.steps import RefundRef
from db import claims, refunds, steps
from db.engine import snapshots
from workflows.messages import TASK_QUEUE, PayoutNews, StartRefund, workflow_id
from workflows.refund import RefundWorkflow
from workflows.visibility import at_start, summary


async def launch(client: Client, engine: AsyncEngine, refund_id: str) -> None:
    """Start a stored refund's workflow, then confirm that in its row.

    A crash between the two loses nothing: whoever finds the row unconfirmed launches again, and Temporal starts
    each workflow id once. Raises temporalio's RPCError where Temporal can't be reached.
    """
    # One that Temporal forgot before it was confirmed may be far on.
    async with snapshots(engine).connect() as connection:
        is_new = not await steps.steps_of(connection, refund_id)
        begun = await _beginning_of(connection, refund_id, Opening.REQUESTED if is_new else Opening.PICKED_UP)
    with contextlib.suppress(WorkflowAlreadyStartedError):  # it ran and ended before
        await client.start_workflow(
            RefundWorkflow.run, begun.start, id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE, **begun.options
        )
    async with engine.begin() as connection:
        await refunds.confirm_started(connection, refund_id)


async def pick_up(client: Client, connection: AsyncConnection, refund_id: str, *, instead: bool) -> None:
    """Start another run of a refund whose workflow was ended in Temporal before it was over.

    A run that is there is left to go on, or with `instead` replaced.
    """
    begun = await _beginning_of(connection, refund_id, Opening.PICKED_UP)
    options = begun.options
    if instead:
        options["id_conflict_policy"] = WorkflowIDConflictPolicy.TERMINATE_EXISTING
    await client.start_workflow(RefundWorkflow.run, begun.start, **_AGAIN, **options)


async def reopen_for_parcel(
    client: Client, engine: AsyncEngine, refund_id: str, parcel: Receipt | Loss, update_id: str
) -> None:
    """Open a refund again that ended without payout, with the parcel that came late or is lost (rule 31).

    Answers when the parcel is recorded. Raises WorkflowUpdateFailedError where the refund does not take it.
    """
    is_here = isinstance(parcel, Receipt)
    begun = await _stored(engine, refund_id, Opening.LATE_PARCEL if is_here else Opening.LOST_PARCEL)
    again = WithStartWorkflowOperation(RefundWorkflow.run, begun.start, **_AGAIN, **begun.options)
    update: Any = RefundWorkflow.receipt if is_here else RefundWorkflow.loss
    await client.execute_update_with_start_workflow(update, parcel, start_workflow_operation=again, id=update_id)


async def reopen_for_news(client: Client, engine: AsyncEngine, refund_id: str, news: PayoutNews) -> None:
    """Open a completed refund again, because a payout of it is said to have failed (rule 35)."""
    begun = await _stored(engine, refund_id, Opening.PAYOUT_FAILED)
    said: Any = {"start_signal": "payout_news", "start_signal_args": [news]}
    await client.start_workflow(RefundWorkflow.run, begun.start, **said, **_AGAIN, **begun.options)


_AGAIN: Any = {"id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE}


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a run is started with, and where its refund stands then."""

    start: StartRefund
    status: str
    risk_score: int

    @property
    def options(self) -> Any:
        return {
            "id": workflow_id(self.start.refund.refund_id),
            "task_queue": TASK_QUEUE,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "search_attributes": at_start(self.start, self.status, self.risk_score),
            "static_summary": summary(self.start),
            "priority": Priority(fairness_key=_fairness_key(self.start.refund.merchant_id)),
        }


async def _stored(engine: AsyncEngine, refund_id: str, opening: Opening) -> _Beginning:
    async with snapshots(engine).connect() as connection:
        return await _beginning_of(connection, refund_id, opening)


async def _beginning_of(connection: AsyncConnection, refund_id: str, opening: Opening) -> _Beginning:
    refund = await refunds.get(connection, refund_id)
    claimed = (await claims.rows_of(connection, [refund_id]))[refund_id]
    start = StartRefund(
        refund=RefundRef(refund_id, refund.merchant_id, refund.round),
        order_id=refund.order_id,
        reason=refund.reason,
        total=refund.quote.read().total,
        lines=tuple((claim.line_id, claim.requested) for claim in claimed if claim.requested),
        has_adjustment=any(not claim.requested for claim in claimed),
        opening=opening,
    )
    return _Beginning(start, refund.status, refund.risk.read().score if refund.risk else 0)


def _fairness_key(merchant_id: str) -> str:
    """Temporal takes at most 64 bytes: a longer id stands there by its hash."""
    return merchant_id if len(merchant_id.encode()) <= 64 else hashlib.sha256(merchant_id.encode()).hexdigest()
