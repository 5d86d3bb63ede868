"""A database as an earlier version left it, for what migrations carry over."""

import secrets
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, text

from db.engine import psycopg_url
from db.migrate import config
from tools.stack.stack import Stack


@pytest.fixture
def earlier(stack: Stack) -> Iterator[Engine]:
    """An empty database as version 0002 knew it."""
    server = create_engine(psycopg_url(stack.description.owner_database_url), isolation_level="AUTOCOMMIT")
    name = f"earlier_{secrets.token_hex(4)}"
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine = create_engine(server.url.set(database=name))
    with engine.connect() as connection:
        command.upgrade(config(connection), "0002")
        connection.commit()
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    server.dispose()
