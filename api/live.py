"""Refunds as they happen: whoever watches one is woken when PostgreSQL tells that something happened to it.

Watching costs no statement while nothing happens. One connection hears for the whole process; it is opened with the
first who watches. Whenever it was lost, all who watch look for what they have missed.
"""

import asyncio
import logging
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from db.api_keys import Caller
from db.channels import listen
from db.journal import NEWS_OF_REFUNDS

log = logging.getLogger("api")

MOST_WATCHING = 5_000
"""So many may watch in one process; each is a connection that is open."""

MOST_OF_CUSTOMER = 20
"""So many streams of one customer, with all keys and sessions: a page is one."""

_LEFT_TO_OTHERS = 10
"""One of so many places is never of the merchant who has all others."""

LOOKS_AT_ONCE = 4
"""So many who watch read what has happened at one time, by the connections of all requests: where thousands are woken,
they wait for each other, and nobody else does."""

COME_BACK_AFTER_MS = 1_000

_APART_MS = 25
"""So long after one another those come back whom a server that stops has told to: as fast as they are let in."""


class TooManyWatch(Exception):
    """As many watch as one process takes."""


class TooManyOfOne(Exception):
    """A customer, or a merchant, watches as much as one may here; others still can."""


class Watch:
    """What one stream waits for: news of its refund, or the end of the process."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()
        self.is_over = False

    def ring(self) -> None:
        self._bell.set()

    def end(self) -> None:
        self.is_over = True
        self._bell.set()

    async def news(self, within_s: float) -> bool:
        """Wait for news, so long at most; tell whether there may be some."""
        try:
            async with asyncio.timeout(within_s):
                await self._bell.wait()
        except TimeoutError:
            return False
        if not self.is_over:
            self._bell.clear()
        return not self.is_over


class LiveEvents:
    def __init__(self, engine: AsyncEngine) -> None:
        self.looks = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._engine = engine
        self._watches: dict[str, set[Watch]] = defaultdict(set)
        self._count = 0
        self._of: Counter[tuple[str, str]] = Counter()
        self._hearing: asyncio.Task[None] | None = None
        self._has_stopped = False
        self._all_back_after_ms = COME_BACK_AFTER_MS

    def when_to_come_back_ms(self) -> int:
        """Say to one of those whom a stop sends away when to come back: never to all the same."""
        return COME_BACK_AFTER_MS + secrets.randbelow(self._all_back_after_ms)

    @contextmanager
    def watching(self, refund_id: str, caller: Caller) -> Iterator[Watch]:
        """Watch a refund for as long as the body runs. Raises TooManyWatch and TooManyOfOne."""
        if self._count >= MOST_WATCHING:
            raise TooManyWatch
        merchant, customer = (caller.merchant_id, ""), (caller.merchant_id, caller.customer_id or "")
        is_too_much = self._of[merchant] >= MOST_WATCHING - MOST_WATCHING // _LEFT_TO_OTHERS
        if is_too_much or (customer != merchant and self._of[customer] >= MOST_OF_CUSTOMER):
            raise TooManyOfOne
        if self._hearing is None:
            self._hearing = asyncio.create_task(self._hear())
        watch = Watch()
        self._watches[refund_id].add(watch)
        self._count += 1
        self._of.update({merchant, customer})
        if self._has_stopped:
            watch.end()
        try:
            yield watch
        finally:
            self._count -= 1
            self._of -= Counter({merchant, customer})
            self._watches[refund_id].discard(watch)
            if not self._watches[refund_id]:
                del self._watches[refund_id]

    def stop(self) -> None:
        """End all streams: the process is about to end, and each comes back to another."""
        self._has_stopped = True
        self._all_back_after_ms = max(COME_BACK_AFTER_MS, self._count * _APART_MS)
        for watches in list(self._watches.values()):
            for watch in list(watches):
                watch.end()
        if self._hearing is not None:
            self._hearing.cancel()

    async def _hear(self) -> None:
        def begin() -> None:
            self._wake(list(self._watches))  # what happened before we could hear

        await listen(
            self._engine, NEWS_OF_REFUNDS, begin=begin, tell=lambda refund_id: self._wake([refund_id]), lose=_lose
        )

    def _wake(self, refund_ids: list[str]) -> None:
        for refund_id in refund_ids:
            for watch in self._watches.get(refund_id, ()):
                watch.ring()


def _lose(why: Exception | None) -> None:
    if why is not None:
        log.warning("who watches refunds hears nothing until PostgreSQL can tell: %s", why)
