"""The merchant's own system of the demo, in which points live: the reference, as a process of its own."""

import asyncio
import base64
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.client import Api
from tools.reference_system import System

NAME = "loyalty"

_REPOSITORY = Path(__file__).parents[3]
_STARTS_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class LoyaltySystem:
    """Where it listens, what signs, and the file of its books."""

    url: str
    secret: str
    books: str

    async def is_named_by(self, owner: Api) -> None:
        """Have the merchant tell makewhole where it is."""
        await owner.put(f"/v1/entitlement-systems/{NAME}", {"url": self.url, "secrets": [self.secret]})

    def moved(self, customer_id: str) -> int:
        """How many points of a customer it has moved, as its own books have it."""
        return System([], self.books).balance("points", "", customer_id)


@asynccontextmanager
async def loyalty_system() -> AsyncIterator[LoyaltySystem]:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with tempfile.TemporaryDirectory(prefix="makewhole-loyalty-", ignore_cleanup_errors=True) as folder:
        port, books = _free_port(), str(Path(folder) / "books.sqlite")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tools.reference_system", str(port), books),
            cwd=_REPOSITORY,
            env={**os.environ, "ENTITLEMENT_SECRETS": secret},
        )
        try:
            await _until_it_listens(port)
            yield LoyaltySystem(f"http://127.0.0.1:{port}", secret, books)
        finally:
            process.kill()
            await process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(_STARTS_WITHIN_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
