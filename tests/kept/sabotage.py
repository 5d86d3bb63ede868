"""Whatever keeps refunds where they stand: rows that somebody holds, changes that the database forbids."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.api.activity.v1 import ActivityOptions
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.contract import workflow_id

_FORBID = """
create function sabotage.{name}() returns trigger language plpgsql as
$$ begin raise exception 'kept from it'; end $$;
create trigger {name} before {verb} on {table} for each row when ({when}) execute function sabotage.{name}();
"""

NAME = "sabotage"
"""What the connections of its engine call themselves."""

Deed = Callable[[], Awaitable[Any]]


class Sabotage:
    """deeds_at_last: done when nobody works any more but the API; deeds_without_temporal: when Temporal is gone too."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._holding: list[AsyncConnection] = []
        self._left_alone: list[asyncio.Task[Any]] = []
        self.deeds_at_last: list[Deed] = []
        self.deeds_without_temporal: list[Deed] = []

    async def begin(self) -> None:
        await self._execute("create schema sabotage")

    async def forbid(self, verb: str, table: str, refund_id: str, when: str = "true") -> None:
        """Let no row of this refund be inserted or updated."""
        name, of_refund = f"{table}_{refund_id.lower()}", f"new.refund_id = '{refund_id}' and {when}"
        await self._execute(_FORBID.format(name=name, verb=verb, table=table, when=of_refund))

    async def hold(self, query: str, id_: str) -> None:
        """Lock rows and keep them locked."""
        connection = await self._engine.connect()
        self._holding.append(connection)
        await connection.execute(text(query), {"id": id_})

    async def until(self, query: str, id_: str) -> None:
        async with asyncio.timeout(60):
            while True:
                async with self._engine.connect() as connection:
                    if (await connection.execute(text(query), {"id": id_})).first():
                        return
                await asyncio.sleep(0.05)

    async def exhaust(self, temporal: Client, refund_id: str, activity: str) -> None:
        """Have the patience with a step that does not work end at once, and not after a quarter of an hour."""
        request = UpdateActivityOptionsRequest(
            namespace=temporal.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id(refund_id)),
            type=activity,
            activity_options=ActivityOptions(schedule_to_close_timeout=Duration(seconds=1)),
            update_mask=FieldMask(paths=["schedule_to_close_timeout"]),
        )
        async with asyncio.timeout(60):
            while True:
                try:
                    await temporal.workflow_service.update_activity_options(request, retry=False)
                    return
                except RPCError:  # it has not begun, or it is an attempt at once still
                    await asyncio.sleep(0.5)

    def leave_alone(self, call: Coroutine[Any, Any, Any]) -> None:
        """Ask for something that nobody will answer."""
        self._left_alone.append(asyncio.create_task(call))

    def at_last(self, deed: Deed) -> None:
        self.deeds_at_last.append(deed)

    def without_temporal(self, deed: Deed) -> None:
        self.deeds_without_temporal.append(deed)

    async def end(self) -> None:
        """Leave the database as it is, but for what stood in the way."""
        for call in self._left_alone:
            call.cancel()
        await asyncio.gather(*self._left_alone, return_exceptions=True)
        others = f"pid <> pg_backend_pid() and application_name <> '{NAME}' and backend_type = 'client backend'"
        query = f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"  # noqa: S608
        await self._execute(query)
        for connection in self._holding:
            await connection.close()
        await self._execute("drop schema sabotage cascade")

    async def _execute(self, statements: str) -> None:
        async with self._engine.begin() as connection:
            await connection.exec_driver_sql(statements)
