"""Bodies are bounded before anything reads them. FastAPI's own limit answers in plain text, ours as a problem."""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from service.picture_files import MOST_BYTES as MOST_PICTURE_BYTES

MOST_BYTES = 4 * 1024 * 1024

LARGER = {"/v1/settlement-reports": 64 * 1024 * 1024, "/v1/evidence": MOST_PICTURE_BYTES}
"""By path, what may be larger: a report is read piece by piece, a picture by its decoder."""

_FORM_WITH_PICTURES = re.compile(
    r"/pages/(orders/.+/confirm|refunds/[^/]+/evidence|warehouse/refunds/[^/]+/inspection)"
)
_PAGES = "/pages/"


def most_bytes(path: str) -> int:
    """Say how large a body may be: a form of several pictures as large as three of the largest and what was typed."""
    if _FORM_WITH_PICTURES.fullmatch(path):
        return 3 * MOST_PICTURE_BYTES + MOST_BYTES
    return LARGER.get(path, MOST_BYTES)


class OneEnd:
    """Refuse a request whose body may end in two places.

    What is in front of us may go by the one, we by the other: then what is a body there is a request here, which
    nobody there has seen.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name for name, _ in scope["headers"]} if scope["type"] == "http" else set()
        if {b"content-length", b"transfer-encoding"} <= names:
            return await problems.answer(problems.ends_in_two_places())(scope, receive, send)
        return await self._app(scope, receive, send)


class BodyLimit:
    """Refuse a body that says it is too large, and stop reading one that turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        most = most_bytes(scope["path"])
        is_too_large = not declared.isdigit() or int(declared) > most
        if is_too_large and not scope["path"].startswith(_PAGES):
            return await problems.answer(problems.too_large(most))(scope, receive, send)
        read = most if is_too_large else 0  # a page says it as a page, once it begins to read

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                # FastAPI lets only its own kind of exception out of reading a body.
                raise HTTPException(413, f"a body has at most {most} bytes")
            return message

        return await self._app(scope, counted, send)
