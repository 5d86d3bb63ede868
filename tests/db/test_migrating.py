"""Several programs that migrate one database at once: one does it, the others wait without keeping it from its work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import psycopg
import pytest
from sqlalchemy import make_url

from db.migrate import upgrade
from tools.stack.stack import Stack

HALF_BUILT = "select indexrelid::regclass::text from pg_index where not indisvalid"


@pytest.fixture
def empty(stack: Stack) -> Iterator[tuple[str, str]]:
    """The addresses of a new database: as its owner, and as the programs."""
    name = f"empty_{token_hex(4)}"
    with psycopg.connect(stack.description.owner_database_url, autocommit=True) as server:
        server.execute(f"create database {name}".encode())
        addresses = stack.description.owner_database_url, stack.description.database_url
        owner, programs = (
            make_url(each).set(database=name).render_as_string(hide_password=False) for each in addresses
        )
        yield owner, programs
        server.execute(f"drop database {name} with (force)".encode())


def test_who_migrates_at_once_waits_for_the_first_and_no_index_is_left_half_built(empty: tuple[str, str]) -> None:
    with ThreadPoolExecutor(3) as programs:
        for done in [programs.submit(upgrade, *empty) for _ in range(3)]:
            done.result()

    with psycopg.connect(empty[0]) as database:
        assert database.execute(HALF_BUILT).fetchall() == []
        assert database.execute("select count(*) from alembic_version").fetchall() == [(1,)]
