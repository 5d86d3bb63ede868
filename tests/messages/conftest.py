"""A server of PostgreSQL for messages alone, which no worker looks at, and a mail server before it."""

import os
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import sealing
from db.engine import open_engine
from db.migrate import upgrade
from tests.messages.mail_server import MailServer, serve
from tests.messages.post import Post
from tests.messages.sender import RING
from tests.shop import IN_TIME_S
from tests.tools.stack.helpers import supervised
from tests.tools.stack.prepared import prepared_home
from tools.stack.data_dir import DataDir
from tools.stack.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with prepared_home(tmp_path_factory.mktemp("messages")) as home, supervised(home) as supervisor:
        postgres = EmbeddedPostgres(DataDir(home), os.environ)
        supervisor.start(postgres.child())
        supervisor.wait_until(postgres.is_ready, postgres.name, IN_TIME_S)
        upgrade(postgres.database_url, postgres.application_url)
        with psycopg.connect(postgres.database_url) as server:  # here nobody says whose rows they see, as keepers do
            server.execute("alter role makewhole_app set makewhole.merchant = '*'")
        yield postgres


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> str:
    """As the programs connect, who may change nothing that was said."""
    return postgres.application_url


@pytest.fixture
async def engine_here(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, pool_size=10, ping_after_s=0.0)
    with sealing.using(RING):
        yield engine
    await engine.dispose()


@pytest.fixture
async def owner(postgres: EmbeddedPostgres) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(postgres.database_url, pool_size=2)
    with sealing.using(RING):
        yield engine
    async with engine.begin() as connection:
        await connection.execute(
            text("truncate messages, deliveries, customers, identity_codes, identity_sessions, rate_counts cascade")
        )
    await engine.dispose()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with serve() as server:
        yield server


@pytest.fixture
def post(engine_here: AsyncEngine, owner: AsyncEngine, mail_server: MailServer) -> Post:
    return Post(engine_here, owner, mail_server.url)
