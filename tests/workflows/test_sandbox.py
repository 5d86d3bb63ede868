"""The sandbox of workflows forbids what Temporal's own forbids, and leaves out only what nothing here depends on."""

import asyncio
import random
import secrets
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.converter import WithSerializationContext, WorkflowSerializationContext
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


async def test_payloads_are_converted_the_same_in_every_context() -> None:
    converter = (await connect(lazy=True)).data_converter

    assert converter.payload_codec is None
    assert converter.external_storage is None
    assert isinstance(converter.payload_converter, WithSerializationContext)
    context = WorkflowSerializationContext(namespace="default", workflow_id="refund-1")
    assert converter.payload_converter.with_context(context) is converter.payload_converter
    assert not isinstance(converter.failure_converter, WithSerializationContext)
