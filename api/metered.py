"""How often each key and each customer may ask: counted here at once, and with the other processes once a second.

A request costs the database nothing: what was counted is added to the counts of all in one statement for many, outside
of any request (`db/rate_counts.py`). A process hears of the others when it settles what it let in itself. So beyond the
limit come at most those requests that each process lets in within a second.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.known_callers import KnownCallers
from api.rate_limits import limits_left, too_often, whole_seconds
from api.shares import MERCHANT, key_of
from db import rate_counts
from db.api_keys import Caller, Role
from db.rate_counts import CountedUse
from db.whose import of_nobody
from service.quotas import Quota, Quotas

log = logging.getLogger(__name__)

_SETTLED_EVERY_S = 1.0
_SETTLED_AT_ONCE = 500


@dataclass(slots=True)
class _Tally:
    """What is known of a count: `settled` by all processes when they were last asked, and what came here since."""

    quota: Quota
    ends_at_s: float
    settled: int = 0
    here: int = 0

    @property
    def is_spent(self) -> bool:
        return self.settled + self.here >= self.quota.most

    def headers(self, now_s: float) -> dict[str, str]:
        left = max(0, self.quota.most - self.settled - self.here)
        return limits_left(self.quota, left, self.ends_in_s(now_s))

    def ends_in_s(self, now_s: float) -> int:
        return whole_seconds(self.ends_at_s - now_s)


class Meter:
    """Counts what callers ask of one process, and settles it with all."""

    def __init__(self, engine: AsyncEngine, quotas: Quotas) -> None:
        self._engine = engine
        self._quotas = quotas
        self._tallies: dict[tuple[str, str], _Tally] = {}

    def count(self, caller: Caller) -> dict[str, str]:
        """Count one request and return what is left, as headers; raises Problem (`too_many_requests`)."""
        quota, subject, now_s = *self._limited_by(caller), time.monotonic()
        tally = self._tallies.get((quota.name, subject))
        if tally is None or tally.ends_at_s <= now_s:
            tally = _Tally(quota, now_s + quota.window.total_seconds())
            self._tallies[quota.name, subject] = tally
        if tally.is_spent:
            raise too_often(quota, tally.ends_in_s(now_s))
        tally.here += 1
        return tally.headers(now_s)

    def _limited_by(self, caller: Caller) -> tuple[Quota, str]:
        """All keys and sessions of a customer are one."""
        if caller.role is Role.CUSTOMER:
            return self._quotas.requests_per_customer, json.dumps([caller.merchant_id, caller.customer_id])
        return self._quotas.requests_per_key, caller.key_id

    @asynccontextmanager
    async def settling(self) -> AsyncIterator[None]:
        """Settle again and again while the body runs, and once more when it ends."""
        task = asyncio.create_task(self._settle_for_ever())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._settle_if_it_can()

    async def _settle_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SETTLED_EVERY_S)
            await self._settle_if_it_can()

    async def _settle_if_it_can(self) -> None:
        """What can't be settled now is kept for the next time; meanwhile the limits hold for this process."""
        try:
            await self.settle()
        except (SQLAlchemyError, OSError) as trouble:
            log.warning("counts of requests are not settled with other processes: %s", type(trouble).__name__)

    async def settle(self) -> None:
        """Tell all processes what was counted here, and hear what they count; forget what is over."""
        now_s = time.monotonic()
        self._tallies = {key: tally for key, tally in self._tallies.items() if tally.ends_at_s > now_s}
        new = [key for key, tally in self._tallies.items() if tally.here]
        for first in range(0, len(new), _SETTLED_AT_ONCE):
            await self._settle_some(new[first : first + _SETTLED_AT_ONCE])

    async def _settle_some(self, keys: Sequence[tuple[str, str]]) -> None:
        tallies = [self._tallies[key] for key in keys]
        told = [tally.here for tally in tallies]
        counted = [
            CountedUse(tally.quota.name, subject, tally.quota.window, here)
            for (_, subject), tally, here in zip(keys, tallies, told, strict=True)
        ]
        with of_nobody():
            async with self._engine.begin() as connection:
                counts = await rate_counts.add(connection, counted)
        now_s = time.monotonic()
        for tally, here, count in zip(tallies, told, counts, strict=True):
            tally.settled, tally.here = count.count, tally.here - here
            tally.ends_at_s = now_s + count.ends_in_s


class Metered:
    """Counts each request of a key that is known, and puts what is left into the headers of its answer."""

    def __init__(self, app: ASGIApp, meter: Meter, callers: KnownCallers) -> None:
        self._app = app
        self._meter = meter
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = await self._caller(scope)
        if caller is None:
            return await self._app(scope, receive, send)
        try:
            told = self._meter.count(caller)
        except problems.ProblemRaised as refused:
            return await problems.answer(refused)(scope, receive, send)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers.setdefault(name, value)
            await send(message)

        return await self._app(scope, receive, with_headers)

    async def _caller(self, scope: Scope) -> Caller | None:
        """Find who asks, as the request itself does right afterwards; where the database does not answer, nobody."""
        key = key_of(scope) if scope.get(MERCHANT) else None  # nobody knows the others, who have a share of their own
        with suppress(SQLAlchemyError, OSError):
            return await self._callers.find(key) if key else None
        return None
