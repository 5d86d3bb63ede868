"""Disputes of an order's payments, kept with the order: whoever holds its lock reads and changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.codec import Json, from_json, to_json
from db.schema import JSONB, orders, orders_uncounted, payouts
from domain.sale.disputes import Dispute, held_payments


def read(stored: Json) -> tuple[Dispute, ...]:
    """Read the disputes of an order's row."""
    return () if not isinstance(stored, dict) else tuple(from_json(Dispute, each) for each in stored["known"])


async def keep(connection: AsyncConnection, merchant_id: str, order_id: str, disputes: Sequence[Dispute]) -> None:
    """Keep all that is known of an order's disputes, under its lock."""
    kept = {"known": [to_json(each) for each in disputes], "held": sorted(held_payments(disputes))}
    of_order = (orders.c.merchant_id == merchant_id) & (orders.c.order_id == order_id)
    await connection.execute(update(orders).where(of_order).values(disputes=kept))


async def with_uncounted(
    connection: AsyncConnection, after_merchant: str, after_order: str, *, limit: int
) -> list[tuple[str, str]]:
    """List orders of which something was lost that no refund counts, in their order after this one."""
    place = orders.c.merchant_id, orders.c.order_id
    query = select(*place).where(orders_uncounted, tuple_(*place) > tuple_(after_merchant, after_order))
    found = await connection.execute(query.order_by(*place).limit(limit))
    return [(row.merchant_id, row.order_id) for row in found]


def holds_payout() -> ColumnElement[bool]:
    """Whether a dispute holds the payment of a row of payouts: nothing more goes to it (rules 6 and 46)."""
    is_its_order = (orders.c.merchant_id == payouts.c.merchant_id) & (orders.c.order_id == payouts.c.order_id)
    return exists().where(is_its_order, orders.c.disputes["held"].op("?")(payouts.c.payment_id))


@dataclass(frozen=True, slots=True)
class DisputeTotal:
    """How many disputes stand there, and what they come to in minor units."""

    currency: str
    status: str
    count: int
    amount: int


async def totals(
    connection: AsyncConnection, merchant_id: str, start: datetime | None, end: datetime | None
) -> list[DisputeTotal]:
    """Count a merchant's disputes by currency and status; by the time of what was said last."""
    each = func.jsonb_array_elements(orders.c.disputes["known"], type_=JSONB).label("dispute")
    known = select(each).where(orders.c.merchant_id == merchant_id, orders.c.disputes.is_not(None)).subquery()
    last: Any = known.c.dispute["events"][-1]
    currency, status = last["amount"]["currency"].astext, last["status"].astext
    amount, at = last["amount"]["minor_units"].astext.cast(BigInteger), last["at"].astext.cast(DateTime(timezone=True))
    query = select(currency, status, func.count(), func.sum(amount))
    query = query if start is None else query.where(at >= start)
    query = query if end is None else query.where(at < end)
    found = await connection.execute(query.group_by(currency, status).order_by(currency, status))
    return [DisputeTotal(row[0], row[1], row[2], int(row[3])) for row in found]
