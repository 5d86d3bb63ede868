"""A stack of its own with so many orders that Postgres reads a table from end to end only where it has no index."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import sealing
from db.engine import open_engine
from db.whose import required
from tests.conftest import settings_at
from tests.tools.stack.prepared import prepared_home
from tools.load.main import load
from tools.load.originals import AS_USUAL
from tools.stack.run_in_thread import run_in_thread
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect

ORDERS = 20_000
REFUNDED_BP = 6_700
"""With all kinds of refunds alike, a thousand of each."""


@pytest.fixture(scope="package")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        prepared_home(tmp_path_factory.mktemp("loaded")) as home,
        Stack(settings_at(home)) as running,
        sealing.using(running.ring),
    ):
        yield running


@pytest.fixture(scope="package")
def loaded(own_stack: Stack) -> dict[str, Any]:
    """What the load says of itself."""
    return run_in_thread(lambda: load(own_stack.description, ORDERS, REFUNDED_BP, dict.fromkeys(AS_USUAL, 1)))


@pytest.fixture(scope="package")
async def database(own_stack: Stack) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(own_stack.description.owner_database_url, pool_size=5, ping_after_s=0.0)
    yield engine
    await engine.dispose()


@pytest.fixture
async def as_programs(own_stack: Stack) -> AsyncIterator[AsyncEngine]:
    """As workers have it: behind the policies of its tables."""
    engine = required(open_engine(own_stack.description.database_url, pool_size=5, ping_after_s=0.0))
    yield engine
    await engine.dispose()


@pytest.fixture
async def workflows(own_stack: Stack) -> Client:
    return await connect(own_stack.description)
