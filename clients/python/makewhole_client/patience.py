"""How long a call is tried. No input or output here: the clients send, this says what follows."""

import random
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from makewhole_client.call import Call
from makewhole_client.clock import now
from makewhole_client.errors import Unreachable

TRY_AGAIN = frozenset({429, *range(500, 600)})


@dataclass(frozen=True, slots=True)
class Patience:
    """All attempts of a call together take at most `within_s`; pauses double, unless the API says how long.

    What comes by lines is worked out while it comes: between two of them may be `a_line_s`.
    """

    within_s: float = 60.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 10.0
    an_attempt_s: float = 30.0
    a_line_s: float = 300.0


class Attempts:
    """The attempts of one call."""

    def __init__(self, call: Call[object], patience: Patience, request: httpx.Request) -> None:
        self._call, self._patience, self._request = call, patience, request
        self._ends_at = time.monotonic() + patience.within_s
        self._pause_s = patience.first_pause_s
        self._tries = 0
        self._may_be_done = False

    def begin(self) -> httpx.Request:
        """Return the request, which may take no longer than what is left of the time."""
        seconds = max(0.1, min(self._patience.an_attempt_s, self._left_s()))
        read = self._patience.a_line_s if self._call.comes_by_lines else seconds
        self._request.extensions["timeout"] = httpx.Timeout(seconds, read=read).as_dict()
        return self._request

    def pause_before_next(self, outcome: httpx.Response | httpx.TransportError) -> float | None:
        """Say how long to wait before it is sent again; None where this was the answer. Raises Unreachable."""
        told = None
        if isinstance(outcome, httpx.LocalProtocolError):
            raise Unreachable(f"{self._call.method} {self._call.path} can't be sent: {outcome}")
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in TRY_AGAIN:
                return None
            told = retry_after_s(outcome)
        self._tries += 1
        self._may_be_done |= _may_be_done(outcome)
        pause = told if told is not None else self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311
        self._pause_s = min(self._pause_s * 2, self._patience.longest_pause_s)
        if pause < self._left_s():
            return pause
        if isinstance(outcome, httpx.Response):
            return None
        asked = f"{self._call.method} {self._call.path}"
        said = f"{asked} had no answer in {self._patience.within_s:g} s, {self._tries} times: {outcome!r}"
        raise Unreachable(said, self._call.idempotency_key)

    def done_before(self, response: httpx.Response) -> bool:
        """Whether a 404 says that an attempt whose answer was lost has deleted what was to be deleted."""
        return self._call.method == "DELETE" and response.status_code == 404 and self._may_be_done

    def _left_s(self) -> float:
        return self._ends_at - time.monotonic()


def _may_be_done(outcome: httpx.Response | httpx.TransportError) -> bool:
    """Whether it may be done although it looks as if it failed: the answer alone was lost."""
    if isinstance(outcome, httpx.Response):
        return outcome.status_code not in (429, 503)
    return not isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)


def retry_after_s(response: httpx.Response) -> float | None:
    """Read Retry-After, in seconds or as a date."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now())
