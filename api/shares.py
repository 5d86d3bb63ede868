"""A share for each merchant: one caller, hostile or just large, leaves the others their part of the service.

A request waits for its merchant's turn before anything of it is read: neither its body nor a connection to the
database. Whoever sends more than may wait is answered `too_many_requests` at once. While others are about, a merchant's
requests are worked at one after another, and a crowd rests between them (`service/company.py`).
"""

import asyncio
import hashlib
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from service.company import Bell, Company

AT_ONCE = 3
"""So many requests of a merchant are worked at: as many parts of the event loop, and a seventh of the connections.

More are answered no faster, as the event loop has one core; but another merchant's request would wait for as many.
"""

LASTS_LONG_S = 0.25
"""A request that lasts so long waits for a lock, or for somebody: then the next is begun beside it."""

WAITING = 100
"""So many more may wait for their turn."""

STRANGERS_AT_ONCE = 4
"""Requests whose key nobody has seen yet, or knows at all."""

NEWS_AT_ONCE = 40
"""Webhooks, which wait for their own bodies most of the time."""

MERCHANT = "makewhole.merchant"
"""Where a request's scope says whose turn it takes; empty where nobody knows."""

TURN_UNTIL = "makewhole.turn_until"
"""Where a request's scope says until when it may wait for turns, by the loop's clock: the rest is for its work."""

_IN_TURN = ("/v1/", "/codec/")
"""Paths whose requests wait for a turn, and are counted."""

_REMEMBERED_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a request waits for its turn, in seconds, how many of each have one, and when one lasts long."""

    within_s: float
    at_once: int = AT_ONCE
    waiting: int = WAITING
    lasts_long_s: float = LASTS_LONG_S


class Share:
    """What one merchant may have worked at, and may have wait."""

    def __init__(self, limits: Limits, merchant_id: str = "", company: Company | None = None) -> None:
        self._at_once = limits.at_once
        self._most = limits.at_once + limits.waiting
        self._lasts_long_s = limits.lasts_long_s
        self._merchant_id = merchant_id
        self._company = company or Company()
        self._after_rest = Bell(self._let_next_in)
        self._here = 0
        self._waiting: deque[_Turn] = deque()
        self._worked_at: dict[_Turn, asyncio.TimerHandle] = {}
        self._begun_of_late: dict[_Turn, float] = {}

    @property
    def is_idle(self) -> bool:
        return self._here == 0

    @asynccontextmanager
    async def turn(self, within_s: float) -> AsyncIterator["_Turn"]:
        """Wait for a turn and take it; raises Problem (`too_many_requests`) where that takes too long."""
        if self._here >= self._most:
            raise problems.too_many_requests("too many of your requests wait already; send fewer at once")
        self._here += 1
        turn = _Turn(self)
        try:
            try:
                async with asyncio.timeout(within_s):
                    await turn.take()
            except TimeoutError as late:
                raise problems.too_many_requests("your other requests take all of your turns; send fewer") from late
            yield turn
        finally:
            turn.end()

    def go(self, turn: "_Turn") -> None:
        self.leave(turn)
        self._here -= 1

    def wait(self, turn: "_Turn") -> None:
        self._waiting.append(turn)
        self._let_next_in()

    def leave(self, turn: "_Turn") -> None:
        late = self._worked_at.pop(turn, None)
        if late is not None:  # else it was never let in
            late.cancel()
            self._is_no_longer_new(turn)

    def _is_no_longer_new(self, turn: "_Turn") -> None:
        now_s = asyncio.get_running_loop().time()
        began_s = self._begun_of_late.pop(turn, None)
        if began_s is not None:
            self._company.took(self._merchant_id, now_s - began_s, now_s)
        self._let_next_in()

    def _let_next_in(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while self._waiting and len(self._worked_at) < self._at_once:
            if self._begun_of_late and self._company.has(self._merchant_id, now_s):
                return
            rests_s = self._company.rests_s(self._merchant_id, now_s)
            if rests_s:
                self._after_rest.set(rests_s)
                return
            turn = self._waiting.popleft()
            if turn.let_in():
                self._worked_at[turn] = loop.call_later(self._lasts_long_s, self._is_no_longer_new, turn)
                self._begun_of_late[turn] = now_s


class _Turn:
    def __init__(self, share: Share) -> None:
        self._share = share
        self._is_over = False
        self._let_in: asyncio.Future[None]

    async def take(self) -> None:
        self._let_in = asyncio.get_running_loop().create_future()
        self._share.wait(self)
        await self._let_in

    def let_in(self) -> bool:
        """Whether it still waited."""
        if self._let_in.done():
            return False
        self._let_in.set_result(None)
        return True

    def give_up(self) -> None:
        self._share.leave(self)

    def end(self) -> None:
        """Once, however often it is said."""
        if not self._is_over:
            self._is_over = True
            self._share.go(self)


_TURN: ContextVar[_Turn | None] = ContextVar("turn", default=None)


def give_up_turn() -> None:
    """Leave for good: what follows takes as long as it likes, and nothing of the merchant's share."""
    turn = _TURN.get()
    if turn is not None:
        turn.end()


