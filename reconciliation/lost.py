"""Refunds that are not over and whose workflow is gone, is behind what the database knows, or is paused.

A workflow is gone when somebody terminated it, when it failed, or when Temporal came back from a copy older than it.
It is behind when Temporal came back from a copy in which it was not as far, or when a worker died with a task that had
done something already and whose caller never came back: then its refund is further here than the workflow shows, or
does not ask any more for the help that the workflow waits for, or the last thing that its history knows to be done is
older than the last thing that it did here. A workflow that has something to do is left alone, and looked at again.
It is paused when somebody paused it, or a step of it, in Temporal: that is theirs to end.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import refunds
from db.engine import snapshots
from db.read_models import OpenRefund
from domain.reasons import RefundStatus
from reconciliation.keepers import report
from workflows.messages import workflow_id
from workflows.visibility import REFUND_STATUS

_SETTLES_WITHIN = timedelta(seconds=5)
_CLOCKS_DIFFER_BY = timedelta(seconds=1)
_AT_ONCE = 10
_PAGE = 500
_EVENTS_AT_ONCE = 20
_COURSE: list[str] = [
    RefundStatus.IN_REVIEW,
    RefundStatus.AWAITING_RETURN,
    RefundStatus.IN_TRANSIT,
    RefundStatus.INSPECTING,
    RefundStatus.PAYING_OUT,
    RefundStatus.RESTORING,
]
_DONE = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_MARKER_RECORDED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    }
)
"""Events by which a workflow knows that a step was done, or that it was given up."""


class Trouble(StrEnum):
    """`gone`: there is no workflow. `behind`: it does not know what was done. `paused`: somebody holds it."""

    GONE = "gone"
    BEHIND = "behind"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Lost:
    """`why` is a sentence about the workflow, for people; `event_count` dates what was found."""

    refund_id: str
    merchant_id: str
    trouble: Trouble
    why: str
    event_count: int


async def find_lost(
    client: Client, engine: AsyncEngine, *, merchant_id: str | None = None, refund_id: str | None = None
) -> Sequence[Lost]:
    """Compare refunds that are not over with their workflows, all or one merchant's or one.

    Raises what goes wrong with one of them: RPCError where Temporal can't be reached.
    """
    found: list[Lost] = []
    async for _, seen in _compared(client, engine, merchant_id=merchant_id, refund_id=refund_id):
        if isinstance(seen, Exception):
            raise seen
        found.append(seen)
    return found


async def each_lost(client: Client, engine: AsyncEngine) -> AsyncIterator[Lost]:
    """Compare all refunds that are not over; one that can't be compared is logged, and looked at again next time."""
    async for refund, seen in _compared(client, engine):
        if isinstance(seen, Exception):
            report(f"could not compare refund {refund.refund_id} with its workflow, trying again", seen)
        else:
            yield seen


async def _compared(
    client: Client, engine: AsyncEngine, *, merchant_id: str | None = None, refund_id: str | None = None
) -> AsyncIterator[tuple[OpenRefund, Lost | Exception]]:
    """Go through the open refunds page by page, however many there are: those that are lost, or can't be compared."""
    started_before, gate = datetime.now(UTC) - _SETTLES_WITHIN, asyncio.Semaphore(_AT_ONCE)
    scope: Any = {"merchant_id": merchant_id, "refund_id": refund_id}
    while True:
        async with snapshots(engine).connect() as connection:
            page = await refunds.open_ones(connection, started_before, limit=_PAGE, **scope)
        checks = (_check(client, gate, refund) for refund in page)
        checked = await asyncio.gather(*checks, return_exceptions=True)
        found = [(row, seen) for row, seen in zip(page, checked, strict=True) if isinstance(seen, Lost | Exception)]
        if found:  # what ended while we looked is not lost
            async with snapshots(engine).connect() as connection:
                still_open = await refunds.still_open(connection, [row.refund_id for row, _ in found])
            for row, seen in found:
                if row.refund_id in still_open:
                    yield row, seen
        if len(page) < _PAGE:
            return
        scope["after"] = (page[-1].created_at, page[-1].refund_id)


async def _check(client: Client, gate: asyncio.Semaphore, refund: OpenRefund) -> Lost | None:
    async with gate:
        try:
            found = await _describe(client, workflow_id(refund.refund_id))
        except RPCError as unknown:
            if unknown.status is not RPCStatusCode.NOT_FOUND:
                raise
            return _lost(refund, Trouble.GONE, "Temporal does not know its workflow")
        if paused := _paused(found):
            return _lost(refund, Trouble.PAUSED, paused)
        status = found.workflow_execution_info.status
        if status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
            how = WorkflowExecutionStatus.Name(status).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()
            return _lost(refund, Trouble.GONE, f"its workflow is {how}")
        if refund.last_done is None or _has_something_to_do(found):
            return None
        shown = _status_shown(found)
        if _is_further(refund, shown):
            return _lost(refund, Trouble.BEHIND, f"its workflow takes it for {shown}")
        last_known = await _last_known_at(client, found.workflow_execution_info.execution)
    if refund.last_done <= last_known + _CLOCKS_DIFFER_BY:
        return None
    behind = f"its workflow stands where it was at {last_known:%Y-%m-%d %H:%M:%S} UTC"
    return _lost(refund, Trouble.BEHIND, behind)


def _lost(refund: OpenRefund, trouble: Trouble, why: str) -> Lost:
    return Lost(refund.refund_id, refund.merchant_id, trouble, why, refund.event_count)


async def _describe(client: Client, id_: str) -> DescribeWorkflowExecutionResponse:
    """Ask for a workflow as the server tells it: the SDK's own description knows no pause yet."""
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=WorkflowExecution(workflow_id=id_))
    return await client.workflow_service.describe_workflow_execution(request, retry=True)


def _paused(found: DescribeWorkflowExecutionResponse) -> str | None:
    """Say who paused what, and why."""
    if found.workflow_extended_info.HasField("pause_info"):
        pause = found.workflow_extended_info.pause_info
        return f"its workflow was paused by {pause.identity}: {pause.reason}"
    for step in found.pending_activities:
        if step.paused:
            by = step.pause_info.manual.identity or "a rule"
            return f"its step {step.activity_type.name} was paused by {by}: {step.pause_info.manual.reason}"
    return None


def _has_something_to_do(found: DescribeWorkflowExecutionResponse) -> bool:
    return bool(found.pending_activities) or found.HasField("pending_workflow_task")


def _status_shown(found: DescribeWorkflowExecutionResponse) -> str:
    """The status that the workflow shows in the Temporal UI."""
    fields = found.workflow_execution_info.search_attributes.indexed_fields
    return str(json.loads(fields[REFUND_STATUS.name].data)) if REFUND_STATUS.name in fields else ""


def _is_further(refund: OpenRefund, shown: str) -> bool:
    """Whether the database knows of more than is shown: a later status, or the answer to a call for help."""
    if shown == RefundStatus.NEEDS_ATTENTION:
        return not refund.asks
    return refund.status in _COURSE and shown in _COURSE and _COURSE.index(refund.status) > _COURSE.index(shown)


async def _last_known_at(client: Client, execution: WorkflowExecution) -> datetime:
    """When the last thing was done that the history knows of; its first event is one that counts."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=execution, maximum_page_size=_EVENTS_AT_ONCE
    )
    while True:
        answer = await client.workflow_service.get_workflow_execution_history_reverse(request, retry=True)
        for event in answer.history.events:
            if event.event_type in _DONE:
                return event.event_time.ToDatetime(UTC)
        request.next_page_token = answer.next_page_token
