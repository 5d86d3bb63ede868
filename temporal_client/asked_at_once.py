"""Who is asked at once, before its task queue asks patiently: a provider that answers, within its half of the rate cap.

What is asked at once is a local activity: while it lasts it has a workflow task of its worker, and Temporal caps it by
nothing. So few of them wait for one provider that the others' refunds have theirs; what is turned away here costs no
attempt, and goes to the provider's queue.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from db import rate_counts
from db.rate_counts import CountedUse
from temporal_client.task_queues import RateCaps

MOST_OF_ALL = 10
"""Of the fifteen workflow tasks of a worker: the rest is for refunds that ask nobody."""

MOST_OF_ONE = 5

NOT_AT_ONCE = "NotAtOnce"
"""The error type of an attempt that was turned away: nobody was asked."""

MayAsk = Callable[[str], Awaitable[bool]]


def within(caps: RateCaps, engine: AsyncEngine) -> MayAsk:
    """Return what says whether a provider may be asked once more now, counted by PostgreSQL for all workers."""

    async def may_ask(provider: str) -> bool:
        a_second = caps.half(provider)
        if a_second is None:
            return True
        most = max(1, int(a_second))
        use = CountedUse("asked_at_once", provider, timedelta(seconds=most / a_second))
        async with engine.begin() as connection:
            [counted] = await rate_counts.add(connection, [use])
        return counted.count <= most

    return may_ask


class Waits:
    """How many wait for each provider; one that did not answer in time is waited for by one, until it answers."""

    def __init__(self, may_ask: MayAsk) -> None:
        self._may_ask = may_ask
        self._waiting: Counter[str] = Counter()
        self._is_slow: set[str] = set()

    @asynccontextmanager
    async def waiting_for(self, provider: str) -> AsyncIterator[None]:
        """Wait for a provider, or be turned away by an ApplicationError."""
        if self._is_full(provider):
            raise _turned_away(f"enough wait for {provider} already")
        self._waiting[provider] += 1
        try:
            if not await self._may_ask(provider):
                raise _turned_away(f"{provider} was asked at once as often as its rate cap leaves")
            yield
            self._is_slow.discard(provider)
        except asyncio.CancelledError:
            self._is_slow.add(provider)
            raise
        finally:
            self._waiting[provider] -= 1

    def _is_full(self, provider: str) -> bool:
        most = 1 if provider in self._is_slow else MOST_OF_ONE
        return self._waiting[provider] >= most or self._waiting.total() >= MOST_OF_ALL


def _turned_away(why: str) -> ApplicationError:
    return ApplicationError(why, type=NOT_AT_ONCE, non_retryable=True)


class AskedAtOnce(Interceptor):
    """Turns away what would wait at once for a provider that many wait for, or that was asked often enough."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _AtOnceOrNot(next, self._waits)


class _AtOnceOrNot(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, waits: Waits) -> None:
        super().__init__(next)
        self._waits = waits

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        provider = getattr(input.args[0], "provider", "") if input.args else ""
        if not (provider and activity.info().is_local):
            return await super().execute_activity(input)
        async with self._waits.waiting_for(provider):
            return await super().execute_activity(input)
