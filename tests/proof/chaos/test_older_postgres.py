"""Our books go back to a copy, and the provider's don't: they lie in the same server."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from db.migrate import upgrade
from proof.chaos.older_postgres import copy_postgres, put_back
from tools.stack.stack import Stack

OURS = "insert into audit_heads (merchant_id, sequence, hash) values (%s, 0, '')"
THEIRS = "insert into sandbox.told values (%s)"


@pytest.fixture
def books(stack: Stack) -> Iterator[str]:
    """A database of its own, with our schema and one of somebody else's; returns its address."""
    with psycopg.connect(stack.description.owner_database_url, autocommit=True) as server:
        server.execute("create database older")
        url = make_url(stack.description.owner_database_url).set(database="older").render_as_string(hide_password=False)
        upgrade(url, _as_application(stack))
        change(url, "create table sandbox.told (what text)")
        yield url
        server.execute("drop database older with (force)")


def _as_application(stack: Stack) -> str:
    return make_url(stack.description.database_url).set(database="older").render_as_string(hide_password=False)


async def test_the_programs_may_what_they_might_before(books: str, stack: Stack, tmp_path: Path) -> None:
    await copy_postgres(books, tmp_path / "copy")

    await put_back(books, tmp_path / "copy")

    change(_as_application(stack), OURS, "after")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        change(_as_application(stack), "update postings set amount = 0")


async def test_what_we_noted_after_the_copy_is_gone_and_what_others_noted_stays(books: str, tmp_path: Path) -> None:
    change(books, OURS, "before")
    change(books, THEIRS, "before")
    await copy_postgres(books, tmp_path / "copy")
    change(books, OURS, "after")
    change(books, THEIRS, "after")

    await put_back(books, tmp_path / "copy")

    assert read(books, "select merchant_id from audit_heads order by 1") == ["before"]
    assert read(books, "select what from sandbox.told order by 1") == ["after", "before"]


async def test_who_was_in_the_books_meanwhile_is_thrown_out(books: str, tmp_path: Path) -> None:
    await copy_postgres(books, tmp_path / "copy")
    with psycopg.connect(books) as somebody:
        somebody.execute(OURS, ["half done"])  # holds the table until it is ended

        await put_back(books, tmp_path / "copy")

        with pytest.raises(psycopg.OperationalError):
            somebody.execute("select 1")
    assert read(books, "select merchant_id from audit_heads") == []


def change(url: str, statement: str, *values: str) -> None:
    with psycopg.connect(url, autocommit=True, options="-c makewhole.merchant=*") as connection:
        connection.execute(statement.encode(), values)


def read(url: str, query: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query.encode())]
