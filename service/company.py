"""Whether others are about: then a merchant who sends very much goes on with one thing at a time, and rests between.

Taking turns alone does not do it. Where a crowd keeps every core busy, each step of another merchant's single refund
waits for one of them; so the crowd leaves room as long as there is somebody to leave it to.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

STAYS_S = 1.0
"""So long after coming somebody counts as being about: between two steps of a refund the workflow has its turn."""

RESTS = 2.0
"""So many times as long as a thing took does a crowd rest after it."""

_IS_A_CROWD = 2.0
"""Whoever takes so many times as much as each of the others is a crowd: those who take alike leave each other room."""

_HALVES_IN_S = 1.0
"""After so long half of what somebody took is forgotten."""


@dataclass(slots=True)
class _Guest:
    came: float
    taken_s: float = 0.0
    taken_at: float = 0.0
    rests_until: float = 0.0

    def taken_of_late_s(self, now_s: float) -> float:
        return float(self.taken_s * 0.5 ** ((now_s - self.taken_at) / _HALVES_IN_S))


class Company:
    """Who has come of late and what they took, the latest last; times by any clock that only goes forward, in s."""

    def __init__(self, stays_s: float = STAYS_S, rests: float = RESTS) -> None:
        self._stays_s = stays_s
        self._rests = rests
        self._guests: OrderedDict[str, _Guest] = OrderedDict()

    def came(self, merchant_id: str, now_s: float) -> None:
        self._guests.setdefault(merchant_id, _Guest(now_s)).came = now_s
        self._guests.move_to_end(merchant_id)
        while now_s - next(iter(self._guests.values())).came >= self._stays_s:
            self._guests.popitem(last=False)

    def took(self, merchant_id: str, lasted_s: float, now_s: float) -> None:
        """Something of this merchant's has just been done, and has lasted so long."""
        guest = self._guests.get(merchant_id)
        if guest is not None:
            guest.taken_s, guest.taken_at = guest.taken_of_late_s(now_s) + lasted_s, now_s
            guest.rests_until = now_s + self._rests * lasted_s

    def has(self, merchant_id: str, now_s: float) -> bool:
        """Whether anybody but this merchant is about."""
        others = (guest.came for each, guest in reversed(self._guests.items()) if each != merchant_id)
        latest = next(others, None)
        return latest is not None and now_s - latest < self._stays_s

    def rests_s(self, merchant_id: str, now_s: float) -> float:
        """How long this merchant rests yet; zero for whoever is no crowd, or has no company."""
        guest = self._guests.get(merchant_id)
        if guest is None or guest.rests_until <= now_s or not self.has(merchant_id, now_s):
            return 0.0
        others = (each for other, each in self._guests.items() if other != merchant_id)
        most_s = max(each.taken_of_late_s(now_s) for each in others if now_s - each.came < self._stays_s)
        is_a_crowd = guest.taken_of_late_s(now_s) >= _IS_A_CROWD * most_s
        return guest.rests_until - now_s if is_a_crowd else 0.0


class Bell:
    """Rings once, when the first of the rests it was set for is over."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._waits: asyncio.TimerHandle | None = None

    def set(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        if self._waits is not None:
            if self._waits.when() <= loop.time() + after_s:
                return
            self._waits.cancel()
        self._waits = loop.call_later(after_s, self._rings)

    def _rings(self) -> None:
        self._waits = None
        self._ring()
