"""Refunds that wait for a worker: whoever asks for one that would wait too long is told when to come again.

Workers take them by turns of the merchants, so a refund waits for those before it of its own merchant, and for as many
of each other. Nothing is refused while none begins at all: then the workers are away, and what is stored is begun when
they are back.
"""

import asyncio
import logging
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import refunds

log = logging.getLogger("api")

MOST_S = 12.0
"""So long a refund may wait for a worker; what is taken is over in about twice the time."""

LOOK_EVERY_S = 1.0

ALWAYS_TAKEN = 20
"""While fewer than so many wait in all they are a busy moment and no crowd, and too few to tell a speed by."""

_OVER_S = 5.0
"""The speed at which refunds begin is the mean of about so long."""

_STANDS_STILL_AFTER_S = 10.0

_COME_AGAIN_S = 60


@dataclass(slots=True)
class Queue:
    """What waits, by merchant, and how fast refunds begin, in refunds a second; None is not known."""

    waiting: Counter[str] = field(default_factory=Counter)
    per_s: float | None = None

    def wait_s(self, merchant_id: str) -> float:
        """How long the next refund of a merchant would wait, in seconds, where merchants take turns."""
        own = self.waiting[merchant_id] + 1
        if not self.per_s or self.waiting.total() < ALWAYS_TAKEN:
            return 0.0
        others = (count for merchant, count in self.waiting.items() if merchant != merchant_id)
        return (own + sum(min(count, own) for count in others)) / self.per_s

    def look(self, waiting: Counter[str], begun: int, of: int, seconds: float) -> None:
        """Take over what waits now, and how many have begun in so many seconds, of how many that waited before."""
        if of:  # where nothing waited, nothing could begin
            weight = 1.0 if self.per_s is None else 1.0 - math.exp(-seconds / _OVER_S)
            self.per_s = weight * begun / seconds + (1.0 - weight) * (self.per_s or 0.0)
        self.waiting = waiting


class Backlog:
    """Looks at what waits, at most once a second and only while somebody asks for refunds."""

    def __init__(self, reads: AsyncEngine) -> None:
        self._reads = reads
        self._queue = Queue()
        self._looked_at: datetime | None = None
        self._waited = 0
        self._looked = self._moved = time.monotonic()
        self._looking: asyncio.Task[None] | None = None

    def come_again_after_s(self, merchant_id: str) -> int:
        """In how many seconds a merchant's next refund would not wait too long any more; 0 is now."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_S and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        if now - self._moved > _STANDS_STILL_AFTER_S:
            return 0
        too_long_s = self._queue.wait_s(merchant_id) - MOST_S
        return min(math.ceil(max(too_long_s, 0.0)), _COME_AGAIN_S)

    def note_taken(self, merchant_id: str) -> None:
        """Count a refund that was taken since the last look."""
        self._queue.waiting[merchant_id] += 1

    async def _look(self) -> None:
        try:
            async with self._reads.connect() as connection:
                seen = await refunds.not_begun(connection, self._looked_at)
        except (SQLAlchemyError, OSError) as trouble:
            log.warning("it is not known how many refunds wait to begin: %s", trouble)
            self._looked = time.monotonic()
            return
        now, waiting = time.monotonic(), Counter(seen.by_merchant)
        begun = max(self._waited - seen.of_before, 0)
        if begun or not self._waited:
            self._moved = now
        self._queue.look(waiting, begun, self._waited, now - self._looked)
        self._looked, self._looked_at, self._waited = now, seen.at, waiting.total()
