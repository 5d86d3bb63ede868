"""Refunds that wait for a worker: whoever asks for one that would wait too long is told when to come again.

Workers take them by turns of the merchants, so a refund waits for those before it of its own merchant, and for as many
of each other. Nothing is refused while none begins at all: then the workers are away, and what is stored is begun when
they are back. Only looks that worked tell it: one that fails, or is slow, says nothing about the workers.
"""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import not_begun
from db.not_begun import NotBegun
from db.whose import Everyones, of_everyone

log = logging.getLogger("api")

MOST_S = 7.0
"""So long a refund may wait for a worker; under a crowd what is taken is over in about three times the time."""

LOOK_EVERY_S = 1.0

ALWAYS_TAKEN = 20
"""While fewer than so many wait in all they are a busy moment and no crowd, and too few to tell a speed by."""

_OVER_S = 5.0
"""The speed at which refunds begin is the mean of about so long: several begin together, then none for a while."""

_UNSEEN_PER_S, _UNSEEN_S = 10.0, 2.0
"""Before a crowd was seen this speed is believed as if it had been seen for so long."""

_FORGOTTEN_AFTER_S = 60.0
"""A speed that nobody has seen for so long says nothing about the crowd that comes next."""

STANDS_STILL_AFTER_S = 10.0
"""Where none has begun between looks that are so far apart, the workers are away."""

_SLOWEST_PER_S = 0.01

_COME_AGAIN_S = 60


@dataclass(slots=True)
class Queue:
    """What waits, by merchant, and how fast refunds begin: `begun` of late in `seconds`, both less the older they are.

    asked: what is asked for just now, and may come to wait as well.
    unseen_s: how long ago the speed was seen last. still_s: for how long none has begun.
    """

    waiting: Counter[str] = field(default_factory=Counter)
    begun: float = _UNSEEN_PER_S * _UNSEEN_S
    seconds: float = _UNSEEN_S
    unseen_s: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    still_s: float = 0.0

    @property
    def per_s(self) -> float:
        """How many refunds begin in a second."""
        return self.begun / self.seconds

    def wait_s(self, merchant_id: str) -> float:
        """How long the next refund of a merchant would wait, in seconds, where merchants take turns.

        0 where nobody can say: while too few wait, and while the workers are away.
        """
        before = self.waiting + self.asked
        if before.total() < ALWAYS_TAKEN or self.still_s > STANDS_STILL_AFTER_S:
            return 0.0
        own = before[merchant_id] + 1
        others = (count for merchant, count in before.items() if merchant != merchant_id)
        return (own + sum(min(count, own) for count in others)) / max(self.per_s, _SLOWEST_PER_S)

    def look(self, waiting: Counter[str], begun: int, seconds: float, *, of_before: int) -> None:
        """Take over what waits now, of that so many since before the last look, and how many have begun since then.

        Where none is left of those before, more could have begun: the speed is at least what was seen.
        """
        self.still_s = 0.0 if begun or not of_before else self.still_s + seconds
        self.waiting = waiting
        if self.still_s > STANDS_STILL_AFTER_S:
            self.begun, self.seconds = _UNSEEN_PER_S * _UNSEEN_S, _UNSEEN_S  # those who come back work as others do
            return
        if of_before:
            kept = math.exp(-seconds / _OVER_S)
            self.begun, self.seconds = self.begun * kept + begun, self.seconds * kept + seconds
            self.unseen_s = 0.0
            return
        self.unseen_s += seconds
        if self.unseen_s > _FORGOTTEN_AFTER_S:
            self.begun, self.seconds = _UNSEEN_PER_S * _UNSEEN_S, _UNSEEN_S
        self.begun = max(self.begun, begun / seconds * self.seconds)


class Backlog:
    """Looks at what waits, at most once a second and only while somebody asks for refunds.

    looks: where it is looked. It has connections of its own, as those of the requests are all in use when it matters.
    """

    def __init__(self, looks: AsyncEngine) -> None:
        self._looks = looks
        self._queue = Queue()
        self._seen: NotBegun | None = None
        self._looked = time.monotonic()
        self._looking: asyncio.Task[None] | None = None

    def come_again_after_s(self, merchant_id: str) -> int:
        """In how many seconds a merchant's next refund would not wait too long any more; 0 is now."""
        if time.monotonic() - self._looked >= LOOK_EVERY_S and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        too_long_s = self._queue.wait_s(merchant_id) - MOST_S
        return min(math.ceil(max(too_long_s, 0.0)), _COME_AGAIN_S)

    @contextmanager
    def asking(self, merchant_id: str) -> Iterator[None]:
        """Count a refund that is asked for, as long as it is not known whether it will be taken."""
        self._queue.asked[merchant_id] += 1
        try:
            yield
        finally:
            self._queue.asked -= Counter({merchant_id: 1})

    def note_taken(self, merchant_id: str) -> None:
        """Count a refund that was taken since the last look."""
        self._queue.waiting[merchant_id] += 1

    async def _look(self) -> None:
        try:
            with of_everyone(Everyones.BACKLOG):
                async with self._looks.connect() as connection:
                    seen = await not_begun.look(connection, self._seen)
        except (SQLAlchemyError, OSError) as trouble:
            log.warning("it is not known how many refunds wait to begin: %s", trouble)
        else:
            self._take_over(seen)
        self._looked = time.monotonic()

    def _take_over(self, seen: NotBegun) -> None:
        waiting, before, self._seen = Counter(seen.by_merchant), self._seen, seen
        if before is None:
            self._queue.waiting = waiting
            return
        seconds = (seen.at - before.at).total_seconds()
        self._queue.look(waiting, seen.begun_since(before), seconds, of_before=seen.of_before)
