"""The schema, brought up to date by Alembic; safe to run by several processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from db.engine import psycopg_url

_LOCK = 0x6D616B65
"""An advisory lock's number: one migration at a time."""


def upgrade(database_url: str) -> None:
    """Migrate a database to the newest schema; raises sqlalchemy's OperationalError if it can't be reached."""
    engine = create_engine(psycopg_url(database_url))
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:number)"), {"number": _LOCK})
        connection.commit()
        command.upgrade(config(connection), "head")
    engine.dispose()


def config(connection: object) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made
