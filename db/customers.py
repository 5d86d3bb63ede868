"""Customers as their merchant knows them."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.built import built_once
from db.schema import customers, orders
from db.schema.sealed import sealed_row

DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = DEFAULT_LOCALE
    registered_at: datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)


async def put(connection: AsyncConnection, merchant_id: str, customer: Customer) -> None:
    about = sealing.about_customer(merchant_id, customer.customer_id)
    said = sealed_row(customers, about, asdict(customer))
    statement = insert(customers).values({"merchant_id": merchant_id, **said})
    await connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id", "customer_id"], set_=said))


async def make_known(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Note a customer of whom only an order or a coupon is known so far."""
    await _made_known(merchant_id=merchant_id, customer_id=customer_id).on(connection)


@built_once
def _made_known(**whose: Any) -> Insert:
    return insert(customers).values(**whose, locale=DEFAULT_LOCALE).on_conflict_do_nothing()


async def find(connection: AsyncConnection, merchant_id: str, customer_id: str) -> Customer | None:
    row = (await _found(merchant_id=merchant_id, customer_id=customer_id).on(connection)).one_or_none()
    if row is None:
        return None
    for each in (row.name, row.email, row.phone, row.metadata):
        sealing.refuse_moved(each, sealing.about_customer(merchant_id, customer_id))
    return Customer(row.customer_id, row.name, row.email, row.phone, row.locale, row.registered_at, row.metadata)


@built_once
def _found(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    return select(customers).where(customers.c.merchant_id == merchant_id, customers.c.customer_id == customer_id)


async def page_of_buyers(
    connection: AsyncConnection, merchant_id: str, customer_id: str, *, limit: int
) -> list[tuple[str, str]]:
    """List customers with orders in the order of merchant and customer, those after this one."""
    key = tuple_(customers.c.merchant_id, customers.c.customer_id)
    theirs = (orders.c.merchant_id == customers.c.merchant_id) & (orders.c.customer_id == customers.c.customer_id)
    query = select(customers.c.merchant_id, customers.c.customer_id).where(key > (merchant_id, customer_id))
    query = query.where(exists().where(theirs)).order_by(customers.c.merchant_id, customers.c.customer_id)
    return [(row.merchant_id, row.customer_id) for row in await connection.execute(query.limit(limit))]


async def lock_of_order(
    connection: AsyncConnection, merchant_id: str, order_id: str, customer_id: str | None
) -> str | None:
    """Lock the customer of an order, as `lock` does, and name them; None where it is not the order of `customer_id`."""
    asked_by = {} if customer_id is None else {"customer_id": customer_id}
    query = _locked_of_order(merchant_id=merchant_id, order_id=order_id, **asked_by)
    found: str | None = (await query.on(connection)).scalar_one_or_none()
    if found is None:  # who waited while a guest's orders were given to a customer finds nobody at first
        found = (await query.on(connection)).scalar_one_or_none()
    return found


@built_once
def _locked_of_order(*, merchant_id: Any, order_id: Any, customer_id: Any = None) -> Select[Any]:
    of_order = select(orders.c.customer_id).where(orders.c.merchant_id == merchant_id, orders.c.order_id == order_id)
    if customer_id is not None:
        of_order = of_order.where(orders.c.customer_id == customer_id)
    whose = (customers.c.merchant_id == merchant_id) & (customers.c.customer_id == of_order.scalar_subquery())
    whose &= customers.c.given_to.is_(None)
    return select(customers.c.customer_id).where(whose).with_for_update()


async def lock(connection: AsyncConnection, merchant_id: str, customer_id: str) -> None:
    """Let one transaction at a time change what this customer has: refunds of one customer come in turn (rule 24)."""
    await _locked(merchant_id=merchant_id, customer_id=customer_id).on(connection)


@built_once
def _locked(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    theirs = (customers.c.merchant_id == merchant_id) & (customers.c.customer_id == customer_id)
    return select(customers.c.customer_id).where(theirs).with_for_update()
