"""The cookies of sessions, and when one counts: never for a write of another's page.

A browser sends a cookie with whatever any page asks for. So with a cookie alone nothing is changed: staff who write
say the token of their session too (`X-CSRF-Token`), which only pages of this very origin can have read. Customers, and
staff who pasted an API key, only read by their cookie, as a refund's page listens to its events; what they write goes
through forms of the pages.
"""

import hmac
import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from db import staff_sessions
from service.signing_in import csrf_token
from web import visitors

SESSION, TOKEN = visitors.STAFF, visitors.TOKEN_HEADER
SIGN_IN = "__Host-makewhole-sign-in"
"""`__Host-`: browsers take them by HTTPS alone, for this very host and no other."""

COUNTS_NOT = "makewhole.cookie_counts_not"
"""Where a request's scope says that its cookie was not looked at, as it would write without the token."""

_WRITTEN_AS = re.compile("[A-Za-z0-9_-]{20,100}")
_READS = ("GET", "HEAD", "OPTIONS")

_PAGES_READ = "/v1/refunds/"
"""What a page reads without going through the pages: the events of a refund, and its slip."""

_READ_BY = (visitors.STAFF_KEY, visitors.CUSTOMER)


class CookieSessions:
    """Makes of the cookie of a session what programs send: its key in a header. A key in a header comes first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "http" and scope["path"].startswith("/v1/")
        if is_ours and not _has_key(headers := Headers(scope=scope)):
            scope = _with_key(scope, headers)
        await self._app(scope, receive, send)


def _with_key(scope: Scope, headers: Headers) -> Scope:
    """Put the key of a session into the scope of a request; where customers read as well as staff, staff come first."""
    if key := cookie(headers, SESSION):
        may = _staff_may(scope["method"], headers, key)
    elif scope["path"].startswith(_PAGES_READ) and (key := _key_to_read(headers)):
        may = scope["method"] in _READS
    else:
        return scope
    if not may:
        return {**scope, COUNTS_NOT: True}
    named = (b"authorization", f"Bearer {key}".encode())
    others = [header for header in scope["headers"] if header[0] != named[0]]
    return {**scope, "headers": [*others, named]}


def _key_to_read(headers: Mapping[str, str]) -> str:
    """The key of the first cookie that there is of those by which is only read."""
    return next((key for name in _READ_BY if (key := cookie(headers, name))), "")


def cookie(headers: Mapping[str, str], name: str) -> str:
    """Return the value of a cookie, "" for one that is not there, or not as we write them.

    What others have set beside it, however it is written, is no hindrance.
    """
    pairs = (each.strip().partition("=") for each in headers.get("cookie", "").split(";"))
    value = next((value for named, _, value in pairs if named == name), "")
    return value if _WRITTEN_AS.fullmatch(value) else ""


def setting(name: str, value: str, lasts_s: int) -> str:
    """Say in a `Set-Cookie` what a browser shall keep, and show to no page."""
    return f"{name}={value}; Max-Age={lasts_s}; Path=/; Secure; HttpOnly; SameSite=Lax"


def forgetting(name: str) -> str:
    return setting(name, "", 0)


def _has_key(headers: Headers) -> bool:
    return "authorization" in headers or "x-api-key" in headers


def _staff_may(method: str, headers: Headers, key: str) -> bool:
    if not key.startswith(staff_sessions.PREFIX):
        return False
    if method in _READS:
        return True
    if headers.get("sec-fetch-site", "none") not in visitors.OF_OURS:
        return False
    return hmac.compare_digest(headers.get(TOKEN, "").encode(), csrf_token(key).encode())
