"""The merchant's own system, in which points and gift cards live: the reference, as a process of its own."""

import base64
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.client import Api
from tools.demo.parties.running import running
from tools.reference_system import System
from tools.stack import ports

NAME = "loyalty"
LIVES_THERE = ("points", "gift_cards")


@dataclass(frozen=True, slots=True)
class LoyaltySystem:
    """Where it listens, what signs, and the file of its books."""

    url: str
    secret: str = field(repr=False)
    books: str

    async def is_named_by(self, owner: Api) -> None:
        """Have the merchant tell makewhole where it is."""
        await owner.put(f"/v1/entitlement-systems/{NAME}", {"url": self.url, "secrets": [self.secret]})

    def points_moved(self, customer_id: str) -> int:
        """How many points of a customer it has moved, as its own books have it."""
        return System([], self.books).balance("points", "", customer_id)

    def came_back(self, card: str, customer_id: str) -> int:
        """How much of a gift card came back, in fen, as its own books have it."""
        return System([], self.books).balance("gift_card", card, customer_id)


@asynccontextmanager
async def loyalty_system() -> AsyncIterator[LoyaltySystem]:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with tempfile.TemporaryDirectory(prefix="makewhole-loyalty-", ignore_cleanup_errors=True) as folder:
        port, books = ports.any_free(), str(Path(folder) / "books.sqlite")
        command = (sys.executable, "-m", "tools.reference_system", str(port), books)
        told = {"ENTITLEMENT_SECRETS": secret}
        async with running(*command, port=port, log=Path(folder) / "log", environment=told):
            yield LoyaltySystem(f"http://127.0.0.1:{port}", secret, books)
