"""Whether this machine's clock is that of the servers: of PostgreSQL, which writes when things happen, and of Temporal.

Nothing that is paid depends on it, and seconds change nothing. By an hour signatures are refused, windows close early
or late, and nobody sees why: so it is said.
"""

import logging
from datetime import UTC, datetime, timedelta

from sqlalchemy import DateTime, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from db.engine import snapshots
from db.whose import of_nobody
from domain import clock
from workflows.contract import TASK_QUEUE

log = logging.getLogger(__name__)

TOLERATED = timedelta(minutes=10)
"""Temporal says when a worker last asked it for tasks, which may be some minutes ago."""

_PATIENCE = timedelta(seconds=2)


async def apart(engine: AsyncEngine, client: Client) -> dict[str, timedelta]:
    """Say whose clocks are not this machine's, and how far this machine is ahead of them; below zero it is behind.

    Who does not answer says nothing. Nor does Temporal where no worker has asked it for tasks lately.
    """
    now, found = (
        clock.of_this_machine(),
        {"PostgreSQL": await _of_postgres(engine), "Temporal": await _of_temporal(client)},
    )
    ahead = {name: now - theirs for name, theirs in found.items() if theirs is not None}
    return {name: by for name, by in ahead.items() if abs(by) > TOLERATED}


async def say_if_apart(engine: AsyncEngine, client: Client) -> None:
    """Say it in the log, when a program starts."""
    for name, by in (await apart(engine, client)).items():
        minutes, where = round(abs(by).total_seconds() / 60), "ahead of" if by > timedelta() else "behind"
        log.error("this machine's clock is %s minutes %s %s's: set both by NTP", minutes, where, name)


async def _of_postgres(engine: AsyncEngine) -> datetime | None:
    try:
        with of_nobody():
            async with snapshots(engine).connect() as connection:
                now = select(func.clock_timestamp(type_=DateTime(timezone=True)))
                moment: datetime = (await connection.execute(now)).scalar_one()
                return moment
    except (SQLAlchemyError, OSError):
        return None


async def _of_temporal(client: Client) -> datetime | None:
    """When a worker last asked for tasks, as Temporal wrote it: it has no call that tells the time."""
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=TASK_QUEUE), task_queue_type=kind
    )
    try:
        described = await client.workflow_service.describe_task_queue(request, timeout=_PATIENCE)
    except (RPCError, RuntimeError):
        return None
    asked = [each.last_access_time.ToDatetime(tzinfo=UTC) for each in described.pollers]
    return max(asked, default=None)
