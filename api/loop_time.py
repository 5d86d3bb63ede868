"""Which requests hold the event loop, on which everybody else waits meanwhile.

What is known to be large is recognised before it is begun (`db/weights.py`). This notices what nobody has thought of:
requests that computed too long make the next ones of their merchant and their kind be answered elsewhere.
"""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, NamedTuple

from starlette.types import Scope

MOST_S = 0.1
"""So many seconds of computing may a request take here, before its answer begins."""

TIMES = 3
"""So often a kind has to take longer: the first requests after a start are slow, whatever they are."""

FAR_S = 0.3
"""What takes longer than this is never made good by others that are quick."""

FORGIVEN_BY = 20
"""One that took a little too long is forgiven when so many of its kind were quick: the machine was busy, not they."""

REMEMBERED_S = 600.0
"""So long after the last one that took longer, requests of that kind are answered elsewhere."""

_MOST_KINDS = 10_000


class RequestKind(NamedTuple):
    """Requests of one merchant that are alike but for the ids in their paths."""

    merchant: str
    method: str
    pieces: tuple[str, ...]


def kind_of(merchant: str, scope: Scope) -> RequestKind:
    """`/v1/orders/o1` is like `/v1/orders/o2`, and `/v1/refunds/rf_1/review` like that of any refund."""
    _, _, noun, *rest = str(scope["path"]).split("/", 4)[:5]
    return RequestKind(merchant, str(scope["method"]), (noun, *rest[1:2], str(len(rest))))


class Slow:
    """Remembers which kinds of requests took too long, each time; now_s: a clock that only goes forward."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._known: dict[RequestKind, _Record] = {}

    def note(self, kind: RequestKind, took_s: float) -> None:
        """Take down how long a request has computed, here or elsewhere; of strangers nothing is remembered."""
        if took_s <= MOST_S:
            self._forgive(kind)
        elif kind.merchant:
            self._add(kind, is_far=took_s > FAR_S)

    def __contains__(self, kind: RequestKind) -> bool:
        record = self._record(kind)
        return record is not None and record.a_little + record.far >= TIMES

    def _add(self, kind: RequestKind, *, is_far: bool) -> None:
        self._forget_if_full()
        before = self._record(kind) or _NOTHING
        if kind in self._known or len(self._known) < _MOST_KINDS:
            until_s = self._now_s() + REMEMBERED_S
            self._known[kind] = _Record(before.a_little + (not is_far), before.far + is_far, until_s)

    def _forgive(self, kind: RequestKind) -> None:
        if record := self._known.get(kind):
            self._known[kind] = record._replace(a_little=max(record.a_little - 1 / FORGIVEN_BY, 0.0))

    def _record(self, kind: RequestKind) -> "_Record | None":
        known = self._known.get(kind)
        return known if known is not None and known.until_s > self._now_s() else None

    def _forget_if_full(self) -> None:
        if len(self._known) >= _MOST_KINDS:
            now_s = self._now_s()
            self._known = {kind: known for kind, known in self._known.items() if known.until_s > now_s}


class _Record(NamedTuple):
    """How often a kind took a little too long, less what was forgiven; how often far too long."""

    a_little: float
    far: int
    until_s: float


_NOTHING = _Record(0.0, 0, 0.0)


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
