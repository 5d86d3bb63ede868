"""What has ended is added up once, whoever does it and whatever becomes of them."""

import asyncio
from collections import Counter
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import tallies
from db.engine import open_engine
from db.tallies import EndTally
from db.whose import of_nobody
from domain.lifecycle import RefundStatus
from tests.shop import IN_TIME_S, Shop
from tools.stack.stack import Stack
from upkeep.tallies import add_up

PLAIN = (RefundStatus.IN_REVIEW, RefundStatus.PAYING_OUT, RefundStatus.RESTORING)


async def looked(engine: AsyncEngine) -> EndTally:
    async with engine.connect() as connection:
        return await tallies.look(connection)


async def until_counted(engine: AsyncEngine, refund_id: str) -> EndTally:
    """Several workers of this test add up as well, and beside them the stack's own."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            await asyncio.gather(*(add_up(engine, at_once=1) for _ in range(3)))
            tally = await looked(engine)
            async with engine.connect() as connection:
                ended_at = await connection.scalar(
                    text("select completed_at from refunds where refund_id = :id"), {"id": refund_id}
                )
            if tally.until and tally.until >= ended_at:
                return tally
            await asyncio.sleep(0.2)


async def test_what_ends_is_added_up_once_however_many_workers_are_at_it(shop: Shop) -> None:
    await add_up(shop.engine)
    before = await looked(shop.engine)
    for number in range(3):
        await shop.order(f"o{number}")
    refunds = [await shop.refund(f"o{number}") for number in range(3)]
    for refund in refunds:
        await shop.until(refund, "completed")

    after = await until_counted(shop.engine, refunds[-1]["refund_id"])

    async with shop.engine.connect() as connection:
        really = await ended_between(connection, before, after)
    assert after.ended - before.ended == really
    assert really["completed"] >= 3
    for stage in PLAIN:
        assert counted(after, stage) - counted(before, stage) >= 3
    assert after.whole.counts.total() - before.whole.counts.total() == really.total()


def counted(tally: EndTally, stage: str) -> int:
    return tally.stages[stage].counts.total() if stage in tally.stages else 0


async def ended_between(connection: AsyncConnection, before: EndTally, after: EndTally) -> Counter[str]:
    query = "select status from refunds where completed_at > :since and completed_at <= :until"
    rows = await connection.execute(text(query), {"since": before.until, "until": after.until})
    return Counter(rows.scalars())


async def test_a_review_that_took_longer_than_its_policy_gives_is_a_breach(shop: Shop) -> None:
    await shop.policy(auto_approve={}, review_sla="PT1S")
    await shop.order()
    await add_up(shop.engine)
    before = await looked(shop.engine)
    refund = await shop.until(await shop.refund(), "needs_attention")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    await shop.until(refund, "completed")

    after = await until_counted(shop.engine, refund["refund_id"])

    assert after.late["in_review"] - before.late["in_review"] == 1


async def test_nothing_is_added_up_that_an_open_transaction_might_still_end(stack: Stack) -> None:
    engine = open_engine(stack.description.database_url, pool_size=2)
    with of_nobody():
        async with engine.begin() as ends:
            began = await ends.scalar(text("select now()"))
            async with engine.connect() as looks:
                before = await tallies.all_before(looks)
        async with asyncio.timeout(IN_TIME_S):
            while True:
                if await all_before(engine) > before:
                    break
                await asyncio.sleep(0.1)
    await engine.dispose()

    assert before <= began - tallies.MAY_BE_UNSEEN


async def all_before(engine: AsyncEngine) -> datetime:
    async with engine.connect() as looks:
        return await tallies.all_before(looks)
