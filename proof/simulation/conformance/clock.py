"""The clock of a schedule, for Python and for Postgres: whoever asks what time it is gets the schedule's time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Self

import psycopg

_PACKAGES = ("activities", "api", "db", "gateways")

SHADOW = """
create schema schedule;
create table schedule.clock (at timestamptz not null);
insert into schedule.clock values (pg_catalog.now());
create function schedule.now() returns timestamptz language sql stable as 'select at from schedule.clock';
"""
"""Stands before pg_catalog in the search path, so that `now()` is the schedule's, in defaults of columns too."""


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
        """Let the modules of ours that read the machine's clock read this one instead."""
        clock = self

        class Scheduled(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(clock.of_worker, tz or UTC)

        modules = [
            module
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in _PACKAGES and vars(module).get("datetime") is datetime
        ]
        for module in modules:
            vars(module)["datetime"] = Scheduled
        try:
            yield
        finally:
            for module in modules:
                vars(module)["datetime"] = datetime
