"""The sandbox carrier as a party: it keeps its labels in its own tables."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from gateways.ports import Callback, Label, ParcelState
from gateways.registry import PROVIDERS
from gateways.sandbox.carrier import CarrierTerms, SandboxCarrier, agree
from service.carrier_accounts import Carriers
from tests.carriers.karrio_parties import SECRET
from tests.carriers.party import AtCarrier


class _Lossy(SandboxCarrier):
    """The carrier behind a line on which answers are lost."""

    lost = 0

    async def issue_label(
        self, merchant_id: str, refund_id: str, rma: str, collect_within: timedelta | None = None, parcel: int = 1
    ) -> Label:
        made = await super().issue_label(merchant_id, refund_id, rma, collect_within, parcel)
        if self.lost:
            self.lost -= 1
            raise TimeoutError
        return made


@dataclass(slots=True)
class SandboxParty:
    merchant_id: str
    carriers: Carriers
    books: AsyncEngine
    carrier: _Lossy
    collects: bool = True

    async def booked(self) -> Sequence[AtCarrier]:
        query = "select tracking_number, state from sandbox.labels where merchant_id = %s order by tracking_number"
        async with self.books.connect() as books:
            rows = await books.exec_driver_sql(query, (self.merchant_id,))
            return [AtCarrier(row.tracking_number, row.state == "issued") for row in rows if row.tracking_number]

    async def pickups(self) -> int:
        query = "select count(*) from sandbox.labels where merchant_id = %s and state = 'issued' and pickup_by > now()"
        async with self.books.connect() as books:
            return int((await books.exec_driver_sql(query, (self.merchant_id,))).scalar_one())

    async def refuse(self) -> str:
        async with self.books.begin() as books:
            await agree(books, self.merchant_id, CarrierTerms(pickup=True, refuses="the depot is closed"))
        return "the depot is closed"

    async def break_down(self) -> int:
        raise NotImplementedError

    async def lose_an_answer(self) -> None:
        self.carrier.lost = 1

    async def move(self, label: Label, state: ParcelState, at: datetime) -> None:
        moved = "update sandbox.labels set tracked = %s, tracked_at = %s where tracking_number = %s"
        async with self.books.begin() as books:
            await books.exec_driver_sql(moved, (str(state), at, label.tracking_number))

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return PROVIDERS["sandbox"].hear((SECRET,), headers, body)


@asynccontextmanager
async def sandbox_party(engine: AsyncEngine) -> AsyncIterator[SandboxParty]:
    carrier = _Lossy(engine)
    yield SandboxParty(f"m-{secrets.token_hex(6)}", Carriers(engine, None, carrier), engine, carrier)
