"""Bodies are bounded before anything reads them. FastAPI's own limit answers in plain text, ours as a problem."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from service.picture_files import MOST_BYTES as MOST_PICTURE_BYTES

MOST_BYTES = 4 * 1024 * 1024

LARGER = {"/v1/settlement-reports": 64 * 1024 * 1024, "/v1/evidence": MOST_PICTURE_BYTES}
"""By path, what may be larger: a report is read piece by piece, a picture by its decoder."""


class BodyLimit:
    """Refuse a body that says it is too large, and stop reading one that turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        most = LARGER.get(scope["path"], MOST_BYTES)
        if not declared.isdigit() or int(declared) > most:
            return await problems.answer(problems.too_large(most))(scope, receive, send)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                # FastAPI lets only its own kind of exception out of reading a body.
                raise HTTPException(413, f"a body has at most {most} bytes")
            return message

        return await self._app(scope, counted, send)
