"""Few steps at once in a worker, and merchants in turn: one merchant's many tasks leave another's single one its time.

Temporal's fairness chooses among the tasks that wait. Fifteen of a crowd are begun already, and their steps would share
the worker's one core with those of the task that comes next: each step would take fifteen times as long. And while
another merchant is about, one merchant's steps are done one after another, and a crowd rests between them
(`service/company.py`).
"""

import asyncio
import heapq
import itertools
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from service.company import Bell, Company
from temporal_client.apart import refund_of

AT_ONCE = 2
"""One step computes while the other waits for the database."""

_WAITS_FOR_OTHERS_AFTER_S = 0.25
"""A step that lasts so long waits for a lock, or for somebody: then the next begins beside it."""

_REMEMBERED = 10_000
"""Refunds of which is known who came first."""


_Ticket = int


class Turns:
    """Lets so many in at once; next comes the merchant with the fewest inside, then who has been let in longest ago.

    A merchant who has company has one inside, and a crowd rests after each.

    Of one merchant the refund that came first goes on first, so that it is over before the next begins.
    """

    def __init__(
        self, at_once: int = AT_ONCE, leaves_after_s: float = _WAITS_FOR_OTHERS_AFTER_S, company: Company | None = None
    ) -> None:
        self._at_once = at_once
        self._leaves_after_s = leaves_after_s
        self._company = company or Company()
        self._after_rest = Bell(self._let_next_in)
        self._inside: dict[_Ticket, tuple[str, float]] = {}
        self._waiting: dict[str, list[tuple[int, _Ticket, asyncio.Future[None]]]] = {}
        self._came: OrderedDict[str, int] = OrderedDict()
        self._let_in: dict[str, _Ticket] = {}
        self._numbers = itertools.count()

    @asynccontextmanager
    async def turn(self, merchant_id: str, refund_id: str) -> AsyncIterator[None]:
        """Wait for a turn and take it; one that lasts long is given up before its end."""
        loop, ticket = asyncio.get_running_loop(), next(self._numbers)
        self._company.came(merchant_id, loop.time())
        let_in = loop.create_future()
        heapq.heappush(self._waiting.setdefault(merchant_id, []), (self._place_of(refund_id), ticket, let_in))
        self._let_next_in()
        try:
            await let_in
            late = loop.call_later(self._leaves_after_s, self._leave, ticket)
            try:
                yield
            finally:
                late.cancel()
        finally:
            self._leave(ticket)

    def _place_of(self, refund_id: str) -> int:
        place = self._came.setdefault(refund_id, next(self._numbers))
        if len(self._came) > _REMEMBERED:
            self._came.popitem(last=False)
        return place

    def _let_next_in(self) -> None:
        now_s = asyncio.get_running_loop().time()
        while len(self._inside) < self._at_once and self._waiting:
            merchant_id = self._next(now_s)
            if merchant_id is None:
                return
            queue = self._waiting[merchant_id]
            _, ticket, let_in = heapq.heappop(queue)
            if not queue:
                del self._waiting[merchant_id]
            if not let_in.done():  # else it waits no longer
                let_in.set_result(None)
                self._inside[ticket] = merchant_id, now_s
                self._let_in[merchant_id] = ticket

    def _next(self, now_s: float) -> str | None:
        """Who comes next; None where all have one inside, or rest: whoever leaves, or the bell, asks again."""
        inside = Counter(merchant_id for merchant_id, _ in self._inside.values())
        may_come = [each for each in self._waiting if not (inside[each] and self._company.has(each, now_s))]
        rests = {each: self._company.rests_s(each, now_s) for each in may_come}
        rested = [each for each in may_come if not rests[each]]
        if rested:
            return min(rested, key=lambda each: (inside[each], self._let_in.get(each, -1)))
        if rests:
            self._after_rest.set(min(rests.values()))
        return None

    def _leave(self, ticket: _Ticket) -> None:
        merchant_id, began_s = self._inside.pop(ticket, (None, 0.0))
        if merchant_id is None:  # it has left before, or was never inside
            return
        now_s = asyncio.get_running_loop().time()
        self._company.took(merchant_id, now_s - began_s, now_s)
        if merchant_id not in self._waiting and all(merchant_id != each for each, _ in self._inside.values()):
            del self._let_in[merchant_id]
        self._let_next_in()


class InTurn(Interceptor):
    """Has the steps of refunds wait for their turns, but for those named: they wait for others most of the time."""

    def __init__(self, ask_others: Collection[str], turns: Turns | None = None) -> None:
        self._ask_others = frozenset(ask_others)
        self._turns = turns or Turns()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Step(next, self._ask_others, self._turns)


class _Step(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, ask_others: frozenset[str], turns: Turns) -> None:
        super().__init__(next)
        self._ask_others = ask_others
        self._turns = turns

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        refund = refund_of(*input.args)
        if refund is None or activity.info().activity_type in self._ask_others:
            return await super().execute_activity(input)
        async with self._turns.turn(refund.merchant_id, refund.refund_id):
            return await super().execute_activity(input)
