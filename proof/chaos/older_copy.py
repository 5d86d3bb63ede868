"""Temporal's database comes back from a copy that was taken a minute earlier, in the middle of everything."""

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import suppress
from pathlib import Path

from proof.chaos.killer import Killer
from tools.stack.data_dir import DataDir
from tools.stack.stack import Stack

_OLD_S = 60.0


async def restore_now_and_then(stack: Stack, killer: Killer, *, times: int, kills: int) -> None:
    """Do it so many times, spread over the kills."""
    for place in range(1, times + 1):
        await killer.until(place * kills // (times + 1))
        copy = await asyncio.to_thread(copy_temporal, stack.home)
        await asyncio.sleep(_OLD_S)
        await asyncio.to_thread(restore_temporal, stack, copy)


def copy_temporal(home: DataDir) -> Path:
    """Copy Temporal's database while it runs."""
    copy = home.path / "temporal.copy"
    with sqlite3.connect(home.path / "temporal.db") as live, sqlite3.connect(copy) as kept:
        live.backup(kept)
    return copy


def restore_temporal(stack: Stack, copy: Path) -> None:
    """Put a copy in place of Temporal's database, and have Temporal start from it."""
    running = json.loads(stack.home.read("children.json") or "{}").get("temporal")
    if running is not None:
        with suppress(ProcessLookupError):  # killed just now
            os.kill(running["pid"], signal.SIGSTOP)
    for name in ("temporal.db-wal", "temporal.db-shm"):
        stack.home.forget(name)
    copy.replace(stack.home.path / "temporal.db")
    stack.kill("temporal")
