"""Kills: the parts of the stack at random moments, and workers at the points around their side effects."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from chaos.points import Point
from stack.stack import Stack

PARTS = {"api": 12, "temporal": 8, "postgres": 8, "provider": 4, "worker": 9, "worker-2": 9}
_AIMED = 50  # of a hundred kills
_LOOK_EVERY_S, _LOOKS = 0.1, 40


class Killer:
    """Kills `most` times, `pause_s` apart on average; `kills` counts by part, or by point where it was aimed."""

    def __init__(self, stack: Stack, request: Path, dice: Random, *, most: int, pause_s: float) -> None:
        self.kills: Counter[str] = Counter()
        self._stack = stack
        self._request = request
        self._dice = dice
        self._most = most
        self._pause_s = pause_s
        self._struck = asyncio.Condition()

    @property
    def done(self) -> int:
        return self.kills.total()

    async def until(self, kills: int) -> None:
        """Wait until this many were killed, or all that are to be."""
        async with self._struck:
            await self._struck.wait_for(lambda: self.done >= min(kills, self._most))

    async def run(self, progress: Callable[[], None]) -> None:
        while self.done < self._most:
            await asyncio.sleep(self._dice.uniform(0.5, 1.5) * self._pause_s)
            if self._dice.randrange(sum(PARTS.values()) + _AIMED) < _AIMED:
                await self._aim(self._dice.choice(list(Point)))
            else:
                await self._strike()
            progress()
            async with self._struck:
                self._struck.notify_all()

    async def _strike(self) -> None:
        (part,) = self._dice.choices(list(PARTS), weights=list(PARTS.values()))
        await asyncio.to_thread(self._stack.kill, part)
        self.kills[part] += 1

    async def _aim(self, point: Point) -> None:
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
        except FileNotFoundError:
            self.kills[f"at {point}"] += 1
