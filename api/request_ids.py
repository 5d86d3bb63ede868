"""Every answer says `Request-Id`, and so does every line that is logged and every entry that is audited for it."""

import logging
import re
import secrets
from datetime import timedelta
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import paths, problems
from db import whose
from db.journal import request_id
from domain import clock

log = logging.getLogger("api")

HEADER = "Request-Id"

WELL_FORMED = "[0-9A-Za-z._:/+=-]{1,128}"


class RequestIds:
    """Takes the caller's `Request-Id` where it is well-formed (1 to 128 of `0-9A-Za-z._:/+=-`), else makes one.

    It stands around everything else, so it also answers what nobody foresaw, and notes what was refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        asked = Headers(scope=scope).get(HEADER, "")
        named = asked if re.fullmatch(WELL_FORMED, asked) else f"req_{secrets.token_hex(10)}"
        answer = _Named(send, named, f"{scope['method']} {paths.told(scope['path'])}")
        token = request_id.set(named)
        whose.unsaid()
        clock.ahead_from_now_on(timedelta())
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            if answer.has_begun:
                raise
            log.error("unexpected", exc_info=error)
            await problems.answer(problems.unexpected())(scope, receive, answer.send)
        finally:
            request_id.reset(token)


class _Named:
    """Writes the request's id on its answer, and a line into the log where it was refused."""

    def __init__(self, send: Send, named: str, asked: str) -> None:
        self._send = send
        self._named = named
        self._asked = asked
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            MutableHeaders(scope=message)[HEADER] = self._named
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                log.info("%s: %s", ascii(self._asked), message["status"])
        await self._send(message)


class WithRequestId(logging.Filter):
    """Says of each record which request caused it, if one did."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
