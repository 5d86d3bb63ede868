"""Refunds that are not over and whose workflow is gone, is behind what the database knows, or is paused.

A workflow is gone when somebody terminated it, when it failed, when Temporal came back from a copy older than it, or
when it can't go on: it never loaded what the database knows, as those of earlier versions, or its workflow task fails
again and again. It is behind when it shows less than the database knows, as where Temporal came back from a copy in
which it was not as far: an earlier status, another call for help, or a history too short for the last word it heard.
A workflow that has something to do is left alone, and looked at again. It is paused when somebody paused it, or a step
of it, in Temporal: that is theirs to end. No time of one clock is compared with one of another.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import refund_runs
from db.engine import snapshots
from db.read_models import OpenRefund
from domain.lifecycle import COURSE
from temporal_client.resume import STEP
from upkeep.keepers import report
from workflows.contract import workflow_id
from workflows.visibility import NEEDS_ATTENTION, REFUND_STATUS

_SETTLES_WITHIN = timedelta(seconds=5)
_FAILS_FOR_GOOD = 6
"""A workflow task that is tried so often will not work the next time: by then minutes have passed."""

_FAILS_TO_BEGIN = 3
"""The same for a run that has never loaded: there is nothing in it that another would not have."""

_FAILS_TO_REPLAY = 2
"""And for one of an earlier version, which has a history but never loaded. With each signal its attempts begin anew."""

_YOUNG = 10
"""So many events has a run that is about to load for the first time."""

_AT_ONCE = 10
_PAGE = 500
_PLACES: dict[str, int] = {status: place for place, status in enumerate(COURSE)}


class Trouble(StrEnum):
    """`gone`: there is none that can go on. `behind`: it does not know what was done. `paused`: somebody holds it."""

    MISSING = "gone"
    LAGGING = "behind"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Lost:
    """`why` is a sentence about the workflow, for people; `event_count` dates what was found.

    `instead_of` is the run that is there and can't go on, `though_loaded` that it knew what the database knows.
    """

    refund_id: str
    merchant_id: str
    trouble: Trouble
    why: str
    event_count: int
    instead_of: str | None = None
    though_loaded: bool = False


async def find_lost(
    client: Client, engine: AsyncEngine, *, merchant_id: str | None = None, refund_id: str | None = None
) -> Sequence[Lost]:
    """Compare refunds that are not over with their workflows, all or one merchant's or one.

    Raises what goes wrong with one of them: RPCError where Temporal can't be reached.
    """
    found: list[Lost] = []
    after: refund_runs.Place | None = None
    while True:
        page = await _compared(client, engine, after, merchant_id=merchant_id, refund_id=refund_id)
        for _, seen in page.seen:
            if isinstance(seen, Exception):
                raise seen
            found.append(seen)
        after = page.end
        if after is None:
            return found


class Patrol:
    """Goes through the refunds that are not over, a page each time, and begins anew after the last.

    So a round costs the same however many there are. Where one is gone, others may be: it goes on to the next page.
    """

    def __init__(self, client: Client, engine: AsyncEngine, page: int = _PAGE) -> None:
        self._client = client
        self._engine = engine
        self._page = page
        self._place: refund_runs.Place | None = None

    async def each_lost(self) -> AsyncIterator[Lost]:
        """Compare the next ones; what can't be compared is logged, and looked at again when its turn comes."""
        while True:
            page = await _compared(self._client, self._engine, self._place, limit=self._page)
            for refund, seen in page.seen:
                if isinstance(seen, Exception):
                    report(f"could not compare refund {refund.refund_id} with its workflow, trying again", seen)
                else:
                    yield seen
            self._place = page.end
            if page.end is None or not page.has_gone_ones:
                return


@dataclass(frozen=True, slots=True)
class _Page:
    """Those that are lost or can't be compared, and where the next page begins; None after the last."""

    seen: Sequence[tuple[OpenRefund, Lost | Exception]]
    end: refund_runs.Place | None

    @property
    def has_gone_ones(self) -> bool:
        return any(isinstance(seen, Lost) and seen.trouble is Trouble.MISSING for _, seen in self.seen)


