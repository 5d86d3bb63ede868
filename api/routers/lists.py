"""Lists of orders and customers, for merchants and operations."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from api.access import MerchantOrOps, ServicesDep
from api.described import described
from api.paging import Cursor, Limit, as_cursor, read_cursor
from api.schemas.common import Id
from api.schemas.lists import CustomerList, CustomerSummary, OrderList, OrderSummary
from db import lists
from domain import spelling
from domain.sale.guests import account

Row = TypeVar("Row")

router = APIRouter()


@router.get("/v1/orders", tags=["orders"], **described("listOrders"))
async def list_orders(
    services: ServicesDep,
    caller: MerchantOrOps,
    customer_id: Annotated[Id | None, Query(description="Only those of this customer.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> OrderList:
    """List orders by their ids."""
    async with services.snapshots.connect() as connection:
        after = _place(cursor)
        found = await lists.orders_of(connection, caller.merchant_id, customer_id, after=after, limit=limit + 1)
    shown, more = _page(found, limit, [row.order_id for row in found])
    items = [OrderSummary(**asdict(row) | {"customer_id": account(row.customer_id)}) for row in shown]
    return OrderList(items=items, next=more)


@router.get("/v1/customers", tags=["customers"], **described("listCustomers"))
async def list_customers(
    services: ServicesDep, caller: MerchantOrOps, cursor: Cursor = None, limit: Limit = 50
) -> CustomerList:
    """List customers by their ids; guests have no account and are left out."""
    async with services.snapshots.connect() as connection:
        found = await lists.customers_of(connection, caller.merchant_id, after=_place(cursor), limit=limit + 1)
    shown, more = _page(found, limit, [row.customer_id for row in found])
    return CustomerList(items=[CustomerSummary(**asdict(row)) for row in shown], next=more)


def _page(rows: Sequence[Row], limit: int, ids: Sequence[str]) -> tuple[Sequence[Row], str | None]:
    """Cut a page off `rows`, which are one more than the limit if there are more; and name the next one."""
    more = as_cursor(ids[limit - 1]) if len(rows) > limit else None
    return rows[:limit], more


def _place(cursor: str | None) -> str:
    """Read the id that a page ended with; raises Problem (`validation_failed`)."""
    return "" if cursor is None else read_cursor(cursor, spelling.identifier)
