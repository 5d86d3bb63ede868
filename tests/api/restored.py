"""A copy of what the database holds of one merchant, and a database that is brought back from it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import Identity, make_url

from db.migrate import upgrade
from db.schema import metadata
from tools.stack.stack import Stack

Copy = dict[str, bytes]
"""Rows as PostgreSQL writes them, by their table."""


def copy_of(stack: Stack, merchant_id: str) -> Copy:
    """Copy all rows that the programs see of a merchant, as of one moment."""
    with psycopg.connect(stack.description.database_url) as connection:
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select set_config('makewhole.merchant', %s, true)", [merchant_id])
        return {name: _rows(connection, name) for name in metadata.tables}


def _rows(connection: psycopg.Connection, name: str) -> bytes:
    rows = sql.SQL("copy (select * from {}) to stdout").format(sql.Identifier(name))
    with connection.cursor().copy(rows) as copied:
        return b"".join(bytes(piece) for piece in copied)


@contextmanager
def restored(stack: Stack, copy: Copy) -> Iterator[str]:
    """Bring a database back from a copy; gives its address, as its owner reaches it."""
    owner, programs = stack.description.owner_database_url, stack.description.database_url
    name = f"restored_{secrets.token_hex(4)}"
    url, as_programs = (make_url(each).set(database=name).render_as_string(False) for each in (owner, programs))
    with psycopg.connect(owner, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            upgrade(url, as_programs)
            with psycopg.connect(url) as connection:
                connection.execute("set session_replication_role = replica")  # neither foreign keys nor triggers
                for table, rows in copy.items():
                    _bring_back(connection, table, rows)
            yield url
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _bring_back(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    """With its numbers: what is added afterwards comes after what was there."""
    named = sql.Identifier(table)
    connection.execute(sql.SQL("delete from {}").format(named))  # what migrations begin with
    with connection.cursor().copy(sql.SQL("copy {} from stdin").format(named)) as copying:
        copying.write(rows)
    for column in metadata.tables[table].c:
        if isinstance(column.server_default, Identity):
            last = "select setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 0) + 1) from {}"
            called = sql.Literal(table), sql.Literal(column.name), sql.Identifier(column.name), named
            connection.execute(sql.SQL(last).format(*called))
