"""The sandbox of workflows forbids what Temporal's own forbids, and leaves out only what nothing here depends on."""

import asyncio
import random
import secrets
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import HeaderCodecBehavior
from temporalio.converter import (
    ActivitySerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError

from domain import clock
from temporal_client.connection import connect
from temporal_client.runner import workflow_runner


@workflow.defn
class Careless:
    @workflow.run
    async def run(self) -> float:
        return random.random()


async def test_a_workflow_that_is_not_deterministic_is_stopped(temporal: Client) -> None:
    id_ = f"careless-{secrets.token_hex(4)}"
    async with Worker(
        temporal,
        task_queue=id_,
        workflows=[Careless],
        workflow_runner=workflow_runner(),
        workflow_failure_exception_types=[RestrictedWorkflowAccessError],
    ):
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal.execute_workflow(Careless.run, id=id_, task_queue=id_)

    assert "random.random" in str(failed.value.cause)


@workflow.defn
class AsksForTheTime:
    @workflow.run
    async def run(self) -> bool:
        at_once = clock.now() == workflow.now()
        return at_once and await asyncio.create_task(self._later())

    async def _later(self) -> bool:
        await workflow.sleep(timedelta(milliseconds=10))
        return clock.now() == workflow.now()


async def test_whatever_a_workflow_calls_is_told_the_time_of_the_workflow(temporal: Client) -> None:
    id_ = f"asks-for-the-time-{secrets.token_hex(4)}"
    async with Worker(temporal, task_queue=id_, workflows=[AsksForTheTime], workflow_runner=workflow_runner()):
        is_its_own = await temporal.execute_workflow(AsksForTheTime.run, id=id_, task_queue=id_)

    assert is_its_own


async def test_payloads_depend_on_their_workflow_and_on_nothing_else_of_their_context() -> None:
    client = await connect({"k1": secrets.token_bytes(32)}, lazy=True)
    converter = client.data_converter
    of_a_workflow = WorkflowSerializationContext("default", "refund-1")
    of_its_step = ActivitySerializationContext(
        "default", "7", "pay_out", "refunds", "refund-1", "Refund", is_local=True
    )
    by_the_workflow, by_the_step = (converter.with_context(each) for each in (of_a_workflow, of_its_step))

    assert await by_the_step.decode(await by_the_workflow.encode(["said"])) == ["said"]
    assert await by_the_workflow.decode(await by_the_step.encode(["done"])) == ["done"]
    assert client.config(active_config=True)["header_codec_behavior"] is HeaderCodecBehavior.CODEC
    assert converter.external_storage is None
    assert isinstance(converter.payload_converter, WithSerializationContext)
    assert converter.payload_converter.with_context(of_a_workflow) is converter.payload_converter
    assert not isinstance(converter.failure_converter, WithSerializationContext)
