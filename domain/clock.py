"""What time it is by this machine's clock. Whoever wants to know asks here, so that a test or a simulation can say.

The rules know no clock: they are given moments. In a workflow the time is the workflow's (`temporal_client/runner.py`).
How old a row is, PostgreSQL says (`db/server_clock.py`): one clock judges what different machines have written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime


def _of_this_machine() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Callable[[], datetime]] = ContextVar("clock", default=_of_this_machine)


def now() -> datetime:
    """Return the moment that it is, in UTC."""
    return _clock.get()()


@contextmanager
def set_to(another: Callable[[], datetime]) -> Iterator[None]:
    """Let another clock tell the time while the body runs, to the body and to the tasks that it starts."""
    before = _clock.set(another)
    try:
        yield
    finally:
        _clock.reset(before)
