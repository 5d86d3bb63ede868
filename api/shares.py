"""A share for each merchant: one caller, hostile or just large, leaves the others their part of the service.

A request waits for its merchant's turn before anything of it is read: neither its body nor a connection to the
database. Whoever sends more than may wait is answered `too_many_requests` at once.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems

AT_ONCE = 3
"""So many requests of a merchant are worked at: as many parts of the event loop, and a seventh of the connections.

More are answered no faster, as the event loop has one core; but another merchant's request would wait for as many.
"""

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

_REMEMBERED_KEYS = 10_000


class Share:
    """What one merchant may have worked at, and may have wait."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._inside = 0

    @property
    def is_idle(self) -> bool:
        return self._inside == 0

    @asynccontextmanager
    async def turn(self, within_s: float) -> AsyncIterator["_Turn"]:
        """Wait for a turn and take it; raises Problem (`too_many_requests`) where that takes too long."""
        if self._inside >= self._most:
            raise problems.too_many_requests("too many of your requests wait already; send fewer at once")
        self._inside += 1
        turn = _Turn(self._turns)
        try:
            try:
                async with asyncio.timeout(within_s):
                    await turn.take()
            except TimeoutError as late:
                raise problems.too_many_requests("your other requests take all of your turns; send fewer") from late
            yield turn
        finally:
            turn.give_up()
            self._inside -= 1


class _Turn:
    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._is_taken = False

    async def take(self) -> None:
        await self._turns.acquire()
        self._is_taken = True

    def give_up(self) -> None:
        if self._is_taken:
            self._is_taken = False
            self._turns.release()


_TURN: ContextVar[_Turn | None] = ContextVar("turn", default=None)


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


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a request waits for its turn, in seconds, and how many of each have one."""

    within_s: float
    at_once: int = AT_ONCE
    waiting: int = WAITING


class Shares:
    """Lets each merchant's requests through in their turns.

    merchant_of: finds whose a key is, None where nobody knows it. It is asked once for each key: here it decides about
    turns only, and about nobody's rights.
    """

    def __init__(self, app: ASGIApp, merchant_of: Callable[[str], Awaitable[str | None]], limits: Limits) -> None:
        self._app = app
        self._merchant_of = merchant_of
        self._limits = limits
        self._shares: dict[str, Share] = {}
        self._strangers = Share(STRANGERS_AT_ONCE, limits.waiting)
        self._news = Share(NEWS_AT_ONCE, limits.waiting)
        self._known: OrderedDict[bytes, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
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
        key = _key_of(scope)
        merchant_id = await self._merchant(key) if key else None
        if merchant_id is None:
            return "", self._strangers
        made = Share(self._limits.at_once, self._limits.waiting)
        return merchant_id, self._shares.setdefault(merchant_id, made)

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


def _key_of(scope: Scope) -> str | None:
    headers = dict(scope["headers"])
    with suppress(UnicodeDecodeError):
        bearer: str = headers.get(b"authorization", b"").decode()
        if bearer[:7].lower() == "bearer ":
            return bearer[7:].strip()
        named: str = headers.get(b"x-api-key", b"").decode()
        return named or None
    return None
