"""A stack of its own for those who put an older copy in place of Temporal's database."""

import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from db.engine import open_engine
from showcase.client import open_http
from stack.home import Home
from stack.stack import Stack
from tests.conftest import settings_at
from tests.shop import Shop, open_shop
from tests.stack.helpers import fresh_home


@pytest.fixture(scope="session")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with fresh_home(tmp_path_factory.mktemp("restored")) as home, Stack(settings_at(home)) as running:
        yield running


@pytest.fixture
async def own_shop(own_stack: Stack) -> AsyncIterator[Shop]:
    engine = open_engine(own_stack.description.database_url, pool_size=5)
    temporal = await Client.connect(own_stack.description.temporal_address, data_converter=pydantic_data_converter)
    async with open_http(own_stack.description.api_url) as http:
        yield await open_shop(http, engine, temporal)
    await engine.dispose()


def copy_temporal(home: Home) -> Path:
    """Copy Temporal's database while it runs."""
    copy = home.path / "temporal.copy"
    with sqlite3.connect(home.path / "temporal.db") as live, sqlite3.connect(copy) as kept:
        live.backup(kept)
    return copy


def restore_temporal(stack: Stack, copy: Path) -> None:
    """Put a copy in place of Temporal's database, and have Temporal start from it."""
    running = json.loads(stack.home.read("children.json") or "{}")["temporal"]["pid"]
    os.kill(running, signal.SIGSTOP)
    for name in ("temporal.db-wal", "temporal.db-shm"):
        stack.home.forget(name)
    copy.replace(stack.home.path / "temporal.db")
    stack.kill("temporal")
