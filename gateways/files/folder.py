"""Files in a folder that programs share, written whole or not at all."""

import asyncio
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateways.files.port import StoreDown
from gateways.files.shelves import Shelf

Done = TypeVar("Done")


class Folder:
    def __init__(self, path: Path, shelf: Shelf) -> None:
        """Make the folder where it is not there, for nobody else to look into; raises OSError."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._shelf = shelf

    async def put(self, name: str, content: bytes) -> None:
        await self._do(lambda: _write(self._path, self._file(name), content))

    async def get(self, name: str) -> bytes | None:
        return await self._do(lambda: _read(self._file(name)))

    async def remove(self, name: str) -> None:
        await self._do(lambda: self._file(name).unlink(missing_ok=True))

    def _file(self, name: str) -> Path:
        return self._path / self._shelf.in_folder(name)

    async def _do(self, deed: Callable[[], Done]) -> Done:
        try:
            return await asyncio.to_thread(deed)
        except OSError as trouble:
            raise StoreDown(f"the folder of {self._shelf.what}: {trouble}") from trouble


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _write(top: Path, file: Path, content: bytes) -> None:
    """Write it beside its place, and put it there when it is on the disk; then the place itself is made durable."""
    folders = [each for each in file.parents if each.is_relative_to(top)]
    for folder in reversed(folders[:-1]):
        folder.mkdir(mode=0o700, exist_ok=True)
    beside = file.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    for folder in folders:
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)
