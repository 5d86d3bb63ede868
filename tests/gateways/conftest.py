"""One party a test, and a database for those who keep their books in one."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from db.engine import psycopg_url
from tests.gateways.parties import PARTIES
from tests.gateways.party import Party
from tools.stack.stack import Stack

VARIABLE = "MAKEWHOLE_PROVIDER_DESCRIPTIONS"
DESCRIPTIONS = Path(os.environ.get(VARIABLE) or Path(__file__).parents[3] / "shared" / "data" / "openapi")

collect_ignore: list[str] = []
if not DESCRIPTIONS.is_dir() and "CI" not in os.environ:
    collect_ignore.extend(path.name for path in Path(__file__).parent.glob("test_published_*.py"))


def pytest_report_header() -> list[str]:
    return [f"left out, because its data is not there ({VARIABLE}): {name}" for name in collect_ignore]


@pytest.fixture(scope="session")
def books_url(stack: Stack) -> Iterator[str]:
    """An empty database on the server of the stack, which the stack's own sandbox does not know."""
    name = f"books_{secrets.token_hex(4)}"
    # Other tests kill Postgres meanwhile: each connection is a new one.
    url = psycopg_url(stack.description.owner_database_url)
    server = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"create database {name}"))
    yield make_url(stack.description.owner_database_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


@pytest.fixture
async def party(request: pytest.FixtureRequest) -> AsyncIterator[Party]:
    kind = PARTIES[request.param]
    books_url = request.getfixturevalue("books_url") if kind.adapter == "sandbox" else ""
    async with kind.open(books_url) as party:
        yield party
