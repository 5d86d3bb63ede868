"""Connections to PostgreSQL."""

import time
from contextlib import suppress
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from pydantic_core import from_json
from sqlalchemy import Connection, Dialect, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from db.whose import OfSomeone

STATEMENT_S = 8.0
"""A statement ends before the activity around it does, so that no attempt outlives its timeout."""

_USED_AT = "makewhole.used_at"

_MOST_PREPARED = 250
"""So many statements each connection keeps prepared; a worker has about ninety, and some of them in several forms."""

_COUNTS = "-c makewhole.counts=on"
"""Who says so keeps the standings (`db/standings.py`); what anybody else changes makes the customer counted anew."""

_READING: WeakKeyDictionary[AsyncEngine, AsyncEngine] = WeakKeyDictionary()


def open_engine(
    database_url: str,
    *,
    pool_size: int = 20,
    ping_after_s: float | None = 5.0,
    statement_s: float = STATEMENT_S,
    lock_s: float = STATEMENT_S,
) -> AsyncEngine:
    """Make an engine for a `postgresql://` address; it connects when first used.

    statement_s: how many seconds a statement may take, and waiting for a connection of the pool.
    lock_s: how many seconds a statement may wait for a row that another transaction holds.
    ping_after_s: ask a connection that was idle for so long whether it still lives. None asks none: a worker need not
        know, it tries again anyway.

    Raises ValueError for an address of anything but PostgreSQL.
    """
    engine = create_async_engine(
        psycopg_url(database_url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=statement_s,
        pool_use_lifo=True,  # the connection that was used last has the most statements prepared
        json_deserializer=from_json,
        connect_args={
            "async_creator_fn": OfSomeone.connect,
            "connect_timeout": 5,
            "prepare_threshold": 0,  # every statement is prepared when it is executed first
            # In UTC, whatever the server's time zone: east of it the last day of the year 9999 could not be read back.
            "options": f"-c statement_timeout={statement_s * 1000:.0f} -c lock_timeout={lock_s * 1000:.0f} "
            f"-c idle_in_transaction_session_timeout=30000 -c timezone=UTC {_COUNTS}",
        },
    )
    event.listen(engine.sync_engine, "connect", _keep_more_prepared)
    if ping_after_s is not None:
        event.listen(engine.sync_engine, "checkin", _note_its_use)
        event.listen(engine.sync_engine, "checkout", partial(_ping_if_idle, engine.dialect, ping_after_s))
    return engine


def snapshots(engine: AsyncEngine) -> AsyncEngine:
    """The same pool for those who only read: all that one connection reads is of one moment, and it can't write.

    What only read ends in COMMIT: at a ROLLBACK psycopg forgets every statement that the connection has prepared.
    """
    reading = _READING.get(engine)
    if reading is None:
        reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        event.listen(reading.sync_engine, "rollback", _commit_instead)
        _READING[engine] = reading
    return reading


def _commit_instead(connection: Connection) -> None:
    """Psycopg's own rollback then finds no transaction and sends nothing; a dead connection has none to end.

    One that died meanwhile is left to that rollback: SQLAlchemy names what it meets there, here it would not.
    """
    if not connection.invalidated:
        with suppress(psycopg.Error):
            connection.connection.dbapi_connection.commit()  # type: ignore[union-attr]


def _note_its_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info[_USED_AT] = time.monotonic()


def _ping_if_idle(dialect: Dialect, after_s: float, connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """A pool that is told of a dead connection makes another. One that was used just now is not asked each time."""
    used_at = record.info.get(_USED_AT)
    if used_at is None or time.monotonic() - used_at < after_s:
        return
    try:
        dialect.do_ping(connection)
    except psycopg.Error as dead:
        raise DisconnectionError(str(dead)) from dead


def _keep_more_prepared(connection: Any, _record: Any) -> None:
    connection.driver_connection.prepared_max = _MOST_PREPARED


def psycopg_url(database_url: str) -> str:
    """Name the driver in a `postgresql://` address."""
    url = make_url(database_url)
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError(f"the database address must start with postgresql://, not {url.drivername}://")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
