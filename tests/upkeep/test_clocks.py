"""Clocks of PostgreSQL, Temporal and the worker differ: no run is replaced, and a real loss is found all the same."""

import asyncio
from contextlib import suppress

import pytest
from temporalio.service import RPCError

from db.api_keys import Role
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import Scene, at, awaiting_return, finish, found, in_review, inspecting, paying_out
from tools.client import Json
from upkeep.missing import Lost, Trouble, find_lost
from upkeep.reconciler import Reconciler
from upkeep.stale_runs import end_stale_runs

APART_S = [-600.0, -10.0, -1.0, 1.0, 10.0, 600.0]


async def by_a_clock_that_differs(shop: Shop, refund: Json, seconds: float) -> None:
    """Postgres notes what was done at another time than Temporal."""
    async with shop.engine.begin() as connection:
        for sentence in (
            "update steps set at = at + make_interval(secs => %s) where refund_id = %s",
            "update payouts set updated_at = updated_at + make_interval(secs => %s) where refund_id = %s",
            "update words set noted_at = noted_at + make_interval(secs => %s) where refund_id = %s",
        ):
            await connection.exec_driver_sql(sentence, (seconds, refund["refund_id"]))


@pytest.mark.usefixtures("reconciler")
@pytest.mark.parametrize("scene", [in_review, awaiting_return, inspecting, paying_out])
async def test_a_refund_that_waits_is_not_lost_where_clocks_differ(shop: Shop, scene: Scene) -> None:
    refund = await scene(shop)
    run = (await shop.workflow(refund).describe()).run_id
    await asyncio.sleep(6)

    lost: list[Lost] = []
    for seconds in APART_S:
        await by_a_clock_that_differs(shop, refund, seconds)
        lost += await find_lost(shop.temporal, shop.engine, refund_id=refund["refund_id"])

    assert lost == []
    assert (await shop.workflow(refund).describe()).run_id == run


async def test_a_refund_that_is_lost_is_found_where_clocks_differ(shop: Shop, reconciler: Reconciler) -> None:
    refund = await awaiting_return(shop)
    await by_a_clock_that_differs(shop, refund, -600)
    await shop.workflow(refund).terminate("by mistake")

    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    done = await finish(shop, refund)

    assert done["total"] == 120_000


async def test_a_refund_whose_workflow_was_lost_again_and_again_can_be_answered_while_it_runs(
    shop: Shop, reconciler: Reconciler
) -> None:
    """Every call for help can be answered: where its workflow runs by now, nobody is needed any more."""
    refund = await awaiting_return(shop)
    async with asyncio.timeout(4 * IN_TIME_S):
        while (await shop.ops.get(f"/v1/refunds/{refund['refund_id']}"))["needs_attention"] is None:
            with suppress(RPCError):  # the worker's own reconciler may be quicker
                await shop.workflow(refund).terminate("again")
            await reconciler.revive_lost()

    answers = [
        await shop.raw(Role.OPS, "POST", at(refund, "resolution"), json={"step": "workflow", "action": "retry"})
        for _ in range(2)
    ]
    done = await finish(shop, refund)

    assert [each.status_code for each in answers] == [200, 409], [each.text for each in answers]
    assert done["total"] == 120_000


@pytest.mark.usefixtures("reconciler")
async def test_a_workflow_that_runs_is_not_left_over_where_clocks_differ(shop: Shop) -> None:
    refund = await awaiting_return(shop)
    await by_a_clock_that_differs(shop, refund, 600)

    await end_stale_runs(shop.temporal, shop.engine)
    done = await finish(shop, refund)

    assert done["total"] == 120_000
