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
"""The speed at which refunds begin is the mean of about so long: several begin together, then none for a while."""

_UNSEEN_PER_S, _UNSEEN_S = 10.0, 2.0
"""Before a crowd was seen this speed is believed as if it had been seen for so long."""

_FORGOTTEN_AFTER_S = 60.0
"""A speed that nobody has seen for so long says nothing about the crowd that comes next."""

_STANDS_STILL_AFTER_S = 10.0

_SLOWEST_PER_S = 0.01

_COME_AGAIN_S = 60


@dataclass(slots=True)
class Queue:
    """What waits, by merchant, and how fast refunds begin: `begun` of late in `seconds`, both less the older they are.

    unseen_s: how long ago the speed was seen last.
    """

    waiting: Counter[str] = field(default_factory=Counter)
    begun: float = _UNSEEN_PER_S * _UNSEEN_S
    seconds: float = _UNSEEN_S
    unseen_s: float = 0.0

    @property
    def per_s(self) -> float:
        """How many refunds begin in a second."""
        return self.begun / self.seconds

    def wait_s(self, merchant_id: str) -> float:
        """How long the next refund of a merchant would wait, in seconds, where merchants take turns."""
        own = self.waiting[merchant_id] + 1
        if self.waiting.total() < ALWAYS_TAKEN:
            return 0.0
        others = (count for merchant, count in self.waiting.items() if merchant != merchant_id)
        return (own + sum(min(count, own) for count in others)) / max(self.per_s, _SLOWEST_PER_S)

    def look(self, waiting: Counter[str], begun: int, of: int, seconds: float) -> None:
        """Take over what waits now, and how many have begun in so many seconds, of how many that waited before.

        Where all of them have begun, more could have: the speed is at least what was seen.
        """
        self.waiting = waiting
        if begun < of:
            kept = math.exp(-seconds / _OVER_S)
            self.begun, self.seconds = self.begun * kept + begun, self.seconds * kept + seconds
            self.unseen_s = 0.0
            return
        self.unseen_s += seconds
        if self.unseen_s > _FORGOTTEN_AFTER_S:
            self.begun, self.seconds = _UNSEEN_PER_S * _UNSEEN_S, _UNSEEN_S
        self.begun = max(self.begun, begun / seconds * self.seconds)


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
