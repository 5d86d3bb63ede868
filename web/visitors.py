"""Who looks at a page, by their cookies, and whether a form that comes is one that we gave them.

A cookie is sent with whatever any page asks for, so it changes nothing by itself: a form says a token too, made of a
secret that this browser alone has, and of the key it is signed in with. A page elsewhere can read neither.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

CUSTOMER = "__Host-makewhole-customer"
STAFF = "__Host-makewhole-session"
STAFF_KEY = "__Host-makewhole-key"
BROWSER = "__Host-makewhole-browser"
LANGUAGE = "__Host-makewhole-language"
"""`__Host-`: browsers take them by HTTPS (or from localhost) alone, for this very host and no other."""

TOKEN_FIELD = "form_token"  # noqa: S105 - what the field is called
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 - what the header is called

YEAR_S = 365 * 24 * 3600
_WRITTEN_AS = re.compile("[A-Za-z0-9_.-]{1,200}")
OF_OURS = ("same-origin", "none")


class NotOurForm(Exception):
    """A form came that is none of ours, or one from before the visitor signed in or out."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """browser: the secret of this browser, "" where it has none yet."""

    browser: str
    key: str

    @property
    def form_token(self) -> str:
        return hmac.new(self.browser.encode(), f"form {self.key}".encode(), hashlib.sha256).hexdigest()


def customer(request: Request) -> Visitor:
    return Visitor(_browser(request), cookie(request, CUSTOMER))


def staff(request: Request) -> Visitor:
    """Who signed in at the merchant's provider, else who pasted an API key."""
    return Visitor(_browser(request), cookie(request, STAFF) or cookie(request, STAFF_KEY))


def check_form(request: Request, visitor: Visitor, said: str) -> None:
    """Let a form in that this browser got from us. said: its token, of the field or the header; raises NotOurForm."""
    is_known = bool(cookie(request, BROWSER)) and hmac.compare_digest(said.encode(), visitor.form_token.encode())
    if not is_known or _comes_from_elsewhere(request):
        raise NotOurForm


def _comes_from_elsewhere(request: Request) -> bool:
    """Browsers say it themselves; the older ones, which do not, name at least the origin."""
    if site := request.headers.get("sec-fetch-site"):
        return site not in OF_OURS
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def cookie(request: Request, name: str) -> str:
    """Return the value of a cookie, "" for one that is not there, or not as we write them."""
    value = request.cookies.get(name, "")
    return value if _WRITTEN_AS.fullmatch(value) else ""


def remember(answer: Response, name: str, value: str, lasts_s: int | None = None) -> None:
    """Have the browser keep a cookie, which no script reads: until it is closed, or so long."""
    answer.set_cookie(name, value, max_age=lasts_s, path="/", secure=True, httponly=True, samesite="lax")


def forget(answer: Response, name: str) -> None:
    answer.set_cookie(name, "", max_age=0, path="/", secure=True, httponly=True, samesite="lax")


def _browser(request: Request) -> str:
    """Return the secret of this browser; a new one is made where it has none, and set by `web/pages.py`."""
    known = cookie(request, BROWSER)
    if known:
        return known
    if not hasattr(request.state, "new_browser"):
        request.state.new_browser = secrets.token_urlsafe(32)
    return str(request.state.new_browser)
