"""How long a busy provider wants to be left alone."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from domain import clock

_LONGEST_S = 10**9
"""Nobody waits so long; what is longer is none that a timer takes."""


def retry_after(said: str, otherwise: timedelta) -> timedelta:
    """Read a `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3); `otherwise` where there is none, or no such."""
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:20]), _LONGEST_S))
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return otherwise
    left = (at if at.tzinfo else at.replace(tzinfo=UTC)) - clock.of_this_machine()
    return max(left, timedelta())
