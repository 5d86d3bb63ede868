"""What refunds claim of their orders' lines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Integer, Row, Select, Text, Update, column, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import weights
from db.batches import batch, inserted
from db.built import Built, Filled, built_once, one_of
from db.codec import from_json, to_json
from db.read_models import ClaimRow
from db.rows import read
from db.schema import JSONB, refund_claims
from domain.claims.claims import Claim, ClaimState
from domain.claims.stock import StockPut
from domain.money.amounts import Money
from domain.sale.sales import Sale
from domain.sale.units import Units


async def add(
    connection: AsyncConnection,
    merchant_id: str,
    order_id: str,
    refund_id: str,
    sale: Sale,
    claims: Sequence[Claim],
) -> None:
    counted = {line.line_id for line in sale.counted_lines}
    rows = [
        {
            "refund_id": refund_id,
            "place": place,
            "merchant_id": merchant_id,
            "order_id": order_id,
            "line_id": claim.line_id,
            "requested": claim.units.count,
            "is_gift": claim.line_id not in counted,
            "is_loss": claim.is_loss,
            **_columns(claim),
        }
        for place, claim in enumerate(claims)
    ]
    if rows:
        await inserted(refund_claims, rows).on(connection)


async def replace(
    connection: AsyncConnection, refund_id: str, claims: Sequence[Claim], *, along: Filled | None = None
) -> None:
    """Store what a refund's claims came to, in the order in which they were made; what goes `along` is done as well."""
    rows = [{"place": place, **_columns(claim)} for place, claim in enumerate(claims)]
    statement, values = (None, {}) if along is None else (along.built, along.named)
    await _replaced(statement, refund_id=refund_id, rows=rows, **values).on(connection)


@built_once
def _replaced(along: Built[Any] | None, *, refund_id: Any, rows: Any, **values: Any) -> Update:
    given = batch(rows, *(column(each.name, each.type) for each in refund_claims.c if each.name in (*_WORTH, "place")))
    of_claim = (refund_claims.c.refund_id == refund_id) & (refund_claims.c.place == given.c.place)
    replaced = update(refund_claims).where(of_claim).values({name: given.c[name] for name in _WORTH})
    return replaced if along is None else replaced.add_cte(along.part(**values).cte("along"))


async def set_state(connection: AsyncConnection, refund_id: str, state: ClaimState) -> None:
    """Move a refund's live claims on; released ones stay released."""
    await _moved_on(refund_id=refund_id, to=state).on(connection)


@built_once
def _moved_on(*, refund_id: Any, to: Any) -> Update:
    live = (refund_claims.c.refund_id == refund_id) & (refund_claims.c.state != ClaimState.RELEASED)
    return update(refund_claims).where(live).values(state=to)


async def revive(connection: AsyncConnection, refund_id: str) -> None:
    """Make a refund's released claims live again, as if they had just been made."""
    dead = (refund_claims.c.refund_id == refund_id) & (refund_claims.c.state == ClaimState.RELEASED)
    await connection.execute(update(refund_claims).where(dead).values(state=ClaimState.CLAIMED))


async def live_of_order(
    connection: AsyncConnection, merchant_id: str, order_id: str, currency: str
) -> dict[str, tuple[Claim, ...]]:
    """Return the live claims on an order by refund, the oldest first."""
    whose: dict[str, Any] = {"merchant_id": merchant_id, "order_id": order_id}
    await weights.refuse_many(connection, refund_claims, **whose)
    by_refund: dict[str, list[Claim]] = defaultdict(list)
    for row in await _live(**whose).on(connection):
        by_refund[row.refund_id].append(_claim(row, currency))
    return {refund_id: tuple(claims) for refund_id, claims in by_refund.items()}


@built_once
def _live(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    of_order = (refund_claims.c.merchant_id == merchant_id) & (refund_claims.c.order_id == order_id)
    query = select(refund_claims).where(of_order, refund_claims.c.state != ClaimState.RELEASED)
    return query.order_by(refund_claims.c.refund_id, refund_claims.c.place)


async def rows_of(connection: AsyncConnection, refund_ids: Sequence[str]) -> dict[str, list[ClaimRow]]:
    by_refund: dict[str, list[ClaimRow]] = defaultdict(list)
    for row in await _of_refunds(refund_ids=refund_ids).on(connection):
        by_refund[row.refund_id].append(read(ClaimRow, row))
    return by_refund


@built_once
def _of_refunds(*, refund_ids: Any) -> Select[Any]:
    return select(refund_claims).where(one_of(refund_claims.c.refund_id, refund_ids)).order_by(refund_claims.c.place)


async def note_received(connection: AsyncConnection, refund_id: str, received: dict[str, int]) -> None:
    rows = [{"line_id": line_id, "quantity": quantity} for line_id, quantity in received.items()]
    await _received(refund_id=refund_id, rows=rows).on(connection)


@built_once
def _received(*, refund_id: Any, rows: Any) -> Update:
    given = batch(rows, column("line_id", Text), column("quantity", Integer))
    counted = func.least(refund_claims.c.received + given.c.quantity, refund_claims.c.requested)
    return update(refund_claims).where(_units_of(refund_id, given.c.line_id)).values(received=counted)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found of a line's units."""

    line_id: str
    accepted: int
    rejected: int
    lesser: int
    disposition: str | None
    stock: tuple[StockPut, ...]


async def note_inspected(connection: AsyncConnection, refund_id: str, found: Sequence[Inspected]) -> None:
    rows = [asdict(line) | {"stock": [to_json(each) for each in line.stock] or None} for line in found]
    await _inspected(refund_id=refund_id, rows=rows).on(connection)


@built_once
def _inspected(*, refund_id: Any, rows: Any) -> Update:
    counts = (column(name, Integer) for name in ("accepted", "rejected", "lesser"))
    given = batch(rows, column("line_id", Text), *counts, column("disposition", Text), column("stock", JSONB))
    values = {name: given.c[name] for name in ("accepted", "rejected", "lesser", "disposition", "stock")}
    return update(refund_claims).where(_units_of(refund_id, given.c.line_id)).values(values)


def _units_of(refund_id: str, line_id: Any) -> Any:
    return (
        (refund_claims.c.refund_id == refund_id)
        & (refund_claims.c.line_id == line_id)
        & (refund_claims.c.requested > 0)
    )


_WORTH = ("units", "unit_count", "amount", "tax", "absorbed", "absorbed_tax", "points", "state")


def _columns(claim: Claim) -> dict[str, Any]:
    return {
        "units": to_json(claim.units),
        "unit_count": claim.units.count,
        "amount": claim.amount.minor_units,
        "tax": claim.tax.minor_units,
        "absorbed": claim.absorbed.minor_units,
        "absorbed_tax": claim.absorbed_tax.minor_units,
        "points": claim.points,
        "state": claim.state,
    }


def _claim(row: Row[Any], currency: str) -> Claim:
    return Claim(
        line_id=row.line_id,
        units=from_json(Units, row.units),
        amount=Money(currency, row.amount),
        tax=Money(currency, row.tax),
        absorbed=Money(currency, row.absorbed),
        absorbed_tax=Money(currency, row.absorbed_tax),
        points=row.points,
        state=ClaimState(row.state),
        is_loss=row.is_loss,
    )
