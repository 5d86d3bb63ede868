"""The schema, brought up to date by Alembic; safe to run by several processes at once."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from db import application_role
from db.engine import psycopg_url

_LOCK = 0x6D616B65
"""An advisory lock's number: one migration at a time."""
_ASKS_AGAIN_S = 0.2
_WAITS_FOR_A_LOCK = "5s"
"""Whoever waits for a table's lock has all others wait behind it: rather give up, and be run again."""


def upgrade(owner_url: str, application_url: str = "") -> None:
    """Migrate a database to the newest schema, as its owner, and let the programs' role do what they do there.

    Without another address for the programs, or with one of the same role, they are the owner themselves.
    Raises sqlalchemy's OperationalError if a server can't be reached, or a table is not free within five seconds: what
    was migrated until then stays, and the rest may be tried again. And NoSuchRole.
    """
    engine = create_engine(psycopg_url(owner_url))
    with engine.connect() as connection:
        _wait_for_the_lock(connection)
        connection.execute(text("select set_config('lock_timeout', :most, false)"), {"most": _WAITS_FOR_A_LOCK})
        connection.commit()
        command.upgrade(config(connection), "head")
        role = application_role.current_user(psycopg_url(application_url or owner_url))
        if role != connection.execute(text("select current_user")).scalar_one():
            application_role.grant(connection, role)
        connection.commit()
    engine.dispose()


def _wait_for_the_lock(connection: Connection) -> None:
    """Ask again and again, in a transaction each: who waits in one keeps an index from being built concurrently."""
    while not connection.execute(text("select pg_try_advisory_lock(:number)"), {"number": _LOCK}).scalar_one():
        connection.rollback()
        time.sleep(_ASKS_AGAIN_S)


def config(connection: object) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made
