"""The drill: a saga that changes while refunds are under way goes on with `workflow.patched`, and not without."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker
from temporalio.workflow import NondeterminismError

from tests.shop import IN_TIME_S
from tools.in_clear import history_of

SAID: list[str] = []


@activity.defn
async def say(what: str) -> None:
    SAID.append(what)


async def _say(what: str) -> None:
    await workflow.execute_activity(say, what, start_to_close_timeout=timedelta(minutes=3))


@workflow.defn(name="SmallRefund")
class Before:
    """Pays, waits for the parcel, thanks."""

    def __init__(self) -> None:
        self._has_arrived = False

    @workflow.run
    async def run(self) -> None:
        await _say("paid")
        await workflow.wait_condition(lambda: self._has_arrived)
        await _say("thanks")

    @workflow.signal
    def arrive(self) -> None:
        self._has_arrived = True


@workflow.defn(name="SmallRefund")
class After(Before):
    """The same, but new refunds are told of the payout before they wait."""

    @workflow.run
    async def run(self) -> None:
        await _say("paid")
        if workflow.patched("tell-of-the-payout"):
            await _say("told")
        await workflow.wait_condition(lambda: self._has_arrived)
        await _say("thanks")

    @workflow.signal
    def arrive(self) -> None:
        self._has_arrived = True


@workflow.defn(name="SmallRefund")
class Careless(Before):
    """The same change without a patch."""

    @workflow.run
    async def run(self) -> None:
        await _say("paid")
        await _say("told")
        await workflow.wait_condition(lambda: self._has_arrived)
        await _say("thanks")

    @workflow.signal
    def arrive(self) -> None:
        self._has_arrived = True


@asynccontextmanager
async def working(temporal: Client, queue: str, version: type) -> AsyncIterator[None]:
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[version],
        activities=[say],
        workflow_runner=runner,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
    ):
        yield


async def a_refund_that_waits(temporal: Client, queue: str) -> WorkflowHandle[Before, None]:
    """Begun by the old version, which is then taken away."""
    SAID.clear()
    async with working(temporal, queue, Before):
        handle = await temporal.start_workflow(Before.run, id=f"small-{secrets.token_hex(6)}", task_queue=queue)
        await until_it_waits(handle)
    return handle


async def until_it_waits(handle: WorkflowHandle[Before, None]) -> None:
    """Wait until Temporal knows that it has paid, and that it has gone on from there."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            kinds = Counter([event.event_type async for event in handle.fetch_history_events()])
            if kinds[EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED] >= 2:
                return
            await asyncio.sleep(0.1)


async def test_an_old_refund_is_finished_by_the_new_version_as_it_was_begun(temporal: Client) -> None:
    queue = f"drill-{secrets.token_hex(6)}"
    old = await a_refund_that_waits(temporal, queue)

    async with working(temporal, queue, After):
        await old.signal("arrive")
        await old.result()
        assert SAID == ["paid", "thanks"]

        new = await temporal.start_workflow(After.run, id=f"small-{secrets.token_hex(6)}", task_queue=queue)
        await new.signal("arrive")
        await new.result()

    assert SAID == ["paid", "thanks", "paid", "told", "thanks"]


async def test_the_same_change_without_a_patch_breaks_the_old_refund(temporal: Client) -> None:
    queue = f"drill-{secrets.token_hex(6)}"
    old = await a_refund_that_waits(temporal, queue)
    async with working(temporal, queue, Before):
        await old.signal("arrive")
        await old.result()
    replayer = Replayer(workflows=[Careless], workflow_runner=UnsandboxedWorkflowRunner())

    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(await history_of(temporal, old))
