"""Eight machines, each cut off from the others in turn and heard again, while refunds go on: nothing lost or twice."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from random import Random

import httpx
import pytest

from db.engine import open_engine
from proof.chaos.board import Board
from proof.chaos.operations import Operations
from proof.chaos.plans import make_plans
from proof.chaos.players import Player, set_up
from proof.chaos.run import audit_at_rest, promises_of
from tests.machines.cluster import Cluster, cluster
from tests.machines.lan import Host
from tools.client import Api, Staff, open_http
from tools.stack.keys import MERCHANT_ID, ApiKeys

REFUNDS, SEED = int(os.environ.get("REFUNDS", "42")), int(os.environ.get("SEED", "20261130"))
PATIENCE_S = 900.0
CUT_FOR_S = float(os.environ.get("CUT_FOR_S", "6"))
TOGETHER = int(os.environ.get("TOGETHER", "1"))
"""So many machines are cut off at once; with another seed they are others, in another order."""
BETWEEN_S, EACH_AFTER_S = 2.0, 1.5


@pytest.fixture
def machines() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


async def test_no_refund_is_lost_or_paid_twice_while_machines_are_cut_off(machines: Cluster) -> None:
    engine = open_engine(machines.owner_url, pool_size=3, ping_after_s=0.0)
    async with open_http(machines.api_url("api-1")) as one, open_http(machines.api_url("api-2")) as other:
        staffs = [_staff(machines.keys, http) for http in (one, other)]
        await set_up(staffs[0])
        board = Board(staffs[1].merchant)
        operations = Operations(staffs[0].ops, staffs[0].merchant, board, engine, MERCHANT_ID)
        players = [Player(plan, staffs[plan.number % 2], board) for plan in make_plans(REFUNDS, Random(SEED))]
        beside = [asyncio.create_task(each) for each in (board.run(), operations.run())]
        playing = [asyncio.create_task(_in_turn(number, player)) for number, player in enumerate(players)]
        for trouble in troubles_of(machines):
            await asyncio.sleep(BETWEEN_S)
            with trouble:
                await asyncio.sleep(CUT_FOR_S)
        await asyncio.wait_for(asyncio.gather(*playing), PATIENCE_S)
        findings = await audit_at_rest(engine, promises_of(players), patience_s=PATIENCE_S)
        for task in beside:
            task.cancel()
    await engine.dispose()

    assert machines.ended() == []
    assert (findings.lost, findings.double_payouts, findings.unbalanced, findings.stuck) == ([], [], [], [])
    assert findings.completed > REFUNDS // 2


def troubles_of(machines: Cluster) -> list[AbstractContextManager[None]]:
    """Each machine is cut off once, an API and a worker lose packets, and the other worker sends slowly."""
    hosts = machines.hosts
    order = Random(SEED).sample(list(hosts.values()), len(hosts))
    cuts = [_cut_off(order[place : place + TOGETHER]) for place in range(0, len(order), TOGETHER)]
    return [*cuts, hosts["api-2"].losing(20), hosts["worker-1"].losing(10), hosts["worker-2"].slow(512)]


@contextmanager
def _cut_off(hosts: Sequence[Host]) -> Iterator[None]:
    with ExitStack() as cut:
        for host in hosts:
            cut.enter_context(host.cut_off())
        yield


async def _in_turn(number: int, player: Player) -> None:
    """One begins after the other, so that each trouble finds refunds at every stage."""
    await asyncio.sleep(number * EACH_AFTER_S)
    await player.play()


def _staff(keys: ApiKeys, http: httpx.AsyncClient) -> Staff:
    in_order = (keys.merchant, keys.reviewer, keys.warehouse, keys.ops)
    return Staff(*(Api(http, key, patience_s=PATIENCE_S) for key in in_order))
