"""A reconciler of the tests, and a stack of its own for those who bring Temporal back from an older copy."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from db import sealing
from db.engine import open_engine
from gateways.sandbox.gateway import SandboxGateway
from tests.conftest import settings_at
from tests.shop import Shop, open_shop
from tests.tools.stack.prepared import prepared_home
from tests.upkeep.scenes import kept_out
from tools.client import open_http
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect
from upkeep.reconciler import LOCK, Reconciler


@pytest.fixture(scope="package")
def own_stack(tmp_path_factory: pytest.TempPathFactory, adyen_address: str) -> Iterator[Stack]:
    with prepared_home(tmp_path_factory.mktemp("restored")) as home:
        settings = settings_at(home)
        told = {**settings.environment, "MAKEWHOLE_GATEWAY_ADDRESSES": adyen_address}
        with Stack(replace(settings, environment=told)) as running:
            yield running


@pytest.fixture
async def own_shop(own_stack: Stack) -> AsyncIterator[Shop]:
    engine = open_engine(own_stack.description.owner_database_url, pool_size=5)
    temporal = await connect(own_stack.description)
    async with open_http(own_stack.description.api_url) as http:
        with sealing.using(own_stack.ring):
            yield await open_shop(http, engine, temporal)
    await engine.dispose()


@pytest.fixture
async def reconciler(shop: Shop) -> AsyncIterator[Reconciler]:
    """The one of the tests, so that none waits for the worker's own to come round."""
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    yield Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)})


@pytest.fixture
async def reconciled_by_nobody_else(shop: Shop) -> AsyncIterator[None]:
    """The worker's own reconciler, which finds what a test makes differ, rests."""
    async with kept_out(shop, LOCK):
        yield
