"""What time it is: for the merchant whom something is about, and by this machine's clock.

Whoever wants to know asks here, so that a test or a simulation can say. `now` is for all that a merchant or a customer
sees or agreed to: windows, deadlines, expiries. A merchant who tries things out has a clock that is ahead
(`db/merchant_time.py`). `of_this_machine` is for what machines agree on: signatures, tokens, keys, leases.

The rules know no clock: they are given moments. In a workflow the time is the workflow's (`temporal_client/runner.py`).
How old a row is, PostgreSQL says (`db/server_clock.py`): one clock judges what different machines have written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta


def _of_this_machine() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Callable[[], datetime]] = ContextVar("clock", default=_of_this_machine)
_ahead: ContextVar[timedelta] = ContextVar("ahead", default=timedelta())


def now() -> datetime:
    """Return the moment that it is for the merchant whom this is about, in UTC."""
    return _clock.get()() + _ahead.get()


def of_this_machine() -> datetime:
    """Return the moment that it is for everybody, in UTC."""
    return _clock.get()()


def ahead() -> timedelta:
    """Return how far the clock of the merchant whom this is about is ahead."""
    return _ahead.get()


@contextmanager
def set_to(another: Callable[[], datetime]) -> Iterator[None]:
    """Let another clock tell the time while the body runs, to the body and to the tasks that it starts."""
    before = _clock.set(another)
    try:
        yield
    finally:
        _clock.reset(before)


@contextmanager
def ahead_by(span: timedelta) -> Iterator[None]:
    """Let it be so much later for the merchant whom the body is about."""
    before = _ahead.set(span)
    try:
        yield
    finally:
        _ahead.reset(before)


def ahead_from_now_on(span: timedelta) -> None:
    """Let it be so much later for all that this task does from now on: its request has said whose it is."""
    _ahead.set(span)
