"""One run: refunds are started as the kills go on, so that every kill finds refunds in flight."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import open_engine
from proof.chaos.auditor import Findings, audit
from proof.chaos.board import Board
from proof.chaos.killer import PARTS, Killer
from proof.chaos.older_copy import Restorer
from proof.chaos.operations import Operations
from proof.chaos.plans import make_plans
from proof.chaos.players import Player, Promise, set_up
from proof.chaos.restores import Restores
from tools.client import Api, Staff, open_http
from tools.stack.keys import MERCHANT_ID, ApiKeys
from tools.stack.stack import Stack

_PATIENCE_S = 3600.0
_AFTER_THE_LAST_KILL_S = 900.0
_AT_ONCE = 24
_BOOKS_ARE_COMPARED_S, _COME_TO_REST_S, _AUDIT_EVERY_S = 720.0, 120.0, 5.0
_STEPS_OF_A_REFUND = 4
_IN_FLIGHT = 60
_LOOKS = 60


@dataclass(frozen=True, slots=True)
class Scale:
    refunds: int
    kills: int
    seed: int
    restores: int = 0
    pg_restores: int = 0

    @property
    def goes_back(self) -> bool:
        return bool(self.restores or self.pg_restores)

    @property
    def in_flight(self) -> int:
        """So many are ahead of the kills, and few enough that some are asked for after a copy was taken."""
        return min(_IN_FLIGHT, max(1, self.refunds // 3))

    @property
    def steps_between_kills(self) -> int:
        """So many that the kills are spread over all of the work."""
        return _STEPS_OF_A_REFUND * self.refunds // max(1, self.kills)


@dataclass(slots=True)
class ChaosRun:
    """`asked_again` counts refunds that were accepted and then unknown, `answers` what operations said by hand."""

    findings: Findings
    kills: dict[str, int]
    restarts: int
    seconds: float
    asked_again: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


async def run(stack: Stack, scale: Scale, say: Callable[[str], None]) -> ChaosRun:
    began, dice = time.monotonic(), Random(scale.seed)
    engine = open_engine(stack.description.owner_database_url, pool_size=5)
    killer = Killer(stack, engine, dice, most=scale.kills, steps=scale.steps_between_kills)
    async with open_http(stack.description.api_url, at_once=_AT_ONCE) as http:
        keys = stack.description.keys
        staff = Staff(*(Api(http, key, patience_s=_PATIENCE_S) for key in _in_order(keys)))
        await set_up(staff)
        board, restores = Board(staff.merchant), Restores()
        operations = Operations(staff.ops, staff.merchant, board, engine, MERCHANT_ID)
        players = [Player(plan, staff, board) for plan in make_plans(scale.refunds, Random(scale.seed))]
        killing = killer.run(lambda: say(_line(killer, scale, players, board)))
        async with _meanwhile(board.run(), operations.run(), killing) as troubles:
            restorer = Restorer(stack, board, restores)
            restoring = asyncio.create_task(restorer.run(killer, scale.restores, scale.pg_restores, scale.kills))
            playing = await _begin_all(players, restores, killer, scale)
            await restoring
            troubles += await _end_all(playing)
    troubles += killer.never_reached
    promises = promises_of(players)
    patience_s = _BOOKS_ARE_COMPARED_S if scale.goes_back else _COME_TO_REST_S
    findings = await audit_at_rest(engine, promises, patience_s=patience_s)
    await engine.dispose()
    return ChaosRun(
        findings,
        dict(killer.kills),
        sum(stack.restarts(part) for part in PARTS),
        time.monotonic() - began,
        sum(len(promise.forgotten) for promise in promises),
        dict(operations.answers),
        troubles,
    )


@asynccontextmanager
async def _meanwhile(*going_on: Coroutine[Any, Any, None]) -> AsyncIterator[list[str]]:
    """Let these go on for the length of an `async with`; what ends one of them is a trouble."""
    tasks, troubles = [asyncio.create_task(each) for each in going_on], list[str]()
    try:
        yield troubles
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        troubles += [repr(each) for each in ended if isinstance(each, Exception)]


async def _begin_all(
    players: Sequence[Player], restores: Restores, killer: Killer, scale: Scale
) -> "list[asyncio.Task[None]]":
    """Start plans some way ahead of the kills, until the last kill."""
    playing: list[asyncio.Task[None]] = []
    for number, player in enumerate(players):
        await killer.until((number - scale.in_flight) * scale.kills // scale.refunds)
        playing.append(asyncio.create_task(restores.in_spite_of_them(player.play)))
    await killer.until(scale.kills)
    return playing


async def _end_all(playing: "list[asyncio.Task[None]]") -> list[str]:
    """Wait for them; returns what went wrong beyond a kill."""
    _, late = await asyncio.wait(playing, timeout=_AFTER_THE_LAST_KILL_S)
    for task in late:
        task.cancel()
    outcomes = await asyncio.gather(*playing, return_exceptions=True)
    unseen = [f"{len(late)} plans were not seen to their end"] if late else []
    return unseen + [repr(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


def promises_of(players: Sequence[Player]) -> list[Promise]:
    return [player.promise for player in players if player.promise is not None]


async def audit_at_rest(engine: AsyncEngine, promises: list[Promise], *, patience_s: float) -> Findings:
    """Audit the books once all is at rest: what waited for people goes on as soon as they have answered.

    What a provider told of a refund that was over is forgotten with the copy; it is found where books are compared.
    """
    deadline = time.monotonic() + patience_s
    while True:
        findings = await _audit_once(engine, promises)
        may_heal = (findings.lost or findings.stuck) and not (findings.double_payouts or findings.unbalanced)
        if not may_heal or time.monotonic() > deadline:
            return findings
        await asyncio.sleep(_AUDIT_EVERY_S)


async def _audit_once(engine: AsyncEngine, promises: list[Promise]) -> Findings:
    """Audit the books, once Postgres is back from the last kill."""
    for _ in range(_LOOKS):
        try:
            return await audit(engine, promises)
        except OperationalError:
            await asyncio.sleep(1.0)
    return await audit(engine, promises)


def _in_order(keys: ApiKeys) -> tuple[str, str, str, str]:
    return keys.merchant, keys.reviewer, keys.warehouse, keys.ops


def _line(killer: Killer, scale: Scale, players: Sequence[Player], board: Board) -> str:
    accepted = len(promises_of(players))
    over = sum(refund["completed_at"] is not None for refund in board.refunds.values())
    return f"{killer.done} of {scale.kills} kills, {accepted} of {scale.refunds} refunds accepted, {over} over"
