"""A real browser, for whoever looks at pages, and a stack that is watched: by metrics, and by traces."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.async_api import Browser, expect

from db import sealing
from db.engine import open_engine
from tests.conftest import settings_at
from tests.shop import IN_TIME_S, METRICS_TOKEN, Shop, open_shop
from tests.system.collector import Collector, collecting
from tests.tools.stack.helpers import fresh_home
from tools.chromium import browser
from tools.client import open_http
from tools.stack import ports
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=IN_TIME_S * 1000)
    async with browser() as opened:
        yield opened


@dataclass(frozen=True)
class WatchedStack:
    """worker: where the worker tells its metrics. collector: where traces go."""

    stack: Stack
    worker: str
    collector: Collector


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedStack]:
    worker = f"127.0.0.1:{ports.any_free()}"
    told = {"MAKEWHOLE_METRICS_ADDRESS": worker, "MAKEWHOLE_METRICS_TOKEN": METRICS_TOKEN}
    with collecting() as collector, fresh_home(tmp_path_factory.mktemp("watched")) as home:
        told |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        settings = settings_at(home)
        with Stack(replace(settings, environment={**settings.environment, **told})) as stack, sealing.using(stack.ring):
            yield WatchedStack(stack, worker, collector)


@pytest.fixture(scope="session")
async def watched_shop(watched: WatchedStack) -> AsyncIterator[Shop]:
    description = watched.stack.description
    engine = open_engine(description.owner_database_url, pool_size=2)
    async with open_http(description.api_url, at_once=10) as http:
        yield await open_shop(http, engine, await connect(description))
    await engine.dispose()
