"""One run: refunds are started as the kills go on, so that every kill finds refunds in flight."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import open_engine
from proof.chaos.auditor import Findings, audit
from proof.chaos.board import Board
from proof.chaos.killer import PARTS, Killer
from proof.chaos.older_copy import restore_now_and_then
from proof.chaos.plans import Plan, make_plans
from proof.chaos.players import Promise, Staff, play, set_up
from tools.client import Api, open_http
from tools.stack.keys import ApiKeys
from tools.stack.stack import Stack

_PATIENCE_S = 3600.0
_AFTER_THE_LAST_KILL_S = 900.0
_AT_ONCE = 24
_STEPS_OF_A_REFUND = 4
_IN_FLIGHT = 60
_LOOKS = 60


@dataclass(frozen=True, slots=True)
class Scale:
    refunds: int
    kills: int
    seed: int
    restores: int = 0

    @property
    def steps_between_kills(self) -> int:
        """So many that the kills are spread over all of the work."""
        return _STEPS_OF_A_REFUND * self.refunds // max(1, self.kills)


@dataclass(slots=True)
class ChaosRun:
    findings: Findings
    kills: dict[str, int]
    restarts: int
    seconds: float
    troubles: list[str] = field(default_factory=list)


async def run(stack: Stack, scale: Scale, say: Callable[[str], None]) -> ChaosRun:
    began, dice = time.monotonic(), Random(scale.seed)
    engine = open_engine(stack.description.database_url, pool_size=5)
    killer = Killer(stack, engine, dice, most=scale.kills, steps=scale.steps_between_kills)
    promises: list[Promise] = []
    async with open_http(stack.description.api_url, at_once=_AT_ONCE) as http:
        keys = stack.description.keys
        staff = Staff(*(Api(http, key, patience_s=_PATIENCE_S) for key in _in_order(keys)))
        await set_up(staff)
        board = Board(staff.merchant)
        looking = asyncio.create_task(board.run())
        plans = make_plans(scale.refunds, Random(scale.seed))
        killing = asyncio.create_task(killer.run(lambda: say(_line(killer, scale, promises, board))))
        restoring = asyncio.create_task(restore_now_and_then(stack, killer, times=scale.restores, kills=scale.kills))
        playing = await _begin_all(plans, staff, board, promises, killer, scale)
        await restoring
        troubles = await _end_all(playing)
        killing.cancel()
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    findings = await _audit(engine, promises)
    await engine.dispose()
    restarts = sum(stack.restarts(part) for part in PARTS)
    return ChaosRun(findings, dict(killer.kills), restarts, time.monotonic() - began, troubles)


async def _begin_all(
    plans: list[Plan], staff: Staff, board: Board, promises: list[Promise], killer: Killer, scale: Scale
) -> "list[asyncio.Task[None]]":
    """Start plans some way ahead of the kills, until the last kill."""
    playing: list[asyncio.Task[None]] = []
    for plan in plans:
        await killer.until((plan.number - _IN_FLIGHT) * scale.kills // scale.refunds)
        playing.append(asyncio.create_task(play(plan, staff, board, promises)))
    await killer.until(scale.kills)
    return playing


async def _end_all(playing: "list[asyncio.Task[None]]") -> list[str]:
    """Wait for them; returns what went wrong beyond a kill."""
    _, late = await asyncio.wait(playing, timeout=_AFTER_THE_LAST_KILL_S)
    for task in late:
        task.cancel()
    outcomes = await asyncio.gather(*playing, return_exceptions=True)
    return [repr(outcome) for outcome in outcomes if isinstance(outcome, Exception)]


async def _audit(engine: AsyncEngine, promises: list[Promise]) -> Findings:
    """Audit the books, once Postgres is back from the last kill."""
    for _ in range(_LOOKS):
        try:
            return await audit(engine, promises)
        except OperationalError:
            await asyncio.sleep(1.0)
    return await audit(engine, promises)


def _in_order(keys: ApiKeys) -> tuple[str, str, str, str]:
    return keys.merchant, keys.reviewer, keys.warehouse, keys.ops


def _line(killer: Killer, scale: Scale, promises: list[Promise], board: Board) -> str:
    over = sum(refund["completed_at"] is not None for refund in board.refunds.values())
    return f"{killer.done} of {scale.kills} kills, {len(promises)} of {scale.refunds} refunds accepted, {over} over"
