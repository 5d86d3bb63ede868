"""Headers of every answer: what a browser that meets it may do with it, which is next to nothing."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_EVERY_ANSWER = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}

_OVER_TLS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
"""Only where the request came by TLS; who ends it in front of us says so by `X-Forwarded-Proto`, from this machine."""


class SafeHeaders:
    """Adds what an answer does not say itself: not to be kept, sniffed, framed, run, or named to others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        added = _OF_EVERY_ANSWER | (_OVER_TLS if scope.get("scheme") == "https" else {})

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
