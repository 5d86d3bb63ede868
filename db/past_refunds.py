"""Settled refunds with everything they were settled on, order by order, to be worked out again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.codec import from_json
from db.sales import sale_from_json
from db.schema import orders, refunds
from domain.basis import Basis
from domain.orders import Order
from domain.sales import Sale
from domain.settlement import Settlement
from domain.what_if import PastRefund


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order as it is stored, and its settled refunds in the order in which they were settled."""

    order_row: Row[Any]
    refund_rows: tuple[Row[Any], ...]

    def order(self) -> tuple[Order, Sale]:
        return from_json(Order, self.order_row.snapshot), sale_from_json(self.order_row.sale)

    def refunds(self) -> list[PastRefund]:
        return [
            PastRefund(row.refund_id, row.asked_at, from_json(Basis, row.basis), from_json(Settlement, row.settlement))
            for row in self.refund_rows
        ]


async def settled(
    connection: AsyncConnection, merchant_id: str, since: datetime | None, until: datetime | None
) -> AsyncIterator[PastOrder]:
    """Stream the refunds settled from `since` until before `until`, order by order."""
    unexplained = refunds.c.settlement.op("-")("explanations").label("settlement")
    columns = (refunds.c.refund_id, refunds.c.order_id, refunds.c.asked_at, refunds.c.basis)
    query = (
        select(*columns, unexplained, orders.c.snapshot, orders.c.sale)
        .select_from(refunds.join(orders))
        .where(refunds.c.merchant_id == merchant_id, refunds.c.settlement.is_not(None), refunds.c.basis.is_not(None))
        .order_by(refunds.c.order_id, refunds.c.settled_at, refunds.c.refund_id)
    )
    if since is not None:
        query = query.where(refunds.c.settled_at >= since)
    if until is not None:
        query = query.where(refunds.c.settled_at < until)
    group: list[Any] = []
    async with connection.stream(query) as rows:
        async for row in rows:
            if group and row.order_id != group[0].order_id:
                yield PastOrder(group[0], tuple(group))
                group = []
            group.append(row)
    if group:
        yield PastOrder(group[0], tuple(group))
