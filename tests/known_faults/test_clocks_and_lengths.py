"""B1, B7: a clock that differs, and a history that grows for months."""

import asyncio

import pytest

from db.api_keys import Role
from reconciliation.lost import Trouble, find_lost
from reconciliation.reconciler import Reconciler
from showcase.client import Json
from tests.reconciliation.scenes import at, awaiting_return, paying_out
from tests.shop import IN_TIME_S, Shop

SUGGESTED_FROM = 4_096
"""How many events a history has when Temporal suggests to continue as new, unless the server is told otherwise."""


async def by_a_clock_that_is_ahead(shop: Shop, refund: Json, seconds: float) -> None:
    """Postgres notes what was done at a later time than Temporal."""
    async with shop.engine.begin() as connection:
        ahead = "update steps set at = at + make_interval(secs => %s) where refund_id = %s"
        await connection.exec_driver_sql(ahead, (seconds, refund["refund_id"]))


@pytest.mark.usefixtures("reconciler")
async def test_b1_a_refund_that_waits_is_not_behind_where_postgres_clock_is_ahead(shop: Shop) -> None:
    """Right: numbers are compared, or times of one clock, never of two. Today 1.5 seconds make every waiting refund
    one that is behind, and its run is replaced.
    """
    refund = await awaiting_return(shop)
    await asyncio.sleep(6)
    await by_a_clock_that_is_ahead(shop, refund, 1.5)

    lost = {each.refund_id: each.trouble for each in await find_lost(shop.temporal, shop.engine)}
    events = [each["event"] for each in (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["timeline"]]

    assert lost.get(refund["refund_id"]) is not Trouble.BEHIND and "revived" not in events


async def test_b1_the_call_for_help_of_a_workflow_that_runs_can_be_answered(shop: Shop, reconciler: Reconciler) -> None:
    """Right: every call for help can be answered. Today the step `workflow` of a refund whose workflow runs is 503
    however often it is answered.
    """
    refund = await awaiting_return(shop)
    await by_a_clock_that_is_ahead(shop, refund, 3_600)
    await asyncio.sleep(6)
    async with asyncio.timeout(4 * IN_TIME_S):
        while (await shop.ops.get(f"/v1/refunds/{refund['refund_id']}"))["needs_attention"] is None:
            await reconciler.revive_lost()
            await asyncio.sleep(1)

    answers = []
    for _ in range(3):
        answer = await shop.raw(
            Role.OPS, "POST", at(refund, "resolution"), json={"step": "workflow", "action": "retry"}
        )
        answers.append(answer.status_code)
        await asyncio.sleep(2)

    assert 200 in answers


@pytest.mark.usefixtures("reconciler")
async def test_b7_a_refund_whose_history_has_grown_long_goes_on_in_a_new_one(shop: Shop) -> None:
    """Right: at every wait the workflow continues as new where Temporal suggests it. Today it never does: a payout
    that is looked up hourly for months ends at the server's limit.
    """
    refund = await paying_out(shop)
    handle = shop.workflow(refund)
    run = (await handle.describe()).run_id
    news = {"payment_id": "p1", "status": "pending"}
    while (await handle.describe()).history_length < SUGGESTED_FROM + 100:
        await asyncio.gather(*(handle.signal("payout_news", news) for _ in range(100)))

    async with asyncio.timeout(IN_TIME_S):
        while (await handle.describe()).run_id == run:  # noqa: ASYNC110
            await asyncio.sleep(1)