async def _compared(
    client: Client, engine: AsyncEngine, after: refund_runs.Place | None, *, limit: int = _PAGE, **scope: str | None
) -> _Page:
    """Compare a page of the open refunds, the oldest first."""
    gate = asyncio.Semaphore(_AT_ONCE)
    async with snapshots(engine).connect() as connection:
        page = await refund_runs.open_ones(connection, _SETTLES_WITHIN, after=after, limit=limit, **scope)
    checks = (_check(client, gate, refund) for refund in page)
    checked = await asyncio.gather(*checks, return_exceptions=True)
    found = [(row, seen) for row, seen in zip(page, checked, strict=True) if isinstance(seen, Lost | Exception)]
    if found:  # what ended while we looked is not lost
        async with snapshots(engine).connect() as connection:
            still_open = await refund_runs.still_open(connection, [row.refund_id for row, _ in found])
        found = [(row, seen) for row, seen in found if row.refund_id in still_open]
    end = (page[-1].created_at, page[-1].refund_id) if len(page) == limit else None
    return _Page(found, end)


async def _check(client: Client, gate: asyncio.Semaphore, refund: OpenRefund) -> Lost | None:
    async with gate:
        try:
            found = await _describe(client, workflow_id(refund.refund_id))
        except RPCError as unknown:
            if unknown.status is not RPCStatusCode.NOT_FOUND:
                raise
            return _lost(refund, Trouble.MISSING, "Temporal does not know its workflow")
    info = found.workflow_execution_info
    if paused := _paused(found):
        return _lost(refund, Trouble.PAUSED, paused)
    if info.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
        how = WorkflowExecutionStatus.Name(info.status).removeprefix("WORKFLOW_EXECUTION_STATUS_").lower()
        return _lost(refund, Trouble.MISSING, f"its workflow is {how}")
    is_known = refund.run == info.execution.run_id
    if found.pending_workflow_task.attempt >= _most_attempts(info.history_length, is_known=is_known):
        why = "its workflow can't go on: its task fails again and again"
        return replace(_lost(refund, Trouble.MISSING, why, info.execution.run_id), though_loaded=is_known)
    if _has_something_to_do(found):
        return None
    if not is_known:
        why = "its workflow does not know what the database knows: it is of an earlier version, or of an older copy"
        return _lost(refund, Trouble.MISSING, why, info.execution.run_id)
    if behind := _behind(refund, found):
        return _lost(refund, Trouble.LAGGING, f"its workflow {behind}")
    return None


def _most_attempts(history_length: int, *, is_known: bool) -> int:
    """How often a run's task may fail before another run takes its place."""
    if is_known:
        return _FAILS_FOR_GOOD
    return _FAILS_TO_BEGIN if history_length <= _YOUNG else _FAILS_TO_REPLAY


def _lost(refund: OpenRefund, trouble: Trouble, why: str, instead_of: str | None = None) -> Lost:
    return Lost(refund.refund_id, refund.merchant_id, trouble, why, refund.event_count, instead_of)


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


async def has_something_to_do(client: Client, refund_id: str) -> bool:
    """Whether a refund's workflow is about to do something, as far as Temporal knows it."""
    try:
        return _has_something_to_do(await _describe(client, workflow_id(refund_id)))
    except RPCError as unknown:
        if unknown.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False


def _has_something_to_do(found: DescribeWorkflowExecutionResponse) -> bool:
    return bool(found.pending_activities) or found.HasField("pending_workflow_task")


def _behind(refund: OpenRefund, found: DescribeWorkflowExecutionResponse) -> str | None:
    """Say what a workflow does not know: a later status, that people are asked or were, the last word that was said."""
    shown, asks = _shown(found, REFUND_STATUS.name) or "", bool(_shown(found, NEEDS_ATTENTION.name))
    is_asked = refund.asks is not None and refund.asks != STEP
    if shown in _PLACES and refund.status in _PLACES and _PLACES[refund.status] > _PLACES[shown]:
        return f"takes it for {shown}"
    if asks != is_asked:
        return "asks people for help who are not shown it" if asks else "does not know that people are asked for help"
    if refund.heard_at is not None and found.workflow_execution_info.history_length <= refund.heard_at:
        return "does not know what was said last"
    return None


def _shown(found: DescribeWorkflowExecutionResponse, name: str) -> Any:
    """What the workflow shows in the Temporal UI; None where it shows nothing."""
    fields = found.workflow_execution_info.search_attributes.indexed_fields
    return json.loads(fields[name].data) if name in fields else None
