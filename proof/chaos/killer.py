"""Kills: the parts of the stack at random moments, and workers at the points around their side effects."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from proof.chaos.crash_points import CrashPoint
from tools.stack.stack import Stack

PARTS = {"api": 12, "temporal": 8, "postgres": 8, "provider": 4, "worker": 9, "worker-2": 9}
_AIMED = 50  # of a hundred kills
_LOOK_EVERY_S, _LOOKS = 0.1, 40
_LOOK_AT_WORK_EVERY_S, _LOOKS_AT_WORK = 0.25, 40
_MOMENT_S = 1.0
_ENOUGH = 5

CRASH_AT = "crash-at"
"""The file in the home in which a worker is asked to die (`proof/chaos/crash_points.py`)."""


class Killer:
    """Kills `most` times, each a random moment after `steps` more steps of refunds were done.

    A part that is killed before it has come back teaches nothing, and kills in step with the work hit all of it.
    `kills` counts by part, or by point where it was aimed; `in_vain` how often nobody came to a point in time.
    """

    def __init__(self, stack: Stack, engine: AsyncEngine, dice: Random, *, most: int, steps: int) -> None:
        self.kills: Counter[str] = Counter()
        self.in_vain: Counter[CrashPoint] = Counter()
        self._stack = stack
        self._engine = engine
        self._request = stack.home.path / CRASH_AT
        self._dice = dice
        self._most = self._allowed = most
        self._steps = steps
        self._struck = asyncio.Condition()

    @property
    def done(self) -> int:
        return self.kills.total()

    async def until(self, kills: int) -> None:
        """Wait until this many were killed, or all that are to be."""
        async with self._struck:
            await self._struck.wait_for(lambda: self.done >= min(kills, self._most))

    async def allow(self, kills: int) -> None:
        """Stop at this many until more are allowed."""
        async with self._struck:
            self._allowed = kills
            self._struck.notify_all()

    async def run(self, progress: Callable[[], None]) -> None:
        while self.done < self._most:
            async with self._struck:
                await self._struck.wait_for(lambda: self.done < self._allowed)
            await self._until_refunds_go_on()
            await asyncio.sleep(self._dice.uniform(0, _MOMENT_S))
            if self._dice.randrange(sum(PARTS.values()) + _AIMED) < _AIMED:
                await self._aim(self._dice.choice(list(CrashPoint)))
            else:
                await self._strike()
            progress()
            async with self._struck:
                self._struck.notify_all()

    async def _until_refunds_go_on(self) -> None:
        seen = await self._steps_done()
        for _ in range(_LOOKS_AT_WORK):
            await asyncio.sleep(_LOOK_AT_WORK_EVERY_S)
            done = await self._steps_done()
            if seen is not None and done is not None and done >= seen + self._steps:
                return
            seen = done if seen is None else seen

    async def _steps_done(self) -> int | None:
        """Count the steps of all refunds; None while Postgres does not answer."""
        try:
            async with self._engine.connect() as books:
                return int((await books.execute(text("select count(*) from steps"))).scalar_one())
        except (SQLAlchemyError, OSError):
            return None

    async def _strike(self) -> None:
        (part,) = self._dice.choices(list(PARTS), weights=list(PARTS.values()))
        await asyncio.to_thread(self._stack.kill, part)
        self.kills[part] += 1

    async def _aim(self, point: CrashPoint) -> None:
        """Have the first worker that comes to this point die there; nobody may come, then nobody dies."""
        draft = self._request.with_suffix(".draft")
        draft.write_text(point)
        draft.rename(self._request)
        for _ in range(_LOOKS):
            await asyncio.sleep(_LOOK_EVERY_S)
            if not self._request.exists():
                break
        try:
            self._request.unlink()
            self.in_vain[point] += 1
        except FileNotFoundError:
            self.kills[f"at {point}"] += 1

    @property
    def never_reached(self) -> list[str]:
        """Points at which workers were asked to die so often that one would have, if there were such a point."""
        asked = [point for point, times in self.in_vain.items() if times >= _ENOUGH]
        return [f"no worker ever came to the point {point!r}" for point in asked if not self.kills[f"at {point}"]]
