"""What a worker does again and again beside its tasks: nothing ends silently, and no case stops the others."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from db import keepers
from db.locks import alone
from db.merchant_time import of_merchant_in_time
from db.whose import Everyones, of_everyone
from temporal_client.logs import PASSES, in_one_line

log = logging.getLogger(__name__)

Thing = TypeVar("Thing")

_NOTED_EVERY_S = 10.0
"""Alarms are about minutes: what comes round each second need not write so each time, where there is nothing to do."""


@dataclass(slots=True)
class _Troubles:
    """How often something went wrong that is not noted yet."""

    count: int = 0


_troubles: ContextVar[_Troubles | None] = ContextVar("troubles", default=None)
"""Those of the keeper whose work this is, and of all that it begins."""


class KeeperEnded(Exception):
    """A keeper ended although nobody had stopped it: the worker ends with it, so that both are started again."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Work that is done `every` so often, under a `name` for logs and metrics.

    `work` tells whether it was done: not where another worker is at it.
    """

    name: str
    every: timedelta
    work: Callable[[], Awaitable[bool]]

    async def run(self, engine: AsyncEngine) -> None:
        """Do it again and again, whatever happens in it; note every ten seconds that it was done, and what failed."""
        noted_s, troubles = -math.inf, _Troubles()
        _troubles.set(troubles)
        with of_everyone(Everyones.KEEPERS):
            while True:
                await asyncio.sleep(self.every.total_seconds())
                try:
                    if await self.work() and time.monotonic() - noted_s >= _NOTED_EVERY_S:
                        noted = troubles.count
                        async with engine.begin() as connection:
                            await keepers.note_round(connection, self.name, noted)
                        noted_s, troubles.count = time.monotonic(), troubles.count - noted
                except Exception as trouble:
                    report(f"{self.name}: could not come round, trying again", trouble)


def one_at_a_time(
    engine: AsyncEngine, lock: int, work: Callable[[], Awaitable[object]]
) -> Callable[[], Awaitable[bool]]:
    """Return the `work` of a keeper that does this, unless another worker is at it: whoever holds the `lock`."""

    async def do_it() -> bool:
        async with alone(engine, lock) as is_ours:
            if is_ours:
                await work()
        return is_ours

    return do_it


async def keep(engine: AsyncEngine, those: Iterable[Keeper], until: asyncio.Event) -> None:
    """Run keepers until somebody says so. Raises KeeperEnded where one of them ends before."""
    tasks: list[asyncio.Task[None]] = [asyncio.create_task(each.run(engine), name=each.name) for each in those]
    said = asyncio.create_task(until.wait())
    try:
        await asyncio.wait({said, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                log.critical("keeper %s has ended, and the worker ends with it", task.get_name())
                raise KeeperEnded(task.get_name()) from (None if task.cancelled() else task.exception())
    finally:
        said.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(said, *tasks, return_exceptions=True)


async def each_by_itself(what: str, things: Iterable[Thing], do: Callable[[Thing], Awaitable[object]]) -> None:
    """Do something with each; what goes wrong with one is logged and concerns no other. It comes round again."""
    for thing in things:
        try:
            await do(thing)
        except Exception as trouble:
            report(f"could not {what} {thing}, trying again", trouble)


async def each_of_its_merchant(
    what: str, things: Iterable[Thing], whose: Callable[[Thing], str], do: Callable[[Thing], Awaitable[object]]
) -> None:
    """Likewise, and nothing of another merchant is seen at each, nor their time told."""

    async def do_it(thing: Thing) -> None:
        async with of_merchant_in_time(whose(thing)):
            await do(thing)

    await each_by_itself(what, things, do_it)


def report(what: str, trouble: BaseException) -> None:
    """Log it, what passes by itself in a line, anything else with its traceback; and count it for operations."""
    if (troubles := _troubles.get()) is not None:
        troubles.count += 1
    if isinstance(trouble, PASSES):
        log.warning("%s: %s", what, in_one_line(trouble))
    else:
        log.error(what, exc_info=trouble)
