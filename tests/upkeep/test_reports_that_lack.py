"""A settlement report that can't be fetched or read for a day: somebody is told, once."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from db import settlement_reports
from db.reported_refunds import At
from db.whose import of_merchant
from service.gateway_accounts import Gateways
from temporal_client.runner import workflow_runner
from tests.shop import Shop
from upkeep.report_reading import SettlementReports
from workflows.settlement_reports import (
    FETCH,
    READ,
    WORKFLOWS,
    ReportingAccount,
    SettlementOfAccountWorkflow,
    SettlementReportWorkflow,
)


@activity.defn(name=FETCH)
async def fetch_in_vain(_account: ReportingAccount) -> str | None:
    raise ApplicationError("403: the key may not read reports", non_retryable=True)


@activity.defn(name=READ)
async def read_in_vain(_report_id: str) -> str | None:
    raise ApplicationError("nobody thought of this", non_retryable=True)


async def test_operations_are_told_once_that_a_providers_reports_lack(
    shop: Shop, engine: AsyncEngine, temporal: Client
) -> None:
    account = ReportingAccount(shop.merchant_id, "stripe-main")
    async with a_worker(engine, temporal) as queue:
        for day in (1, 2):
            with pytest.raises(WorkflowFailureError):
                await temporal.execute_workflow(
                    SettlementOfAccountWorkflow.run, account, id=f"{queue}-{day}", task_queue=queue
                )

    assert await told(shop) == [
        "What stripe-main has settled so far could not be fetched for a day: 403: the key may not read reports"
    ]


async def test_operations_are_told_once_that_a_report_can_not_be_read(
    shop: Shop, engine: AsyncEngine, temporal: Client
) -> None:
    with of_merchant(shop.merchant_id):
        async with engine.begin() as connection:
            at = At(shop.merchant_id, "sandbox")
            taken = await settlement_reports.accept(connection, at, "stripe", "november.jsonl", one_piece())
    async with a_worker(engine, temporal) as queue:
        for day in (1, 2):
            with pytest.raises(WorkflowFailureError):
                await temporal.execute_workflow(
                    SettlementReportWorkflow.run, taken.report_id, id=f"{queue}-{day}", task_queue=queue
                )

    assert await told(shop) == [
        "Settlement report november.jsonl of sandbox could not be read for a day: nobody thought of this"
    ]


@asynccontextmanager
async def a_worker(engine: AsyncEngine, temporal: Client) -> AsyncIterator[str]:
    """Serve the workflows on a queue of its own, where nothing can be fetched or read; all else is as it is."""
    queue = f"in-vain-{secrets.token_hex(4)}"
    in_vain: dict[str, Callable[..., Any]] = {FETCH: fetch_in_vain, READ: read_in_vain}
    ours = SettlementReports(engine, temporal, Gateways(engine, None, {})).activities
    those = [in_vain.get(getattr(each, "__name__", ""), each) for each in ours]
    async with Worker(
        temporal, task_queue=queue, workflows=WORKFLOWS, activities=those, workflow_runner=workflow_runner()
    ):
        yield queue


async def one_piece() -> AsyncIterator[bytes]:
    yield b"{}"


async def told(shop: Shop) -> list[str]:
    return [each["body"] for each in (await shop.ops.get("/v1/inbox"))["items"]]
