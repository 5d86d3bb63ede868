"""The clock of a schedule, for Python and for Postgres: whoever asks what time it is gets the schedule's time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from domain import clock

SHADOW = """
create schema schedule;
create table schedule.clock (at timestamptz not null);
insert into schedule.clock values (pg_catalog.now());
create function schedule.now() returns timestamptz language sql stable as 'select at from schedule.clock';
create function schedule.statement_timestamp() returns timestamptz language sql stable
    as 'select at from schedule.clock';
"""
"""Stands before pg_catalog in the search path: the schedule says what time it is, in defaults of columns too."""


_APART_S = (0.0, 1.5, -1.5, 10.0, -10.0, 600.0, -600.0)
"""How far machines' clocks are apart."""


class Clock:
    """Shows what it is set to, in seconds since 1970, which is Temporal's time.

    The worker's clock and that of Postgres are ahead of it, or behind.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._temporal = 0.0
        self.worker_ahead = self._postgres_ahead = 0.0

    def put_apart(self, seed: int) -> None:
        """Choose how far the clocks of a schedule are apart."""
        self.worker_ahead = _APART_S[seed % len(_APART_S)]
        self._postgres_ahead = _APART_S[seed // len(_APART_S) % len(_APART_S)]

    @property
    def of_worker(self) -> float:
        return self._temporal + self.worker_ahead

    def set(self, seconds: float) -> None:
        if seconds != self._temporal:
            self._temporal = seconds
            of_postgres = seconds + self._postgres_ahead
            self._connection.execute("update schedule.clock set at = to_timestamp(%s)", [of_postgres])

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Let what asks for the time be told this clock's."""
        with clock.set_to(lambda: datetime.fromtimestamp(self.of_worker, UTC)):
            yield
