"""The checkpoints that are kept outside of the database as well: a file for each merchant, only ever added to."""

import asyncio
import json
import os
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from domain.audit.checkpoints import Checkpoint, Replaced, SignedCheckpoint

_LAST_BYTES = 16_384
"""A line is shorter."""


class CheckpointFiles:
    """Lines of JSON, as they are exported, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is not there; raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    @property
    def merchants(self) -> list[str]:
        """Name whose checkpoints are kept here."""
        return sorted(unquote(path.stem) for path in self._folder.glob("*.jsonl"))

    async def last(self, merchant_id: str) -> SignedCheckpoint | None:
        """Return the one that was signed last."""
        line = await asyncio.to_thread(self._last_line, merchant_id)
        return _read(line) if line else None

    async def add(self, signed: SignedCheckpoint) -> None:
        """Add one, in a single write."""
        await asyncio.to_thread(self._write, signed)

    def _last_line(self, merchant_id: str) -> str:
        try:
            with self._path(merchant_id).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
                whole = file.read().rpartition(b"\n")[0]  # what a power failure cut off is no line
        except FileNotFoundError:
            return ""
        return whole.rpartition(b"\n")[2].decode()

    def _write(self, signed: SignedCheckpoint) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._path(signed.checkpoint.merchant_id), flags, 0o600), "wb", buffering=0) as file:
            file.write(f"{signed.line}\n".encode())
            os.fsync(file.fileno())

    def _path(self, merchant_id: str) -> Path:
        return self._folder / f"{quote(merchant_id, safe='')}.jsonl"


def _read(line: str) -> SignedCheckpoint:
    said = json.loads(line)
    signature = said.pop("signature")
    replaces = Replaced(**said.pop("replaces")) if said["replaces"] else said.pop("replaces")
    at = datetime.fromisoformat(said.pop("at"))
    return SignedCheckpoint(Checkpoint(**said, at=at, replaces=replaces), signature, "")
