"""What providers have told by webhook of merchants' accounts, as the API has kept it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from db import webhooks
from db.engine import snapshots
from domain.payout.keys import POCKETS, joined
from gateways.ports import JsonObject


def sender_of(merchant_id: str, gateway_id: str) -> str:
    """Name what the webhooks of a merchant's account are kept under."""
    return joined(merchant_id, gateway_id, by=POCKETS)


@dataclass(frozen=True, slots=True)
class HeardFromDatabase:
    """The webhooks of one account; those of another are never among them."""

    engine: AsyncEngine
    merchant_id: str
    gateway_id: str

    async def of_key(self, key: str) -> Sequence[JsonObject]:
        async with snapshots(self.engine).connect() as connection:
            return await webhooks.of_reference(connection, self._sender, key)

    async def of_charge(self, charge_ref: str) -> Sequence[JsonObject]:
        async with snapshots(self.engine).connect() as connection:
            return await webhooks.of_charge(connection, self._sender, charge_ref)

    async def since(self, moment: datetime) -> Sequence[JsonObject]:
        async with snapshots(self.engine).connect() as connection:
            return await webhooks.since(connection, self._sender, moment)

    @property
    def _sender(self) -> str:
        return sender_of(self.merchant_id, self.gateway_id)
