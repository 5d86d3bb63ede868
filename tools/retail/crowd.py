"""Many customers at once, each one's wishes one after the other, and somebody who counts."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from rich.progress import Progress

AT_ONCE = 4
SAID_EVERY = 200

Wish = TypeVar("Wish")


class Bar:
    """Shows how far one step is: a bar on a terminal, else a line now and then."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress = progress
        self._what = what
        self._total = total
        self._done = 0
        self._began = time.monotonic()
        self._task = progress.add_task(what, total=total)

    def advance(self) -> None:
        self._done += 1
        self._progress.advance(self._task)
        if not self._progress.console.is_terminal and (self._done % SAID_EVERY == 0 or self._done == self._total):
            after_s = time.monotonic() - self._began
            self._progress.console.print(f"{self._what}: {self._done} of {self._total} after {after_s:.0f} s")


async def serve(
    wishes: Iterable[Wish],
    owner: Callable[[Wish], str],
    serve_one: Callable[[Wish], Awaitable[None]],
    bar: Bar | None = None,
) -> None:
    """Serve at most AT_ONCE owners at a time, the wishes of each in the order given; the first failure ends all.

    Who has most comes first, or in the end everybody waits for them.
    """
    queues: dict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        queues[owner(wish)].append(wish)
    waiting = iter(sorted(queues.values(), key=len, reverse=True))

    async def work_off() -> None:
        for queue in waiting:
            for wish in queue:
                await serve_one(wish)
                if bar is not None:
                    bar.advance()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(work_off())
