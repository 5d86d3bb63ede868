"""What time it is for the merchant of a refund, and waiting until it is so late (0107).

It is the workflow's time, and as much later as the merchant's test clock says, which a run is told when it loads and
whenever that moves. Temporal's timers can't be put forward: what waits sets its timer anew. A merchant without a test
clock has the workflow's time, and each wait one timer.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from temporalio import workflow


class MerchantTime:
    def __init__(self) -> None:
        self._ahead = timedelta()
        self._ends: list[datetime] = []
        self.moves = 0

    def now(self) -> datetime:
        return workflow.now() + self._ahead

    @property
    def ahead(self) -> timedelta:
        return self._ahead

    @property
    def next_end(self) -> datetime | None:
        """Until when the refund waits, if nobody says anything; None where it waits for no moment."""
        return min(self._ends, default=None)

    def is_ahead_by(self, span: timedelta) -> None:
        """Be told how far the merchant's clock is ahead by now; it never goes back, and news may come in any order."""
        if span > self._ahead:
            self._ahead = span
            self.moves += 1

    @contextmanager
    def waiting_until(self, end: datetime) -> Iterator[None]:
        """Say until when something waits, for as long as it does."""
        self._ends.append(end)
        try:
            yield
        finally:
            self._ends.remove(end)

    async def wait(self, ready: Callable[[], bool], within: timedelta, summary: str) -> None:
        """Wait until `ready`; raises TimeoutError where time is up before. `summary` is what the Temporal UI shows."""
        end, left = self.now() + within, within
        with self.waiting_until(end):
            while await self._is_moved_before(ready, left, summary):
                left = end - self.now()
                if left <= timedelta():
                    raise TimeoutError

    async def _is_moved_before(self, ready: Callable[[], bool], left: timedelta, summary: str) -> bool:
        moves = self.moves
        await workflow.wait_condition(lambda: ready() or self.moves != moves, timeout=left, timeout_summary=summary)
        return self.moves != moves and not ready()
