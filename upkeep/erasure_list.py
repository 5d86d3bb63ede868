"""The list of erasures outside of the database: a restore from a copy brings back what was erased, and not this."""

import asyncio
import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from db.erasures import Erasure

_NAME = "erasures.ndjson"
"""Beside the checkpoints of merchants, whose files have another ending."""


class ErasureList:
    """A line of JSON for each erasure, only ever added to: ids, and nothing that was erased."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is not there; raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / _NAME

    async def all(self) -> list[Erasure]:
        return await asyncio.to_thread(self._read)

    async def add(self, erasure: Erasure) -> None:
        """Add one, in a single write. It may be there already: a worker may die before it says that it is."""
        await asyncio.to_thread(self._write, erasure)

    def _read(self) -> list[Erasure]:
        try:
            lines = self._path.read_bytes().split(b"\n")[:-1]  # what a power failure cut off is no line
        except FileNotFoundError:
            return []
        return list({each.erasure_id: each for line in lines if (each := _erasure(line))}.values())

    def _write(self, erasure: Erasure) -> None:
        line = json.dumps({**asdict(erasure), "erased_at": erasure.erased_at.isoformat()})
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._path, flags, 0o600), "wb", buffering=0) as file:
            file.write(f"\n{line}\n".encode())  # it begins a line also after one that was cut off
            os.fsync(file.fileno())


def _erasure(line: bytes) -> Erasure | None:
    """Read a line; None for what is none, as one that was cut off and goes on in no other."""
    try:
        said = json.loads(line)
        return Erasure(**{**said, "erased_at": datetime.fromisoformat(said["erased_at"])})
    except (ValueError, TypeError, KeyError):
        return None
