"""A stack whose one worker is of build `1`, for whoever starts another beside it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import sealing
from db.engine import open_engine
from tests.conftest import settings_at
from tests.shop import Shop, open_shop
from tests.tools.stack.helpers import fresh_home
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with fresh_home(tmp_path_factory.mktemp("built")) as home:
        settings = settings_at(home)
        told = {**settings.environment, "MAKEWHOLE_BUILD_ID": "1"}
        with Stack(replace(settings, workers=1, environment=told)) as running, sealing.using(running.ring):
            yield running


@pytest.fixture(scope="module")
async def temporal_of_built(built: Stack) -> Client:
    return await connect(built.description)


@pytest.fixture(scope="module")
async def engine_of_built(built: Stack) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(built.description.owner_database_url, pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
async def built_shop(built: Stack, engine_of_built: AsyncEngine, temporal_of_built: Client) -> AsyncIterator[Shop]:
    async with httpx.AsyncClient(base_url=built.description.api_url, trust_env=False, timeout=60.0) as http:
        yield await open_shop(http, engine_of_built, temporal_of_built)
