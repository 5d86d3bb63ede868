"""Requests about large orders are answered by processes of their own, so that they hold nobody else up.

Working at an order of thousands of lines takes seconds of Python: on the event loop, and in a thread of the same
process as well, everybody else would wait for it. Another process with the whole application answers instead; it is
started when it is first needed, and works below the priority of this one.

The large requests of a merchant are answered there in turn. What does not get its turn in time is refused, before
anything of it is done: so what is begun has time enough to end.

What is large is known from the body, or found when the order, the refund or the customer is about to be read
(`db/weights.py`): nothing has been done then, and the request begins anew over there. What was found to be slow
again and again is answered there as well (`api/loop_time.py`).
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.deadline import ANSWER_UNTIL
from api.limits import MOST_BYTES
from api.loop_time import Computing, RequestKind, Slow, kind_of
from api.request_ids import HEADER
from api.shares import MERCHANT, TURN_UNTIL
from db import weights
from db.journal import request_id
from service.lanes import Died, Processes

LARGE_BODY = 16 * 1024
"""A body of more bytes is answered elsewhere, whatever it is about."""

_COME_AGAIN_AFTER_S = 5

_BEFORE_THE_END_S = 1.0
"""So long before a request would be answered that nobody knows, one that only reads is told to come again."""

_QUOTES = "/v1/refunds/quote"

_GOES_ON = re.compile(r"/v1/refunds/[^/]+/events")
"""Answers that have no end: the other process, which answers whole requests, would wait for it."""

_PASSED_ON = [
    "type",
    "asgi",
    "http_version",
    "method",
    "scheme",
    "path",
    "raw_path",
    "query_string",
    "root_path",
    "client",
    "server",
]
_REQUEST_ID = HEADER.lower().encode()

Given = TypeVar("Given")
Made = TypeVar("Made")
MakeApp = Callable[[], Awaitable[ASGIApp]]


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer; took_s: how long it was computed."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    took_s: float


class Lane:
    """Processes that answer whole requests, one of each merchant at a time."""

    def __init__(self, make_app: MakeApp) -> None:
        self._processes = Processes(_begin, make_app)

    async def answer(self, merchant: str, scope: Scope, body: bytes) -> Answered:
        """Answer a request over there, in the merchant's turn.

        Raises Problem: `too_many_requests` where its turn does not come in time, `temporarily_unavailable` where that
        process dies.
        """
        passed = {name: scope[name] for name in _PASSED_ON if name in scope}
        named = [header for header in scope["headers"] if header[0] != _REQUEST_ID]
        passed["headers"] = [*named, (_REQUEST_ID, (request_id.get() or "").encode())]
        try:
            return await self._processes.run(merchant, _answer, passed, body, until=scope.get(TURN_UNTIL))
        except TimeoutError as late:
            detail = "your other large requests take all of your turns; send them one after the other"
            raise problems.too_many_requests(detail, after_s=_COME_AGAIN_AFTER_S) from late
        except Died as died:
            raise problems.try_again("this was not answered; repeat it under the same Idempotency-Key") from died

    async def work(self, merchant: str, function: Callable[[Given], Made], given: Given) -> Made:
        """Compute a function over there, in the merchant's turn; raises Died."""
        return await self._processes.run(merchant, function, given)

    def close(self) -> None:
        self._processes.close()


class Heavy:
    """Sends what is large to the lane, and everything else on."""

    def __init__(self, app: ASGIApp, lane: Lane) -> None:
        self._app = app
        self._lane = lane
        self._slow = Slow()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "http" and scope["path"].startswith("/v1/")
        if not is_ours or scope["path"].startswith("/v1/webhooks/") or _GOES_ON.fullmatch(scope["path"]):
            return await self._app(scope, receive, send)
        kind = kind_of(scope.get(MERCHANT, ""), scope)
        if _has_large_body(scope) or kind in self._slow:
            return await self._pass_on(kind, scope, await _whole(receive), send)
        return await self._try_here(kind, scope, receive, send)

    async def _try_here(self, kind: RequestKind, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer here unless something heavy is met: then nothing has been done or said yet."""
        read: list[Message] = []

        async def kept() -> Message:
            message = await receive()
            read.append(message)
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == TOO_HEAVY_HERE:
                    raise _TooHeavyHere
                self._slow.note(kind, working.took_s)
            await send(message)

        passing = weights.LIGHT_ONLY.set(True)
        working = Computing(self._app(scope, kept, sending))
        try:
            await working
        except _TooHeavyHere:
            body = b"".join(message.get("body", b"") for message in read)
            await self._pass_on(kind, scope, body, send)
        finally:
            weights.LIGHT_ONLY.reset(passing)

    async def _pass_on(self, kind: RequestKind, scope: Scope, body: bytes, send: Send) -> None:
        answered = await self._answered(kind.merchant, scope, body)
        if kind in self._slow:
            self._slow.note(kind, answered.took_s)
        await send({"type": "http.response.start", "status": answered.status, "headers": answered.headers})
        await send({"type": "http.response.body", "body": answered.body})

    async def _answered(self, merchant: str, scope: Scope, body: bytes) -> Answered:
        """Have a request answered over there.

        Raises Problem (`too_many_requests`) where one that only reads takes too long. Of what may have changed
        something nobody knows then whether it did: that is for `api/deadline.py` to say.
        """
        until = scope.get(ANSWER_UNTIL) if _only_reads(scope) else None
        try:
            async with asyncio.timeout_at(until - _BEFORE_THE_END_S if until is not None else None):
                return await self._lane.answer(merchant, scope, body)
        except TimeoutError as late:
            detail = "this is large, and takes too long now; send large requests one after the other"
            raise problems.too_many_requests(detail, after_s=_COME_AGAIN_AFTER_S) from late


class _TooHeavyHere(Exception):
    """An answer here is about to say that something is too heavy for here."""


TOO_HEAVY_HERE = 599
"""The status by which the application says so (`api/trouble.py`); it never leaves the services."""


def _has_large_body(scope: Scope) -> bool:
    """Whether a body is large, or of a size that nobody says; the application refuses what is too large, here."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"transfer-encoding" in headers or (length.isdigit() and LARGE_BODY < int(length) <= MOST_BYTES)


def _only_reads(scope: Scope) -> bool:
    return bool(scope["method"] == "GET" or scope["path"] == _QUOTES)


async def _whole(receive: Receive) -> bytes:
    """Read a body to its end, or to the first byte that is too many, which the application refuses over there."""
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False) or size > MOST_BYTES:
            return b"".join(parts)


# In the other process

_loop: asyncio.AbstractEventLoop
_app: ASGIApp


def _begin(make_app: MakeApp) -> None:
    global _loop, _app
    _loop = asyncio.new_event_loop()
    asyncio.set_event_loop(_loop)
    _app = _loop.run_until_complete(make_app())


def _answer(scope: dict[str, Any], body: bytes) -> Answered:
    return _loop.run_until_complete(_answered({**scope, "state": {}}, body))


async def _answered(scope: Scope, body: bytes) -> Answered:
    said: list[Message] = []
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        said.append(message)

    began = time.thread_time()
    await _app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in said[1:])
    return Answered(said[0]["status"], list(said[0]["headers"]), body, time.thread_time() - began)
