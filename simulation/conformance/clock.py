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


class Clock:
    """Shows what it is set to, in seconds since 1970."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self.seconds = 0.0

    def set(self, seconds: float) -> None:
        if seconds != self.seconds:
            self.seconds = seconds
            self._connection.execute("update schedule.clock set at = to_timestamp(%s)", [seconds])

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Let the modules of ours that read the machine's clock read this one instead."""
        clock = self

        class Scheduled(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(clock.seconds, tz or UTC)

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
