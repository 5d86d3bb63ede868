"""Seeing to it that a stored refund has a run of its workflow: the first, another after it, or one that reopens it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.parcels import Loss, Receipt
from activities.reopening import Opening, asks_about_a_late_parcel
from db import refund_runs, refunds, steps
from db.engine import snapshots
from db.read_models import Refund
from domain.lifecycle import RefundStatus
from domain.steps import Step
from service.steps import RefundRef
from workflows.contract import TASK_QUEUE, PayoutEvent, StartRefund, workflow_id
from workflows.refund import RefundWorkflow
from workflows.visibility import at_start, summary


async def ensure_running(client: Client, engine: AsyncEngine, refund_id: str) -> None:
    """Start a stored refund's workflow unless it runs or is over, then confirm that in its row.

    Any number of times: a crash between the two loses nothing, because whoever finds the row unconfirmed comes again.
    The run finds out by itself where the refund stands. Raises temporalio's RPCError where Temporal can't be reached.
    """
    begun = await _stored(engine, refund_id)
    if not begun.is_over:
        await client.start_workflow(RefundWorkflow.run, begun.start, **begun.options)
    async with engine.begin() as connection:
        await refund_runs.confirm_started(connection, refund_id)


async def start_first(client: Client, refund: Refund) -> None:
    """Start the first run of a refund that was stored just now; the run confirms it with what it does first."""
    begun = _beginning(refund, _first(refund))
    await client.start_workflow(RefundWorkflow.run, begun.start, **begun.options)


async def run_instead(client: Client, connection: AsyncConnection, refund_id: str, *, of_one_that_runs: bool) -> None:
    """Start another run under lock of the refund; one that is there is left to go on, or replaced."""
    begun = await _beginning_of(connection, refund_id)
    options = begun.options
    if of_one_that_runs:
        options["id_conflict_policy"] = WorkflowIDConflictPolicy.TERMINATE_EXISTING
    await client.start_workflow(RefundWorkflow.run, begun.start, **options)


async def reopen_for_parcel(
    client: Client, engine: AsyncEngine, refund_id: str, parcel: Receipt | Loss, update_id: str
) -> None:
    """Open a refund again that ended without payout, with the parcel that came late or is lost (rule 31).

    Answers when the parcel is recorded. Raises WorkflowUpdateFailedError where the refund does not take it.
    """
    begun = await _stored(engine, refund_id)
    again = WithStartWorkflowOperation(RefundWorkflow.run, begun.start, **begun.options)
    update: Any = RefundWorkflow.receipt if isinstance(parcel, Receipt) else RefundWorkflow.loss
    await client.execute_update_with_start_workflow(update, parcel, start_workflow_operation=again, id=update_id)


async def reopen_for_payout(
    client: Client, engine: AsyncEngine, refund_id: str, event: PayoutEvent | None = None
) -> None:
    """Open a completed refund again, because a payout of it is said to have failed (rule 35).

    Without an event it is unbooked already: people had paid it.
    """
    async with snapshots(engine).connect() as connection:
        refund = await refunds.get(connection, refund_id)
        is_unbooked = event is None and not RefundStatus(refund.status).is_final
        opening = Opening.REOPENED_FOR_PAYOUT if is_unbooked else await _opening(connection, refund)
    begun = _beginning(refund, opening)
    said: Any = {"start_signal": "payout_event", "start_signal_args": [event]} if event is not None else {}
    await client.start_workflow(RefundWorkflow.run, begun.start, **said, **begun.options)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a run is started with, and where its refund stands then."""

    start: StartRefund
    status: RefundStatus
    risk_score: int

    @property
    def is_over(self) -> bool:
        return self.status.is_final

    @property
    def options(self) -> Any:
        return {
            "id": workflow_id(self.start.refund.refund_id),
            "task_queue": TASK_QUEUE,
            "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "search_attributes": at_start(self.start, self.status, self.risk_score),
            "static_summary": summary(self.start),
            "priority": in_turn(self.start.refund.merchant_id),
        }


async def _stored(engine: AsyncEngine, refund_id: str) -> _Beginning:
    async with snapshots(engine).connect() as connection:
        return await _beginning_of(connection, refund_id)


async def _beginning_of(connection: AsyncConnection, refund_id: str) -> _Beginning:
    refund = await refunds.get(connection, refund_id)
    return _beginning(refund, await _opening(connection, refund))


def _beginning(refund: Refund, opening: Opening) -> _Beginning:
    quote = refund.quote.read()
    start = StartRefund(
        refund=RefundRef(refund.refund_id, refund.merchant_id, refund.round),
        order_id=refund.order_id,
        reason=refund.reason,
        total=quote.total,
        lines=tuple((claim.line_id, claim.units.count) for claim in quote.claims if claim.units.count),
        has_adjustment=any(claim.is_adjustment for claim in quote.claims),
        opening=opening,
        measures=tuple(refund.measures.items()),
        approvals_needed=refund.approvals_needed,
    )
    return _Beginning(start, RefundStatus(refund.status), refund.risk.read().score if refund.risk else 0)


async def _opening(connection: AsyncConnection, refund: Refund) -> Opening:
    """Why a run begins now; one that Temporal forgot before it was confirmed may be far on."""
    status = RefundStatus(refund.status)
    if asks_about_a_late_parcel(refund):
        return Opening.REOPENED_FOR_PARCEL
    if status.is_final:
        is_paid = status is RefundStatus.COMPLETED
        return Opening.REOPENED_FOR_PAYOUT if is_paid else Opening.REOPENED_FOR_PARCEL
    known = await steps.steps_of(connection, refund.refund_id)
    has_begun = Step.RUN in known if refund.external is not None else bool(known)
    return Opening.RESUMED if has_begun else _first(refund)


def _first(refund: Refund) -> Opening:
    return Opening.REQUESTED if refund.external is None else Opening.EXTERNAL


def in_turn(merchant_id: str) -> Priority:
    """Let merchants take turns where many tasks wait.

    Temporal takes at most 64 bytes as a key: a longer id stands there by its hash.
    """
    is_short = len(merchant_id.encode()) <= 64
    return Priority(fairness_key=merchant_id if is_short else hashlib.sha256(merchant_id.encode()).hexdigest())
