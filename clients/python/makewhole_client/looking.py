"""How often a refund is looked at by those who wait for it: a few requests a minute where nothing happens."""

import time

from makewhole_client.models import RefundAnswer, RefundStatus

OVER = frozenset({RefundStatus.COMPLETED, RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED})

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0


class Looks:
    """The looks at one refund, until `within_s` are over."""

    def __init__(self, within_s: float) -> None:
        self._ends_at = time.monotonic() + within_s
        self._pause_s = _FIRST_PAUSE_S
        self._seen: RefundAnswer | None = None

    def left_s(self) -> float:
        return self._ends_at - time.monotonic()

    def a_look_s(self, an_attempt_s: float) -> float:
        """How long the next look is tried: what is left, and the first one for an attempt at least."""
        return max(self.left_s(), an_attempt_s) if self._seen is None else self.left_s()

    def shows_something_new(self, refund: RefundAnswer) -> bool:
        """Whether something happened since the last look; from then on it is looked at often again."""
        if refund == self._seen:
            self._pause_s = min(self._pause_s * 1.5, _LONGEST_PAUSE_S)
            return False
        self._seen, self._pause_s = refund, _FIRST_PAUSE_S
        return True

    def pause_s(self) -> float:
        return max(0.0, min(self._pause_s, self.left_s()))


def is_over(refund: RefundAnswer) -> bool:
    return refund.status in OVER
