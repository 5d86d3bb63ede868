"""One timer for all waits of a refund, as every timer is billed and written down."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.merchant_time import MerchantTime


class Alarm:
    """Rings at the end of a wait, or before it, where an earlier wait ended early: then it is set anew.

    So a refund that goes its way quickly sets one timer, and one that takes weeks at most one a wait. Its moments are
    the merchant's: where their clock is put forward, it rings at once or is set anew.
    """

    def __init__(self, time: MerchantTime) -> None:
        self._time = time
        self._moves = time.moves
        self._rings_at: datetime | None = None
        self._last = time.now()
        self._ringing: asyncio.Task[None] | None = None

    async def until(self, ready: Callable[[], bool], end: datetime, what: str) -> None:
        """Wait until `ready`, or until this moment; `what` is what operations read of it in the Temporal UI."""
        with self._time.waiting_until(end):
            while not ready() and not self.rang_for(end):
                self._set(end, what)
                await self._rings_or(ready)
                self._follow_the_clock()

    def rang_for(self, end: datetime) -> bool:
        """Whether this moment has come."""
        return self._last >= end

    async def _rings_or(self, ready: Callable[[], bool]) -> None:
        ringing = self._ringing
        await workflow.wait_condition(lambda: ready() or self._ringing is not ringing or self._has_moved)

    @property
    def _has_moved(self) -> bool:
        return self._time.moves != self._moves

    def _follow_the_clock(self) -> None:
        """Forget a timer that was set by the clock as it was; what is over by now has rung."""
        if not self._has_moved:
            return
        self._moves = self._time.moves
        if self._ringing is not None:
            self._ringing.cancel()
        self._rings_at, self._last, self._ringing = None, self._time.now(), None

    def _set(self, end: datetime, what: str) -> None:
        if self._rings_at is not None and self._rings_at <= end:
            return
        if self._ringing is not None:
            self._ringing.cancel()
        self._rings_at, self._ringing = end, asyncio.create_task(self._ring(end, what))

    async def _ring(self, at: datetime, what: str) -> None:
        await workflow.sleep(max(at - self._time.now(), timedelta()), summary=what)
        self._rings_at, self._last, self._ringing = None, at, None
