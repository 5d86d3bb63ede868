"""Clocks of PostgreSQL, Temporal and the worker differ: no run is replaced, and a real loss is found all the same."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.service import RPCError

from db import sealing
from db.engine import open_engine
from domain import clock
from gateways.sandbox.gateway import SandboxGateway
from tests.conftest import settings_at
from tests.shop import IN_TIME_S, Shop, open_shop
from tests.tools.stack.prepared import prepared_home
from tests.upkeep.scenes import Scene, at, awaiting_return, finish, found, in_review, inspecting, paying_out, woken
from tools.client import Json, Refused, open_http
from tools.stack.programs import MAKEWHOLE
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect
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

    await shop.ops.post(at(refund, "resolution"), {"step": "workflow", "action": "retry"})
    with pytest.raises(Refused, match="409"):
        await shop.ops.post(at(refund, "resolution"), {"step": "workflow", "action": "retry"})
    done = await finish(shop, refund)

    assert done["total"] == 120_000


@pytest.mark.usefixtures("reconciler")
async def test_a_workflow_that_runs_is_not_left_over_where_clocks_differ(shop: Shop) -> None:
    refund = await awaiting_return(shop)
    await by_a_clock_that_differs(shop, refund, 600)

    await end_stale_runs(shop.temporal, shop.engine)
    done = await finish(shop, refund)

    assert done["total"] == 120_000


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """How many seconds the clocks of worker and API are apart from those of the servers, which agree."""
    file = tmp_path_factory.mktemp("clock") / "apart"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def stack_apart(tmp_path_factory: pytest.TempPathFactory, apart: Path) -> Iterator[Stack]:
    on_another_machine = (sys.executable, str(Path(__file__).parent / "stand_ins" / "other_clock.py"), str(apart))
    programs = replace(MAKEWHOLE, worker=(*on_another_machine, "worker"), api=(*on_another_machine, "api"))
    with (
        prepared_home(tmp_path_factory.mktemp("apart")) as home,
        Stack(settings_at(home), runs=programs) as running,
        sealing.using(running.ring),
    ):
        yield running


async def test_where_worker_and_api_have_another_time_no_run_is_replaced_and_a_real_loss_is_found(
    stack_apart: Stack, apart: Path
) -> None:
    """Each time a refund waits, goes on, is lost, and comes to its end; two others wait all the time."""
    engine = open_engine(stack_apart.description.owner_database_url, pool_size=5)
    temporal = await connect(stack_apart.description)
    async with open_http(stack_apart.description.api_url) as http:
        waiting = [
            await _scene_of_its_own(await open_shop(http, engine, temporal), each) for each in (in_review, paying_out)
        ]
        runs = [(await shop.workflow(refund).describe()).run_id for shop, refund in waiting]
        for seconds in APART_S:
            _set(apart, seconds)
            shop, refund = await _scene_of_its_own(await open_shop(http, engine, temporal), awaiting_return)
            await asyncio.sleep(6)  # what is younger is not looked at
            await _look_after(shop, seconds)
            assert not _was_replaced(await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")), seconds
            await shop.workflow(refund).terminate("by mistake")
            await found(shop, refund, Trouble.MISSING)
            await _look_after(shop, seconds)
            done = await finish(shop, refund)
            assert done["total"] == 120_000 and _was_replaced(done), seconds
        assert [(await shop.workflow(refund).describe()).run_id for shop, refund in waiting] == runs
        ends = [await finish(shop, refund) for shop, refund in waiting]
    await engine.dispose()
    assert not any(_was_replaced(done) for done in ends)


@pytest.mark.parametrize(("seconds", "clocks"), [(5, "ok"), (-5, "ok"), (3600, "apart"), (-3600, "apart")])
async def test_an_api_whose_clock_is_wrong_by_an_hour_says_so_and_by_seconds_does_not(
    stack_apart: Stack, apart: Path, seconds: float, clocks: str
) -> None:
    _set(apart, seconds)
    async with open_http(stack_apart.description.api_url) as http:
        answer = await http.get("/readyz")
    _set(apart, 0)

    assert (answer.status_code, answer.json()["clocks"]) == (200, clocks)


async def _scene_of_its_own(shop: Shop, scene: Scene) -> tuple[Shop, Json]:
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    return shop, await scene(shop)


async def _look_after(shop: Shop, seconds: float) -> None:
    """What a worker does every half a minute, on the machine whose clock is apart."""
    with clock.set_to(lambda: datetime.now(UTC) + timedelta(seconds=seconds)):  # noqa: TID251 - the machine's own
        await Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)}).reconcile()
        await woken(shop)


def _set(apart: Path, seconds: float) -> None:
    apart.write_text(str(seconds))


def _was_replaced(shown: Json) -> bool:
    return "revived" in [event["event"] for event in shown["timeline"]]
