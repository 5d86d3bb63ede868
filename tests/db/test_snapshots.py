"""What one answer shows is of one moment, however much happens between its queries."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, InternalError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import refunds
from db.engine import open_engine, snapshots
from domain.lifecycle import RefundStatus
from tests.shop import Shop
from tools.stack.stack import Stack

_STATUS = text("select status from refunds where refund_id = :refund_id")


async def test_one_connection_reads_of_one_moment(shop: Shop) -> None:
    await shop.order()
    refund_id = (await shop.approved_refund())["refund_id"]
    async with snapshots(shop.engine).connect() as reading:
        before = await reading.scalar(_STATUS, {"refund_id": refund_id})
        async with shop.engine.begin() as writing:
            await refunds.change(writing, refund_id, status=RefundStatus.PAYING_OUT)

        assert await reading.scalar(_STATUS, {"refund_id": refund_id}) == before == "completed"
    async with snapshots(shop.engine).connect() as reading:
        assert await reading.scalar(_STATUS, {"refund_id": refund_id}) == "paying_out"


async def test_it_can_not_write_and_leaves_no_trace_in_the_pool(shop: Shop) -> None:
    await shop.order()
    refund_id = (await shop.approved_refund())["refund_id"]
    async with snapshots(shop.engine).connect() as reading:
        with pytest.raises(InternalError, match="read-only"):
            await refunds.change(reading, refund_id, status=RefundStatus.COMPLETED)

    async with shop.engine.begin() as writing:
        assert await writing.scalar(text("show transaction_isolation")) == "read committed"
        await refunds.change(writing, refund_id, status=RefundStatus.COMPLETED)


_PREPARED = text("select count(*) from pg_prepared_statements where statement like 'select version from policies%'")
_READ = text("select version from policies where merchant_id = :merchant_id")


@pytest.fixture
async def one_connection(stack: Stack) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(stack.description.owner_database_url, pool_size=1)
    yield engine
    await engine.dispose()


async def test_what_only_read_keeps_its_statements_prepared(one_connection: AsyncEngine) -> None:
    async with snapshots(one_connection).connect() as reading:
        await reading.scalar(_READ, {"merchant_id": "m1"})

    async with snapshots(one_connection).connect() as reading:
        assert await reading.scalar(_PREPARED) == 1


async def test_a_read_that_failed_costs_nobody_else_anything(one_connection: AsyncEngine) -> None:
    with pytest.raises(DataError):
        async with snapshots(one_connection).connect() as reading:
            await reading.scalar(text("select 1 / 0"))

    async with snapshots(one_connection).connect() as reading:
        assert await reading.scalar(text("select 1")) == 1


async def test_a_read_that_is_called_off_ends_as_one(one_connection: AsyncEngine) -> None:
    async def read_long() -> None:
        async with snapshots(one_connection).connect() as reading:
            await reading.scalar(text("select pg_sleep(60)"))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await read_long()

    async with snapshots(one_connection).connect() as reading:
        assert await reading.scalar(text("select 1")) == 1


async def test_a_connection_that_died_while_it_read_is_replaced(one_connection: AsyncEngine) -> None:
    with pytest.raises(OperationalError):
        async with snapshots(one_connection).connect() as reading:
            await reading.scalar(text("select pg_terminate_backend(pg_backend_pid())"))

    async with snapshots(one_connection).connect() as reading:
        assert await reading.scalar(text("select 1")) == 1


async def test_a_connection_that_died_after_its_last_read_is_a_database_out_of_reach(
    one_connection: AsyncEngine, engine: AsyncEngine
) -> None:
    """The API answers 503 to that: it was a 500 when the driver's own error came through."""
    with pytest.raises(OperationalError):
        async with snapshots(one_connection).connect() as reading:
            process = await reading.scalar(text("select pg_backend_pid()"))
            async with engine.begin() as elsewhere:
                await elsewhere.execute(text("select pg_terminate_backend(:process)"), {"process": process})

    async with snapshots(one_connection).connect() as reading:
        assert await reading.scalar(text("select 1")) == 1


async def test_a_connection_that_died_while_nobody_used_it_is_replaced_before_it_is_used(
    stack: Stack, engine: AsyncEngine
) -> None:
    one = open_engine(stack.description.owner_database_url, pool_size=1, ping_after_s=0.0)
    async with snapshots(one).connect() as reading:
        process = await reading.scalar(text("select pg_backend_pid()"))
    async with engine.begin() as elsewhere:
        await elsewhere.execute(text("select pg_terminate_backend(:process)"), {"process": process})

    async with one.begin() as writing:
        assert await writing.scalar(text("select pg_backend_pid()")) != process
    await one.dispose()