@asynccontextmanager
async def let_others_go_first() -> AsyncIterator[None]:
    """Give up the turn while waiting for a workflow, which takes nothing of ours, and take another afterwards."""
    turn = _TURN.get()
    if turn is None:
        yield
        return
    turn.give_up()
    try:
        yield
    finally:
        await turn.take()


class Shares:
    """Lets each merchant's requests through in their turns.

    merchant_of: finds whose a key is, None where nobody knows it. It is asked once for each key: here it decides about
    turns only, and about nobody's rights.
    """

    def __init__(
        self,
        app: ASGIApp,
        merchant_of: Callable[[str], Awaitable[str | None]],
        limits: Limits,
        company: Company | None = None,
    ) -> None:
        self._app = app
        self._merchant_of = merchant_of
        self._limits = limits
        self._shares: dict[str, Share] = {}
        self._company = company or Company()
        self._strangers = Share(replace(limits, at_once=STRANGERS_AT_ONCE))
        self._news = Share(replace(limits, at_once=NEWS_AT_ONCE))
        self._known: OrderedDict[bytes, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_IN_TURN):
            return await self._app(scope, receive, send)
        scope[TURN_UNTIL] = asyncio.get_running_loop().time() + self._limits.within_s
        try:
            name, share = await self._share_of(scope)
            scope[MERCHANT] = name
            async with share.turn(self._limits.within_s) as turn:
                _TURN.set(turn)
                await self._app(scope, receive, send)
        except problems.ProblemRaised as problem:
            return await problems.answer(problem)(scope, receive, send)
        if share.is_idle and name:
            self._shares.pop(name, None)
        return None

    async def _share_of(self, scope: Scope) -> tuple[str, Share]:
        if scope["path"].startswith("/v1/webhooks/"):
            return "", self._news
        key = key_of(scope)
        merchant_id = await self._merchant(key) if key else None
        if merchant_id is None:
            return "", self._strangers
        self._company.came(merchant_id, asyncio.get_running_loop().time())
        if merchant_id not in self._shares:
            self._shares[merchant_id] = Share(self._limits, merchant_id, self._company)
        return merchant_id, self._shares[merchant_id]

    async def _merchant(self, key: str) -> str | None:
        digest = hashlib.sha256(key.encode()).digest()
        if digest in self._known:
            self._known.move_to_end(digest)
            return self._known[digest]
        async with self._strangers.turn(self._limits.within_s):
            merchant_id = await self._merchant_of(key)
        if merchant_id is not None:
            self._known[digest] = merchant_id
            if len(self._known) > _REMEMBERED_KEYS:
                self._known.popitem(last=False)
        return merchant_id


def key_of(scope: Scope) -> str | None:
    """Read the key that a request is sent with, exactly as `api/access.py` does: of two headers the first counts."""
    headers = Headers(scope=scope)
    scheme, credentials = get_authorization_scheme_param(headers.get("authorization"))
    if scheme.lower() == "bearer" and credentials:
        return credentials
    return headers.get("x-api-key") or None
