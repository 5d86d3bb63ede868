"""Processes that compute what is large, for API and worker alike: on an event loop everybody else would wait for it.

Another process begins when it is first needed, works below the priority of its parent, and ends with it. The work of
one merchant is done there in turn.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

log = logging.getLogger("lanes")

Made = TypeVar("Made")

PROCESSES = 2
"""One for whoever sends many, one for the next."""

LESS_URGENT = 5
"""By so much is the priority of what works at large orders lower: to `nice`, 19 is the lowest there is."""


class Died(Exception):
    """A process ended in the middle of its work; nobody knows how far it came."""


class Processes:
    """Runs functions in other processes, one of each merchant at a time.

    begin: is called there first, before any work. Functions are found by their names, and have to end by themselves.
    """

    def __init__(self, begin: Callable[..., None], *given: Any, processes: int = PROCESSES) -> None:
        self._begin = (begin, given)
        self._processes = processes
        self._pool = self._new_pool()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self, merchant: str, function: Callable[..., Made], *given: Any, until: float | None = None) -> Made:
        """Run a function over there, in the merchant's turn.

        until: by the loop's clock, when it is too late to begin; None is never. Raises TimeoutError then, and Died.
        """
        turn = self._turns.setdefault(merchant, asyncio.Lock())
        async with asyncio.timeout_at(until):
            await turn.acquire()
        loop, pool = asyncio.get_running_loop(), self._pool

        def end_turn(_: object) -> None:
            """The process has ended this work, whether or not somebody still waits for it."""
            with suppress(RuntimeError):  # the loop has ended, and nobody waits for a turn
                loop.call_soon_threadsafe(turn.release)

        try:
            working = pool.submit(function, *given)
        except RuntimeError as broken:  # the pool is closed, or one of its processes died
            turn.release()
            raise self._died(pool) from broken
        working.add_done_callback(end_turn)
        try:
            return await asyncio.wrap_future(working)
        except BrokenProcessPool as broken:
            raise self._died(pool) from broken

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _died(self, pool: ProcessPoolExecutor) -> Died:
        """Work on with another pool, unless somebody else who waited for this one does so already."""
        if pool is self._pool:
            log.error("a process for large orders died; another is started")
            self._pool = self._new_pool()
        return Died("a process for large orders died")

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=self._begin
        )


# In the other process


def _begin(begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    with suppress(OSError):
        os.nice(LESS_URGENT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when this ends
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    begin(*given)


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
