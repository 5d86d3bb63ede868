"""Connections to PostgreSQL."""

from pydantic_core import from_json
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

STATEMENT_S = 8.0
"""A statement ends before the activity around it does, so that no attempt outlives its timeout."""


def open_engine(
    database_url: str, *, pool_size: int = 20, ping: bool = True, statement_s: float = STATEMENT_S
) -> AsyncEngine:
    """Make an engine for a `postgresql://` address; it connects when first used.

    statement_s: how many seconds a statement may take, and waiting for a connection of the pool.
    ping: ask a pooled connection whether it still lives before it is used; a worker need not, it tries again anyway.

    Raises ValueError for an address of anything but PostgreSQL.
    """
    return create_async_engine(
        psycopg_url(database_url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=statement_s,
        pool_pre_ping=ping,
        json_deserializer=from_json,
        connect_args={
            "connect_timeout": 5,
            # In UTC, whatever the server's time zone: east of it the last day of the year 9999 could not be read back.
            "options": f"-c statement_timeout={statement_s * 1000:.0f} -c idle_in_transaction_session_timeout=30000 "
            "-c timezone=UTC",
        },
    )


def snapshots(engine: AsyncEngine) -> AsyncEngine:
    """The same pool for those who only read: all that one connection reads is of one moment, and it can't write."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def psycopg_url(database_url: str) -> str:
    """Name the driver in a `postgresql://` address."""
    url = make_url(database_url)
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError(f"the database address must start with postgresql://, not {url.drivername}://")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
