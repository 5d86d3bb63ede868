"""Whether others are about: then a merchant who sends very much goes on with one thing at a time.

Taking turns alone does not do it. Where a crowd keeps every core busy, each step of another merchant's single refund
waits for one of them; so the crowd leaves room as long as there is somebody to leave it to.
"""

from collections import OrderedDict

STAYS_S = 1.0
"""So long after coming somebody counts as being about: between two steps of a refund the workflow has its turn."""


class Company:
    """Who has come of late, each with the time of the last coming, the latest last."""

    def __init__(self, stays_s: float = STAYS_S) -> None:
        self._stays_s = stays_s
        self._came: OrderedDict[str, float] = OrderedDict()

    def came(self, merchant_id: str, now_s: float) -> None:
        """A merchant comes, at this time of any clock that only goes forward, in seconds."""
        self._came[merchant_id] = now_s
        self._came.move_to_end(merchant_id)
        while now_s - next(iter(self._came.values())) >= self._stays_s:
            self._came.popitem(last=False)

    def has(self, merchant_id: str, now_s: float) -> bool:
        """Whether anybody but this merchant is about."""
        others = (at for each, at in reversed(self._came.items()) if each != merchant_id)
        latest = next(others, None)
        return latest is not None and now_s - latest < self._stays_s
