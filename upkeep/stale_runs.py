"""Workflows that run although their refund is over: Temporal came back from a copy in which it was not."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import refund_runs
from db.engine import snapshots
from upkeep.keepers import each_by_itself
from upkeep.missing import has_something_to_do
from workflows.contract import WORKFLOW_TYPE, refund_of, workflow_id

log = logging.getLogger(__name__)

_SETTLES_WITHIN = timedelta(seconds=30)
_RUNNING = f"WorkflowType = '{WORKFLOW_TYPE}' and ExecutionStatus = 'Running'"
_AT_ONCE = 1_000


async def end_stale_runs(client: Client, engine: AsyncEngine, *, settles_within: timedelta = _SETTLES_WITHIN) -> None:
    """Terminate them: whatever they would still do was done, and what they would undo is final."""

    async def end(refund_id: str) -> None:
        if await has_something_to_do(client, refund_id):
            return
        log.warning("refund %s is over: its workflow, from an older copy of Temporal, is ended", refund_id)
        try:
            await client.get_workflow_handle(workflow_id(refund_id)).terminate("its refund is over")
        except RPCError as ended:
            if ended.status is not RPCStatusCode.NOT_FOUND:
                raise

    async for runs in _running(client):
        async with snapshots(engine).connect() as connection:
            over = await refund_runs.over_for(connection, list(runs), settles_within)
        left_over = [refund_id for refund_id, reopens in over.items() if runs[refund_id] != reopens]
        await each_by_itself("end the workflow of refund", left_over, end)


async def _running(client: Client) -> AsyncIterator[dict[str, str]]:
    """List the running workflows' runs by refund, so many at once: nobody knows how many there are."""
    runs: dict[str, str] = {}
    async for found in client.list_workflows(_RUNNING):
        runs[refund_of(found.id)] = found.run_id
        if len(runs) == _AT_ONCE:
            yield runs
            runs = {}
    if runs:
        yield runs
