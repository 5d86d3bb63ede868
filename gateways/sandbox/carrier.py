"""A carrier that issues and voids labels in its own table, and collects parcels unless it is told not to."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain import clock
from domain.payout.keys import joined
from gateways.parcel_webhooks import PREFIX
from gateways.ports import LABEL_VOID, MOST_PARCELS, Declined, Label, ParcelNews, ParcelState
from gateways.sandbox.books import carriers, labels, webhooks
from gateways.sandbox.prints import prints

NAME = "sandbox"
REFUSED = "refused"

_ADDRESS = "makewhole returns, 1 Harbour Road, 200080 Shanghai"
_GUIDE = "Pack the goods as they came, put the label on the parcel and hand it in at any counter of the carrier."
_PICKUP_GUIDE = (
    "Pack the goods as they came, put the label on the parcel and have it ready: it is collected by {by} UTC."
)


@dataclass(frozen=True, slots=True)
class CarrierTerms:
    """What the sandbox carrier offers a merchant, and with which words it refuses labels; none: it makes them."""

    pickup: bool
    refuses: str = ""


async def agree(connection: AsyncConnection, merchant_id: str, terms: CarrierTerms) -> None:
    """Set what the carrier offers from now on; labels that are issued keep what was promised."""
    said = {"pickup": terms.pickup, "refuses": terms.refuses}
    statement = insert(carriers).values(merchant_id=merchant_id, **said)
    await connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id"], set_=said))


class SandboxCarrier:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def issue_label(
        self, merchant_id: str, refund_id: str, rma: str, collect_within: timedelta | None = None, parcel: int = 1
    ) -> Label:
        numbered = _numbered(rma, parcel)
        number = _tracking_number(merchant_id, numbered)
        async with self._engine.begin() as books:
            terms = (await books.execute(select(carriers).where(carriers.c.merchant_id == merchant_id))).one_or_none()
            if terms is not None and terms.refuses:
                raise Declined(REFUSED, terms.refuses)
            is_offered = terms is None or terms.pickup
            pickup_by = clock.now() + collect_within if collect_within is not None and is_offered else None
            row = {"merchant_id": merchant_id, "rma": numbered, "state": "issued", "pickup_by": pickup_by}
            row["tracking_number"] = number
            await books.execute(insert(labels).values(row).on_conflict_do_nothing())
            of_return = (labels.c.merchant_id == merchant_id) & labels.c.rma.in_((rma, numbered))
            known = {row.rma: row for row in await books.execute(select(labels).where(of_return))}
            if any(row.state == "void" for row in known.values()):  # and this one is not made after all
                raise Declined(LABEL_VOID, f"the label of {rma} was voided")
        pickup_by = known[numbered].pickup_by
        return Label(
            f"/v1/refunds/{refund_id}/label",
            _ADDRESS,
            _guide(pickup_by),
            pickup_by,
            carrier=NAME,
            tracking_number=number,
            reference=number,
            prints=prints((number, numbered, *_ADDRESS.split(", "))),
        )

    async def void_label(self, merchant_id: str, rma: str) -> None:
        row = {"merchant_id": merchant_id, "rma": rma, "state": "void"}
        statement = insert(labels).values(row)
        others = [_numbered(rma, parcel) for parcel in range(2, MOST_PARCELS + 1)]
        of_return = (labels.c.merchant_id == merchant_id) & labels.c.rma.in_(others)
        async with self._engine.begin() as books:
            await books.execute(
                statement.on_conflict_do_update(index_elements=["merchant_id", "rma"], set_={"state": "void"})
            )
            await books.execute(update(labels).where(of_return).values(state="void"))

    async def track(self, tracking_numbers: Sequence[str]) -> Sequence[ParcelNews]:
        asked = labels.c.tracking_number.in_(tracking_numbers) & labels.c.tracked.is_not(None)
        async with self._engine.connect() as books:
            rows = await books.execute(select(labels).where(asked))
            return [ParcelNews(row.tracking_number, ParcelState(row.tracked), row.tracked_at) for row in rows]


async def move(connection: AsyncConnection, merchant_id: str, tracking_number: str, state: ParcelState) -> bool:
    """Let a parcel of a merchant come so far, and tell so twice by webhook; False where there is none."""
    of_parcel = (labels.c.merchant_id == merchant_id) & (labels.c.tracking_number == tracking_number)
    now = clock.now()
    moved = await connection.execute(update(labels).where(of_parcel).values(tracked=state, tracked_at=now))
    if moved.rowcount:
        body = {
            "type": f"{PREFIX}{state}",
            "timestamp": now.isoformat(),
            "data": {"tracking_number": tracking_number},
        }
        row = {"webhook_id": f"msg_{secrets.token_hex(10)}", "body": body, "copies": 2, "due_at": func.now()}
        await connection.execute(insert(webhooks).values(row))
    return bool(moved.rowcount)


def _numbered(rma: str, parcel: int) -> str:
    return rma if parcel == 1 else f"{rma}/{parcel}"


def _tracking_number(merchant_id: str, rma: str) -> str:
    return "SB" + hashlib.sha256(joined(merchant_id, rma).encode()).hexdigest()[:16].upper()


def _guide(pickup_by: datetime | None) -> str:
    return _PICKUP_GUIDE.format(by=f"{pickup_by.astimezone(UTC):%Y-%m-%d %H:%M}") if pickup_by else _GUIDE
