"""Carries erasures on where a transaction ends: to the list outside, to Temporal, and over a restore from a copy."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.client import WorkflowExecution as WorkflowExecutionInfo
from temporalio.service import RPCError, RPCStatusCode

from db import erasures
from db.engine import snapshots
from db.erasures import Erasure, UnderWay
from domain.said import HOUSE
from service.erasing import NobodyKnown, erase
from upkeep.erasure_list import ErasureList
from upkeep.keepers import Keeper, each_of_its_merchant
from workflows.contract import workflow_id

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=10)
_AT_ONCE = 20


class Erasures:
    """`outside`, where there is one, is the list that a database which was brought back is compared with."""

    def __init__(self, client: Client, engine: AsyncEngine, outside: ErasureList | None) -> None:
        self._client = client
        self._engine = engine
        self._outside = outside

    @property
    def keeper(self) -> Keeper:
        return Keeper("carry_erasures_on", _EVERY, self.carry_on)

    async def carry_on(self) -> bool:
        """Erase again what a copy brought back, then finish what only the tables know of."""
        if self._outside:
            await apply_list(self._engine, self._outside)
        async with snapshots(self._engine).connect() as connection:
            begun = await erasures.unfinished(connection, _AT_ONCE)
        await each_of_its_merchant("finish an erasure:", begun, attrgetter("merchant_id"), self._finish)
        return True

    async def _finish(self, erasure: Erasure) -> None:
        async with snapshots(self._engine).connect() as connection:
            theirs = await erasures.refunds_of(connection, erasure)
        if self._outside and erasure not in await self._outside.all():
            await self._outside.add(erasure)
        for refund_id in theirs:
            await self._forget(workflow_id(refund_id))
        async with self._engine.begin() as connection:
            await erasures.finish(connection, erasure)

    async def _forget(self, id_: str) -> None:
        """Have Temporal delete all closed runs of a workflow; the newest may not be in its lists yet."""
        runs = [run.run_id async for run in self._client.list_workflows(f'WorkflowId = "{id_}"') if _is_closed(run)]
        with _if_there():
            newest = await self._client.get_workflow_handle(id_).describe()
            runs += [newest.run_id] if _is_closed(newest) else []
        for run_id in dict.fromkeys(runs):
            execution = WorkflowExecution(workflow_id=id_, run_id=run_id)
            request = DeleteWorkflowExecutionRequest(namespace=self._client.namespace, workflow_execution=execution)
            with _if_there():
                await self._client.workflow_service.delete_workflow_execution(request)


def _is_closed(run: WorkflowExecutionInfo) -> bool:
    return run.status is not WorkflowExecutionStatus.RUNNING


@contextmanager
def _if_there() -> Iterator[None]:
    """What Temporal has forgotten already needs nothing."""
    try:
        yield
    except RPCError as refused:
        if refused.status is not RPCStatusCode.NOT_FOUND:
            raise


async def apply_list(engine: AsyncEngine, outside: ErasureList) -> int:
    """Do all erasures of the list that this database knows nothing of; tell how many were done."""
    listed, done = await outside.all(), list[Erasure]()
    if listed:
        async with snapshots(engine).connect() as connection:
            listed = await erasures.unknown(connection, listed)

    async def again(erasure: Erasure) -> None:
        if await _again(engine, erasure):
            done.append(erasure)

    await each_of_its_merchant("erase again:", listed, attrgetter("merchant_id"), again)
    return len(done)


async def _again(engine: AsyncEngine, erasure: Erasure) -> bool:
    """A refund that is under way again since the restore ends first; then it comes round."""
    try:
        async with engine.begin() as connection:
            await erase(connection, erasure, HOUSE)
    except NobodyKnown:
        return False  # a copy from before anything was known of them
    except UnderWay as under_way:
        log.info("erasure %s waits: %s", erasure.erasure_id, under_way)
        return False
    log.warning("erasure %s is done again: the database was brought back from a copy", erasure.erasure_id)
    return True
