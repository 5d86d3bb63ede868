"""Carriers by karrio as parties: its own generic one, which asks nobody, and UPS over HTTP, at a peer of ours."""

import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from db import carrier_accounts
from db.carrier_accounts import CarrierAccount
from gateways.ports import Callback, Label, ParcelState
from gateways.registry import CARRIERS, Hear
from service.carrier_accounts import Carriers, sealed
from service.vault import Vault
from tests.carriers.party import AtCarrier
from tests.gateways.line import Fault, Line, line_to
from tests.gateways.stripe_party import running
from tests.shop import IN_TIME_S

SECRET = "whsec_b2YgdGhlIGNhcnJpZXI="
WAREHOUSE = {
    "company_name": "Nordwind Returns",
    "address_line1": "Hafenstrasse 1",
    "city": "Hamburg",
    "postal_code": "20457",
    "country_code": "DE",
}
_ACTIVITIES = {
    ParcelState.IN_TRANSIT: {"type": "I", "code": "DP", "description": "Departed from Facility"},
    ParcelState.DELIVERED: {"type": "D", "code": "FS", "description": "DELIVERED"},
    ParcelState.LOST: {"type": "X", "code": "LO", "description": "The package was lost"},
}
_ASKS = b"POST /api/shipments/v2409/ship"


@dataclass(slots=True)
class GenericParty:
    merchant_id: str
    carriers: Carriers
    books: AsyncEngine
    heard_by: Hear = CARRIERS["karrio"].hear
    collects: bool = False

    async def booked(self) -> Sequence[AtCarrier]:
        """It has no books but ours."""
        query = "select tracking_number, state from return_labels where merchant_id = %s and refund_id <> ''"
        async with self.books.connect() as books:
            rows = await books.exec_driver_sql(query, (self.merchant_id,))
            return [AtCarrier(row.tracking_number, row.state == "issued") for row in rows]

    async def pickups(self) -> int:
        return 0

    async def refuse(self) -> str:
        raise NotImplementedError

    async def break_down(self) -> int:
        raise NotImplementedError

    async def lose_an_answer(self) -> None:
        raise NotImplementedError

    async def move(self, label: Label, state: ParcelState, at: datetime) -> None:
        """Nobody can ask it where a parcel is."""

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return self.heard_by((SECRET,), headers, body)


@dataclass(slots=True)
class UpsParty:
    merchant_id: str
    carriers: Carriers
    books: AsyncEngine
    theirs: httpx.AsyncClient
    line: Line
    collects: bool = True

    async def booked(self) -> Sequence[AtCarrier]:
        shipments = (await self._ask("shipments"))["shipments"]
        return [AtCarrier(each["number"], not each["is_void"]) for each in shipments]

    async def pickups(self) -> int:
        return len((await self._ask("shipments"))["pickups"])

    async def refuse(self) -> str:
        told = 'update carrier_accounts set settings = settings || \'{"service": "99"}\' where merchant_id = %s'
        async with self.books.begin() as books:
            await books.exec_driver_sql(told, (self.merchant_id,))
        return "The requested service is unavailable"

    async def break_down(self) -> int:
        statuses = [429, 500, 503]
        await self._ask("breakdown", statuses=statuses)
        return len(statuses)

    async def lose_an_answer(self) -> None:
        self.line.meets(Fault.ANSWER_LOST)

    async def move(self, label: Label, state: ParcelState, at: datetime) -> None:
        said = {"status": _ACTIVITIES[state], "date": f"{at:%Y%m%d}", "time": f"{at:%H%M%S}"}
        await self._ask("activity", number=label.tracking_number, **said)

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return CARRIERS["karrio"].hear((SECRET,), headers, body)

    async def _ask(self, what: str, **asked: object) -> Any:
        return (await self.theirs.post(f"/_peer/{what}", json=asked)).raise_for_status().json()


@asynccontextmanager
async def generic_party(engine: AsyncEngine) -> AsyncIterator[GenericParty]:
    connection = {"display_name": "Post", "custom_carrier_name": "post"}
    merchant_id, carriers = await _with_account(engine, {"carrier": "generic", "connection": connection}, {}, "")
    yield GenericParty(merchant_id, carriers, engine)


@asynccontextmanager
async def ups_party(engine: AsyncEngine) -> AsyncIterator[UpsParty]:
    name = f"id_{secrets.token_hex(4)}"
    keys = {"client_id": name, "client_secret": f"key_{secrets.token_hex(8)}"}
    told = {"carrier": "ups", "service": "11", "connection": {"account_number": "A1B2C3"}}
    async with (
        running(sys.executable, "-m", "tests.carriers.ups_peer", "PORT") as port,
        line_to("127.0.0.1", port, begins=_ASKS, does=_ASKS) as line,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"authorization": f"Bearer tok_{name}"},
            trust_env=False,
            timeout=IN_TIME_S,
        ) as theirs,
    ):
        address = f"http://127.0.0.1:{line.own_port}"
        merchant_id, carriers = await _with_account(engine, told, keys, address)
        yield UpsParty(merchant_id, carriers, engine, theirs, line)


async def _with_account(
    engine: AsyncEngine, told: Mapping[str, Any], keys: Mapping[str, str], base_address: str
) -> tuple[str, Carriers]:
    """Give a merchant an account, as `PUT /v1/carriers` does."""
    merchant_id, vault = f"m-{secrets.token_hex(6)}", Vault({"k": os.urandom(32)})
    settings = {"service": "standard_service", "address": WAREHOUSE, "weight_g": 1_000, **told}
    account = CarrierAccount(
        merchant_id, "post", "karrio", base_address, settings, "", b"", b"", secrets.token_urlsafe(24)
    )
    async with engine.begin() as connection:
        await carrier_accounts.put(connection, sealed(vault, account, {**keys, "webhook_secrets": SECRET}))
    return merchant_id, Carriers(engine, vault, None)
