"""One measurement: so many callers, each with one thing at a time, until all is done; and who used the cores."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from proof.bench import machine
from proof.bench.refunding import Times
from proof.bench.summary import Key, Sample


@dataclass(frozen=True, slots=True)
class Scene:
    """What is measured: `prepare` makes so many things, `do` does one of them and tells how long its parts took."""

    name: str
    callers: int
    count: int
    prepare: Callable[[int], Awaitable[list[str]]]
    do: Callable[[str], Awaitable[Times]]

    @property
    def key(self) -> Key:
        return self.name, self.callers


async def measure(scene: Scene, count: int | None = None, *, below: int | None = None) -> Sample:
    """Play a scene; with `count` another number of times, to warm everything up.

    below: the process below which those are who do it; this one where it is None.
    """
    ancestor = below or os.getpid()
    pieces = await scene.prepare(count or scene.count)
    used, busy, began = machine.used_s(ancestor), machine.busy_s(), time.perf_counter()
    taken = await _by_callers(scene.callers, pieces, scene.do)
    lasted = time.perf_counter() - began
    busy, used_after = machine.busy_s() - busy, machine.used_s(ancestor)
    spent = {name: seconds - used[name] for name, seconds in used_after.items() if not name.endswith("_waited")}
    return Sample(
        per_s=len(pieces) / lasted,
        times={part: [times[part] * 1_000 for times in taken] for part in taken[0]},
        cpu_ms={name: seconds / len(pieces) * 1_000 for name, seconds in spent.items()},
        others=max(busy - sum(spent.values()), 0.0) / lasted,
    )


async def in_turns(sides: Sequence[Callable[[], Awaitable[dict[Key, Sample]]]], wanted: int) -> list[dict[Key, Sample]]:
    """Let the sides play in so many rounds, the first of one round being the last of the next."""
    rounds: list[dict[Key, Sample]] = []
    for number in range(wanted):
        rounds.append({})
        for play in sides if number % 2 else sides[::-1]:
            rounds[-1] |= await play()
    return rounds


async def _by_callers(callers: int, pieces: list[str], do: Callable[[str], Awaitable[Times]]) -> list[Times]:
    left, taken = iter(pieces), list[Times]()

    async def call() -> None:
        for piece in left:
            taken.append(await do(piece))

    await asyncio.gather(*(call() for _ in range(callers)))
    return taken
