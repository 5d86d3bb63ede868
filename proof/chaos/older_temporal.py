"""Temporal's database comes back from a copy that was taken a minute earlier, in the middle of everything."""

import json
import os
import signal
import sqlite3
from contextlib import suppress
from pathlib import Path

from tools.stack.data_dir import DataDir
from tools.stack.stack import Stack


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
            os.killpg(running["pid"], signal.SIGSTOP)  # the door, and the server behind it
    for name in ("temporal.db-wal", "temporal.db-shm"):
        stack.home.forget(name)
    copy.replace(stack.home.path / "temporal.db")
    stack.kill("temporal")
