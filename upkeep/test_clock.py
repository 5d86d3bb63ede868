"""Putting a merchant's test clock forward, from one moment at which something is due to the next (0107).

At each of them all that is due is done before it gets later, so a refund's story has the same events at the same
moments as if everybody had waited.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from db import merchant_time, payouts, refund_runs
from db.engine import snapshots
from db.merchant_time import ClockStands
from gateways.sandbox import refunds as sandbox
from upkeep.late_payouts import tell_some
from workflows.contract import workflow_id
from workflows.refund import RefundWorkflow

_LOOK_EVERY_S = 0.02
_AT_REST_WITHIN_S = 10.0
"""What has not come to rest by then goes its own way."""

_TRIED_IN_VAIN = 3
"""An activity that failed so often waits for somebody outside, in everybody's time."""

_TOLD_WITHIN_S = 3.0
_AT_ONCE = 20

Waits = dict[str, datetime | None]
"""Until when refunds wait, by the merchant's clock; None for one that waits for no moment."""


@dataclass(frozen=True, slots=True)
class _Due:
    """What waits for a moment: refunds, the next turn at the sandbox, the next payout that is later than expected."""

    waits: Waits
    turn: datetime | None
    late: datetime | None

    def first_after(self, now: datetime, at_most: timedelta) -> timedelta:
        """How long it is until the first of them that is still to come."""
        moments = (*self.waits.values(), self.turn, self.late)
        return min([at_most, *(each - now for each in moments if each is not None and each > now)])


def _waiting_until(waits: Waits, now: datetime) -> set[str]:
    return {refund_id for refund_id, until in waits.items() if until is not None and until <= now}


class MerchantClock:
    """The clock of one merchant, whose rows alone are seen."""

    def __init__(self, engine: AsyncEngine, client: Client, merchant_id: str) -> None:
        self._engine = engine
        self._client = client
        self._merchant_id = merchant_id
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def stands(self) -> ClockStands:
        async with snapshots(self._engine).connect() as connection:
            return await merchant_time.stands(connection, self._merchant_id)

    async def go_on(self, for_s: float) -> None:
        """Go where it is to go, or as far as it comes in so many seconds; others may do so at the same time."""
        until_s = time.monotonic() + for_s
        waits = await self._come_to_rest({}, ())
        while (stands := await self.stands()).left > timedelta() and time.monotonic() < until_s:
            if late := _waiting_until(waits, stands.now):  # time goes by itself as well
                waits = await self._come_to_rest(waits, late)
                continue
            due = await self._due(waits, stands)
            by = due.first_after(stands.now, at_most=stands.left)
            touched = await self._step(stands, by, due)
            waits = await self._come_to_rest({} if touched is None else waits, touched or ())

    async def _due(self, waits: Waits, stands: ClockStands) -> _Due:
        async with snapshots(self._engine).connect() as connection:
            turn = await sandbox.next_turn(connection, self._merchant_id)
            late = await payouts.next_late(connection, self._merchant_id)
        return _Due(waits, None if turn is None else turn + stands.ahead, late)

    async def _step(self, stands: ClockStands, by: timedelta, due: _Due) -> set[str] | None:
        """Let it be later, tell all whom that concerns, and return what goes on by it; None where others did it."""
        ahead, now = stands.ahead + by, stands.now + by
        async with self._engine.begin() as connection:
            if not await merchant_time.move(connection, self._merchant_id, stands.ahead, ahead):
                return None
            keys = await sandbox.let_time_pass(connection, self._merchant_id, by)
            turning = set((await payouts.refunds_of_keys(connection, keys)).values()) if keys else set()
        touched = _waiting_until(due.waits, now) | turning
        is_there = ahead == stands.goes_to

        async def tell(refund_id: str) -> None:
            await _Run(self._client, refund_id).tell(ahead)

        await self._each(await self._open() if is_there else touched, tell)
        if turning:
            await self._until_the_sandbox_has_told()
        if due.late is not None and due.late <= now:
            await tell_some(self._engine)
        return touched

    async def _come_to_rest(self, known: Waits, touched: Iterable[str]) -> Waits:
        """Wait until nothing is going on in these refunds and in those that are new; say until when each waits."""
        found: Waits = {}

        async def look(refund_id: str) -> None:
            found[refund_id] = await self._until_at_rest(refund_id)

        open_now = await self._open()
        await self._each({each for each in open_now if each in touched or each not in known}, look)
        return {each: found.get(each, known.get(each)) for each in open_now}

    async def _until_at_rest(self, refund_id: str) -> datetime | None:
        run, until_s = _Run(self._client, refund_id), time.monotonic() + _AT_REST_WITHIN_S
        while True:
            described = await run.described()
            if described is None:
                return None
            if time.monotonic() > until_s:
                return None
            if _is_at_rest(described):
                until = await run.waits_until()
                if until is None or until > (await self.stands()).now:
                    return until
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _until_the_sandbox_has_told(self) -> None:
        """It tells by webhook what has turned, and where nobody hears it, look-ups find it."""
        until_s = time.monotonic() + _TOLD_WITHIN_S
        while time.monotonic() < until_s:
            async with snapshots(self._engine).connect() as connection:
                if await sandbox.is_told(connection, self._merchant_id):
                    return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _open(self) -> set[str]:
        async with snapshots(self._engine).connect() as connection:
            return await refund_runs.with_a_run(connection, self._merchant_id)

    async def _each(self, refund_ids: Iterable[str], do: Callable[[str], Awaitable[None]]) -> None:
        async def in_turn(refund_id: str) -> None:
            async with self._turns:
                await do(refund_id)

        async with asyncio.TaskGroup() as group:
            for refund_id in refund_ids:
                group.create_task(in_turn(refund_id))


class _Run:
    """The run of a refund at Temporal, which may be over, or may not have begun."""

    def __init__(self, client: Client, refund_id: str) -> None:
        self._handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(workflow_id(refund_id))

    async def tell(self, ahead: timedelta) -> None:
        with _though_there_is_none():
            await self._handle.signal(RefundWorkflow.test_clock, ahead.total_seconds())

    async def described(self) -> DescribeWorkflowExecutionResponse | None:
        """What the server says of it; None where none goes on."""
        with _though_there_is_none():
            described = await self._handle.describe()
            if described.status is WorkflowExecutionStatus.RUNNING:
                return described.raw_description
        return None

    async def waits_until(self) -> datetime | None:
        with _though_there_is_none():
            said = await self._handle.query(RefundWorkflow.waits_until)
            return None if said is None else datetime.fromisoformat(said)
        return None


@contextmanager
def _though_there_is_none() -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _is_at_rest(run: DescribeWorkflowExecutionResponse) -> bool:
    """Whether it only waits: it has no task, and no activity that is under way or will be tried again soon."""
    return not run.HasField("pending_workflow_task") and all(
        each.attempt > _TRIED_IN_VAIN for each in run.pending_activities
    )
