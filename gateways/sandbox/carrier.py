"""A carrier that issues and voids labels in its own table, and collects parcels unless it is told not to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain import clock
from gateways.ports import LABEL_VOID, Declined, Label
from gateways.sandbox.books import carriers, labels

_ADDRESS = "makewhole returns, 1 Harbour Road, 200080 Shanghai"
_GUIDE = "Pack the goods as they came, put the label on the parcel and hand it in at any counter of the carrier."
_PICKUP_GUIDE = (
    "Pack the goods as they came, put the label on the parcel and have it ready: it is collected by {by} UTC."
)


@dataclass(frozen=True, slots=True)
class CarrierTerms:
    """What the sandbox carrier offers a merchant."""

    pickup: bool


async def agree(connection: AsyncConnection, merchant_id: str, terms: CarrierTerms) -> None:
    """Set what the carrier offers from now on; labels that are issued keep what was promised."""
    statement = insert(carriers).values(merchant_id=merchant_id, pickup=terms.pickup)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["merchant_id"], set_={"pickup": terms.pickup})
    )


class SandboxCarrier:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def issue_label(
        self, merchant_id: str, refund_id: str, rma: str, collect_within: timedelta | None = None
    ) -> Label:
        async with self._engine.begin() as books:
            pickup_by = await _promise(books, merchant_id, collect_within)
            row = {"merchant_id": merchant_id, "rma": rma, "state": "issued", "pickup_by": pickup_by}
            await books.execute(insert(labels).values(row).on_conflict_do_nothing())
            of_label = (labels.c.merchant_id == merchant_id) & (labels.c.rma == rma)
            label = (await books.execute(select(labels).where(of_label))).one()
        if label.state == "void":
            raise Declined(LABEL_VOID, f"the label of {rma} was voided")
        return Label(f"/v1/refunds/{refund_id}/label", _ADDRESS, _guide(label.pickup_by), label.pickup_by)

    async def void_label(self, merchant_id: str, rma: str) -> None:
        row = {"merchant_id": merchant_id, "rma": rma, "state": "void"}
        statement = insert(labels).values(row)
        async with self._engine.begin() as books:
            await books.execute(
                statement.on_conflict_do_update(index_elements=["merchant_id", "rma"], set_={"state": "void"})
            )


def _guide(pickup_by: datetime | None) -> str:
    return _PICKUP_GUIDE.format(by=f"{pickup_by.astimezone(UTC):%Y-%m-%d %H:%M}") if pickup_by else _GUIDE


async def _promise(books: AsyncConnection, merchant_id: str, collect_within: timedelta | None) -> datetime | None:
    if collect_within is None:
        return None
    offers = await books.scalar(select(carriers.c.pickup).where(carriers.c.merchant_id == merchant_id))
    return None if offers is False else clock.now() + collect_within
