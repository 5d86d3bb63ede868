"""Pages of a merchant's orders and customers, by their ids: each begins where the one before has ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.rows import read
from db.schema import customers, orders
from domain.sale import guests


@dataclass(frozen=True, slots=True)
class OrderRow:
    order_id: str
    customer_id: str
    currency: str
    status: str
    paid_at: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class CustomerRow:
    customer_id: str
    name: str | None
    email: str | None
    phone: str | None
    locale: str
    registered_at: datetime | None


async def orders_of(
    connection: AsyncConnection, merchant_id: str, customer_id: str | None, *, after: str, limit: int
) -> Sequence[OrderRow]:
    """Read orders, or those of a customer, after an id; none is the first."""
    query = _page(orders, OrderRow, orders.c.order_id, merchant_id, after, limit)
    if customer_id is not None:
        query = query.where(orders.c.customer_id == customer_id)
    return [read(OrderRow, row) for row in await connection.execute(query)]


async def customers_of(
    connection: AsyncConnection, merchant_id: str, *, after: str, limit: int
) -> Sequence[CustomerRow]:
    """Read customers after an id, none is the first; guests have no account and are left out."""
    query = _page(customers, CustomerRow, customers.c.customer_id, merchant_id, after, limit)
    is_guest = customers.c.customer_id.startswith(guests.guest_id(""), autoescape=True)
    return [read(CustomerRow, row) for row in await connection.execute(query.where(~is_guest))]


def _page(table: Any, kind: Any, by: Any, merchant_id: str, after: str, limit: int) -> Select[Any]:
    columns = [table.c[name] for name in kind.__dataclass_fields__]
    return select(*columns).where(table.c.merchant_id == merchant_id, by > after).order_by(by).limit(limit)
