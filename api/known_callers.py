"""Whose a key is, remembered for seconds: a caller who sends many requests is looked up in one of them.

A key that is revoked is forgotten at once, in every process: PostgreSQL tells each of them. Who can't hear remembers
nothing, and asks each time.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import api_keys, sessions, staff_sessions
from db.api_keys import ENDED_KEYS, Caller, Known
from db.channels import listen
from db.engine import snapshots
from db.whose import Everyones, of_everyone, of_merchant

log = logging.getLogger(__name__)

REMEMBERED_FOR_S = 5.0
"""So long a key works at most that was ended while the connection by which we are told is lost, and nobody noticed."""

_MOST = 10_000
_PATIENCE_S = 5.0


async def _identify(connection: AsyncConnection, key: str) -> Known | None:
    """Look where keys lie that begin like this one."""
    if key.startswith(sessions.PREFIX):
        return await sessions.identify(connection, key)
    if key.startswith(staff_sessions.PREFIX):
        return await staff_sessions.identify(connection, key)
    return await api_keys.identify(connection, key)


async def _note(connection: AsyncConnection, key: str, caller: Caller) -> None:
    """Note it where the key lies."""
    if key.startswith(sessions.PREFIX):
        await sessions.note_use(connection, caller.key_id)
    elif key.startswith(staff_sessions.PREFIX):
        await staff_sessions.note_use(connection, caller.key_id)
    else:
        await api_keys.note_use(connection, caller.key_id)


class KnownCallers:
    """Finds callers by their keys. Only keys that are known are remembered, by their hash."""

    def __init__(self, engine: AsyncEngine, *, remembered_for_s: float = REMEMBERED_FOR_S) -> None:
        self._remembered_for_s = remembered_for_s
        self._engine = engine
        self._reads = snapshots(engine)
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()
        self._ended = 0
        self._is_deaf = False

    async def find(self, key: str) -> Caller | None:
        """Return whose a key is, None where nobody knows it; raises DBAPIError where the database does not answer."""
        hashed = api_keys.hashed(key)
        until, caller = self._known.get(hashed, (0.0, None))
        if caller is not None and time.monotonic() < until:
            return caller
        ended = self._ended
        with of_everyone(Everyones.CALLERS):
            async with self._reads.connect() as connection:
                known = await _identify(connection, key)
        if known is None:
            return None
        if ended == self._ended and not self._is_deaf:  # else it may be this key that has ended while we looked
            lasts_s = self._remembered_for_s
            if known.lasts_ms is not None:
                lasts_s = min(lasts_s, known.lasts_ms / 1000)
            self._remember(hashed, time.monotonic() + lasts_s, known.caller)
        if known.is_used_anew:
            await self._note_use(key, known.caller)
        return known.caller

    def remembers(self, key: str) -> bool:
        return api_keys.hashed(key) in self._known

    def forget(self, *ended: str) -> None:
        """Keys have ended, or their ends have changed; by their hashes."""
        self._ended += len(ended)
        for hashed in ended:
            self._known.pop(hashed, None)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear of keys that end, for as long as the body runs, which begins when it can."""
        self._go_deaf()
        hears = asyncio.Event()
        hearing = asyncio.create_task(self._listen(hears))
        with suppress(TimeoutError):
            await asyncio.wait_for(hears.wait(), _PATIENCE_S)
        try:
            yield
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError):
                await hearing

    async def _listen(self, hears: asyncio.Event) -> None:
        def begin() -> None:
            self._ended += 1  # who is looking now may have looked before we could hear
            self._is_deaf = False
            hears.set()

        await listen(self._engine, ENDED_KEYS, begin=begin, tell=self.forget, lose=self._lose)

    def _lose(self, why: Exception | None) -> None:
        if why is not None:
            log.warning("keys are looked up each time until PostgreSQL can tell which were revoked: %s", why)
        self._go_deaf()

    def _go_deaf(self) -> None:
        self._is_deaf = True
        self._ended += 1
        self._known.clear()

    def _remember(self, hashed: str, until: float, caller: Caller) -> None:
        self._known[hashed] = until, caller
        self._known.move_to_end(hashed)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    async def _note_use(self, key: str, caller: Caller) -> None:
        """Once an hour, of a session once a minute; that it can't be noted keeps nobody away."""
        with suppress(SQLAlchemyError, OSError), of_merchant(caller.merchant_id):
            async with self._engine.begin() as connection:
                await _note(connection, key, caller)
