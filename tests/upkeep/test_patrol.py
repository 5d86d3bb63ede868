"""Open refunds are compared with their workflows a page each round, so that a round costs the same with many."""

import asyncio

from temporalio.client import WorkflowExecutionStatus

from tests.shop import IN_TIME_S, Shop
from tools.client import Json
from upkeep.missing import Lost, Patrol

PAGES = 3


async def test_a_patrol_goes_on_where_it_stopped_and_comes_round_to_every_lost_refund(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order()
    refund = await shop.until(await shop.refund(), "in_review")
    page = await open_refunds(shop) // PAGES + 1  # those of other tests are open too
    patrol = Patrol(shop.temporal, shop.engine, page=page)
    await shop.workflow(refund).terminate("by hand")

    async with asyncio.timeout(IN_TIME_S):
        while True:
            if await runs(shop, refund) or refund["refund_id"] in await found_by(patrol, shop, page):
                return
            await asyncio.sleep(0.5)


async def runs(shop: Shop, refund: Json) -> bool:
    """The worker's own reconciler was quicker."""
    return (await shop.workflow(refund).describe()).status is WorkflowExecutionStatus.RUNNING


async def found_by(patrol: Patrol, shop: Shop, page: int) -> set[str]:
    """Go round once, in as many rounds as there are pages."""
    pages = await open_refunds(shop) // page + 1
    return {lost.refund_id for _ in range(pages) for lost in await a_round(patrol)}


async def a_round(patrol: Patrol) -> list[Lost]:
    return [lost async for lost in patrol.each_lost()]


async def open_refunds(shop: Shop) -> int:
    async with shop.engine.connect() as connection:
        counted = await connection.exec_driver_sql("select count(*) from refunds where completed_at is null")
        return int(counted.scalar_one())
