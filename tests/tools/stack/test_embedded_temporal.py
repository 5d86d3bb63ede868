"""The embedded Temporal: workflows that outlive the server, and a first start that can be crashed."""

import asyncio
from pathlib import Path

from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import Priority, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from tests.tools.stack.helpers import eventually, processes_about, supervised
from tests.tools.stack.servers import started_temporal
from tools.stack.data_dir import DataDir
from tools.stack.temporal_server import TemporalServer

MERCHANT_ID = SearchAttributeKey.for_keyword("MerchantId")


async def start_a_refund(server: TemporalServer) -> None:
    client = await Client.connect(server.address, rpc_metadata=server.credentials)
    await client.start_workflow(
        "Refund",
        id="refund-rf_1",
        task_queue="refunds",
        search_attributes=TypedSearchAttributes([SearchAttributePair(MERCHANT_ID, "demo")]),
    )


async def statuses_of_refunds(server: TemporalServer) -> list[WorkflowExecutionStatus | None]:
    client = await Client.connect(server.address, rpc_metadata=server.credentials)
    return [refund.status async for refund in client.list_workflows("MerchantId = 'demo'")]


def test_a_refund_keeps_running_over_a_stop_and_over_a_kill_at_the_same_address(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        before = started_temporal(home_path, supervisor).server
        asyncio.run(start_a_refund(before))
        eventually(lambda: asyncio.run(statuses_of_refunds(before)))

    with supervised(home_path) as supervisor:
        temporal = started_temporal(home_path, supervisor)
        assert temporal.server == before
        assert asyncio.run(statuses_of_refunds(before)) == [WorkflowExecutionStatus.RUNNING]

        supervisor.kill("temporal")
        eventually(lambda: supervisor.restarts("temporal"))
        supervisor.wait_until(temporal.is_ready, "temporal", within_s=120)
        assert asyncio.run(statuses_of_refunds(before)) == [WorkflowExecutionStatus.RUNNING]
    assert processes_about(home_path) == []


def test_a_first_start_that_was_killed_while_it_made_its_tables_is_begun_anew(home_path: Path) -> None:
    with DataDir(home_path).occupied():
        (home_path / "temporal.db").write_bytes(b"half of a database")

    with supervised(home_path) as supervisor:
        assert started_temporal(home_path, supervisor).is_ready()


async def merchants_in_their_turns(server: TemporalServer, crowd: int, others: int) -> list[str]:
    """Start many refunds of one merchant, then one of each other; whose do workers get, one after another?"""
    client = await Client.connect(server.address, rpc_metadata=server.credentials)

    async def start(number: int, merchant: str) -> None:
        turn = Priority(fairness_key=merchant)
        await client.start_workflow("Refund", id=f"rf-{number}", task_queue="turns", priority=turn)

    await asyncio.gather(*(start(number, "crowd") for number in range(crowd)))
    for number in range(crowd, crowd + others):
        await start(number, f"merchant-{number}")
    poll = PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name="turns"))
    polled = [await client.workflow_service.poll_workflow_task_queue(poll) for _ in range(2 * others + 2)]
    return [task.history.events[0].workflow_execution_started_event_attributes.priority.fairness_key for task in polled]


def test_a_merchants_single_refund_does_not_wait_for_the_crowd_of_another(home_path: Path) -> None:
    with supervised(home_path) as supervisor:
        server = started_temporal(home_path, supervisor).server

        turns = asyncio.run(merchants_in_their_turns(server, crowd=40, others=6))

    assert len({merchant for merchant in turns if merchant != "crowd"}) == 6
