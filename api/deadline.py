"""Every request is answered in time, also while what it waits for neither answers nor can be stopped."""

import asyncio
import logging
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems

log = logging.getLogger("api")

ANSWER_UNTIL = "makewhole.answer_until"
"""Where a request's scope says until when it has to be answered, by the loop's clock."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long the API works at one request, and how that time is shared out; all in seconds.

    request_s: then the answer is `temporarily_unavailable` (MAKEWHOLE_ANSWER_WITHIN_S).
    """

    request_s: float

    @property
    def update_s(self) -> float:
        """What a workflow is told has this long to take effect; the rest is for what comes before and after it."""
        return self.request_s * 4 / 5

    @property
    def turn_s(self) -> float:
        """A request waits this long for its merchant's turn."""
        return self.request_s * 2 / 5

    @property
    def lock_s(self) -> float:
        """Whoever waits for a row that others hold keeps a connection: not for long."""
        return self.statement_s / 2

    @property
    def statement_s(self) -> float:
        """One statement, or waiting for a connection, has this long: a request makes several."""
        return self.request_s / 3


class Deadline:
    """Answers `temporarily_unavailable` for a request that has not begun to answer in time.

    A query on a frozen PostgreSQL can't be cancelled, so the request is left behind to end when it can: its work may
    still take effect, as after any answer that was lost. What has begun to answer may take as long as it likes.
    """

    def __init__(self, app: ASGIApp, patience: Deadlines) -> None:
        self._app = app
        self._patience = patience
        self._left_behind: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope[ANSWER_UNTIL] = asyncio.get_running_loop().time() + self._patience.request_s
        answer = _Answer(send)
        working = asyncio.ensure_future(self._app(scope, receive, answer.send))
        try:
            await asyncio.wait({working}, timeout=self._patience.request_s)
        except asyncio.CancelledError:
            working.cancel()
            raise
        if working.done() or answer.has_begun:
            return await working
        answer.is_late = True
        self._leave_behind(working)
        detail = "there was no answer in time; repeat this in a moment, under the same Idempotency-Key"
        return await problems.answer(problems.try_again(detail))(scope, receive, send)

    def _leave_behind(self, working: "asyncio.Task[None]") -> None:
        self._left_behind.add(working)
        working.add_done_callback(self._ended)
        working.cancel()

    def _ended(self, working: "asyncio.Task[None]") -> None:
        self._left_behind.discard(working)
        if not working.cancelled() and working.exception() is not None:
            log.warning("a request that was answered for failed later: %r", working.exception())


class _Answer:
    """Passes an answer on until it is too late."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.is_late = False

    async def send(self, message: Message) -> None:
        if not self.is_late:
            self.has_begun = True
            await self._send(message)
