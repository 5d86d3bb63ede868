"""Which requests hold the event loop, on which everybody else waits meanwhile.

What is known to be large is recognised before it is begun (`db/weights.py`). This notices what nobody has thought of:
a request that computed too long makes the next ones of its merchant and its kind be answered elsewhere.
"""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, NamedTuple

from starlette.types import Scope

MOST_S = 0.1
"""So many seconds of computing may a request take here, before its answer begins."""

REMEMBERED_S = 600.0
"""So long after the last one that took longer, requests of that kind are answered elsewhere."""

_MOST_KINDS = 10_000


class Kind(NamedTuple):
    """Requests of one merchant that are alike but for the ids in their paths."""

    merchant: str
    method: str
    pieces: tuple[str, ...]


def kind_of(merchant: str, scope: Scope) -> Kind:
    """`/v1/orders/o1` is like `/v1/orders/o2`, and `/v1/refunds/rf_1/review` like that of any refund."""
    _, _, noun, *rest = str(scope["path"]).split("/", 4)[:5]
    return Kind(merchant, str(scope["method"]), (noun, *rest[1:2], str(len(rest))))


class Slow:
    """Remembers which kinds of requests took too long; now_s: a clock that only goes forward."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._until: dict[Kind, float] = {}

    def note(self, kind: Kind, took_s: float) -> None:
        """Take down how long a request has computed, here or elsewhere; of strangers nothing is remembered."""
        if took_s <= MOST_S or not kind.merchant:
            return
        if len(self._until) >= _MOST_KINDS:
            now = self._now_s()
            self._until = {each: until for each, until in self._until.items() if until > now}
        if kind in self._until or len(self._until) < _MOST_KINDS:
            self._until[kind] = self._now_s() + REMEMBERED_S

    def __contains__(self, kind: Kind) -> bool:
        until = self._until.get(kind)
        if until is not None and until <= self._now_s():
            del self._until[kind]
            return False
        return until is not None


class Computing:
    """Awaits some work, and counts how long it computes: what it waits meanwhile is nobody's loss."""

    def __init__(self, work: Awaitable[Any]) -> None:
        self._work = work
        self._before_s = 0.0
        self._since: float | None = None

    @property
    def took_s(self) -> float:
        """Seconds of this thread on a core, so that a busy machine makes no difference."""
        return self._before_s + (time.thread_time() - self._since if self._since is not None else 0.0)

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._work.__await__()
        value, error = None, None
        while True:
            self._since = time.thread_time()
            try:
                waits_for = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as ended:
                return ended.value
            finally:
                self._before_s, self._since = self.took_s, None
            try:
                value, error = (yield waits_for), None
            except BaseException as raised:
                value, error = None, raised
