"""Sessions that nobody uses any more end before their time; that one is used is written once a minute at most."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, extract, func, literal_column

_USED_ANEW = timedelta(minutes=1)
"""The last use is written no more often; so a session ends up to a minute sooner than its time without a use says."""

_SECOND: ColumnElement[Any] = literal_column("interval '1 second'")


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long a session is open, and how long if nobody uses it."""

    used: timedelta
    unused: timedelta

    @property
    def idle_s(self) -> int:
        return int(self.unused.total_seconds())


def is_open(session: Any) -> Any:
    """Whether a session was neither ended, nor has it lasted or stood unused for its time."""
    return session.ended_at.is_(None) & (ends_at(session) > func.now())


def lasts_ms(session: Any) -> Any:
    """For how many milliseconds a session is open yet if nobody uses it."""
    return (extract("epoch", ends_at(session) - func.now()) * 1000).cast(BigInteger)


def ends_at(session: Any) -> Any:
    return func.least(session.expires_at, session.last_used_at + session.idle_s * _SECOND)


def is_used_anew(session: Any) -> Any:
    """Whether its use is to be noted."""
    return session.last_used_at < func.now() - _USED_ANEW
