"""Make a kept directory: `python -m tests.kept.make HOME NAME` while `make up` of an earlier commit runs at HOME.

    git worktree add ../earlier 4cd0e78 && make -C ../earlier up MAKEWHOLE_HOME=/tmp/home     # in one terminal
    python -m tests.kept.make /tmp/home 4cd0e78                                                # in another, here

It brings refunds to every stage (`scenes.py`), over HTTP, kills everything in the midst of it, and keeps beside itself
what PostgreSQL and Temporal have: `NAME.sql.gz`, a dump, and `NAME.temporal.gz`, the server's SQLite file. It takes
about two minutes.
"""

import asyncio
import contextlib
import gzip
import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from temporalio.client import Client

from db import api_keys
from db.engine import psycopg_url
from tests.kept.sabotage import NAME, Sabotage
from tests.kept.scenes import SCENES, Scene
from tests.kept.shops import shop_called
from tools.client import open_http
from tools.stack.as_root import PROGRAMS
from tools.stack.data_location import installed

HERE = Path(__file__).parent
_ANSWERED_WITHIN_S = 15


@dataclass(frozen=True, slots=True)
class RunningStack:
    """The stack of an earlier commit: its own tools start it, and nobody stops it in an orderly way."""

    home: Path

    @property
    def description(self) -> dict[str, Any]:
        return dict(json.loads((self.home / "stack.json").read_text()))

    def kill(self, *names: str) -> None:
        """Send SIGKILL to the supervisor (`stack`) and to its children, and wait until they are gone."""
        children = json.loads((self.home / "children.json").read_text())
        known = {name: child["pid"] for name, child in children.items()}
        known["stack"] = int((self.home / "lock").read_text())
        for name in names:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(known[name])
                process.send_signal(signal.SIGKILL)
                process.wait(timeout=10)


async def make(stack: RunningStack, name: str) -> None:
    url = stack.description["database_url"]
    engine = create_async_engine(psycopg_url(url), pool_size=50, connect_args={"application_name": NAME})
    temporal = await Client.connect(stack.description["temporal_address"])
    sabotage = Sabotage(engine)
    await sabotage.begin()
    async with open_http(stack.description["api_url"], at_once=80) as http:
        await asyncio.gather(*(_play(scene, sabotage, http, engine, temporal) for scene in SCENES))
        stack.kill("stack", "provider", "worker")
        await asyncio.gather(*(deed() for deed in sabotage.deeds_at_last))
        stack.kill("temporal")
        for deed in sabotage.deeds_without_temporal:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(deed(), _ANSWERED_WITHIN_S)
        stack.kill("api")
        await sabotage.end()
    _keep_database(url, HERE / f"{name}.sql.gz")
    await engine.dispose()
    stack.kill("postgres")
    _keep_temporal(stack.home / "temporal.db", HERE / f"{name}.temporal.gz")


async def _play(
    scene: Scene, sabotage: Sabotage, http: httpx.AsyncClient, engine: AsyncEngine, temporal: Client
) -> None:
    shop = shop_called(scene.__name__, http, engine, temporal)
    async with engine.begin() as connection:
        for role, key in shop.keys.items():
            await api_keys.remember(connection, key=key, merchant_id=shop.merchant_id, role=role)
    await scene(shop, sabotage)
    print(f"{scene.__name__} stands")


def _keep_database(url: str, path: Path) -> None:
    dump = [str(installed() / PROGRAMS / "pg_dump"), "--no-owner", "--no-privileges", f"--dbname={url}"]
    found = subprocess.run(dump, check=True, capture_output=True)
    path.write_bytes(gzip.compress(found.stdout, mtime=0))


def _keep_temporal(database: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory() as place, contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("vacuum into ?", [f"{place}/copy"])
        path.write_bytes(gzip.compress(Path(place, "copy").read_bytes(), mtime=0))


if __name__ == "__main__":
    asyncio.run(make(RunningStack(Path(sys.argv[1])), sys.argv[2]))
