"""Who bought an order, where they are reached, and in which language they are told."""

from sqlalchemy import select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.codec import from_json
from db.schema import customers, orders
from db.schema.sealed import SealedDocument
from domain.rights.proofs import Buyer
from domain.sale.guests import Guest


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[Buyer, str] | None:
    """Return who has an order, and their locale; None where there is no such order."""
    whose = (customers.c.merchant_id == orders.c.merchant_id) & (customers.c.customer_id == orders.c.customer_id)
    named = type_coerce(orders.c.snapshot["guest"], SealedDocument("orders.snapshot")).label("guest")
    query = select(customers.c.customer_id, customers.c.email, customers.c.phone, customers.c.locale, named)
    query = query.join_from(orders, customers, whose)
    query = query.where(orders.c.merchant_id == merchant_id, orders.c.order_id == order_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    own = sealing.about_customer(merchant_id, row.customer_id)
    for each in (row.email, row.phone):
        sealing.refuse_moved(each, own)
    sealing.refuse_moved(row.guest, sealing.about_order(merchant_id, order_id))
    guest = from_json(Guest, row.guest) if row.guest else None
    return Buyer(row.customer_id, row.email, row.phone, guest), row.locale
