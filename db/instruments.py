"""Which card or wallet paid which order, so that several accounts on one payment are seen (rule 34)."""

from typing import Any

from sqlalchemy import Insert, Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.batches import insert_all
from db.built import built_once
from db.schema import payment_instruments
from domain.sale.orders import Order


async def remember(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note what an order was paid with, as far as the merchant told; called once for each version of a booked order."""
    rows = [
        {
            "merchant_id": merchant_id,
            "order_id": order.order_id,
            "payment_id": payment.payment_id,
            "instrument": payment.instrument,
            "customer_id": order.customer_id,
        }
        for payment in order.payments
        if payment.instrument
    ]
    if rows:
        await _added(tuple(rows[0]), rows=rows).on(connection)


@built_once
def _added(names: tuple[str, ...], *, rows: Any) -> Insert:
    return insert_all(payment_instruments, names, rows)


async def forget(connection: AsyncConnection, merchant_id: str, order_id: str) -> None:
    """Forget what an order was paid with, before it is noted anew."""
    of_order = (payment_instruments.c.merchant_id == merchant_id) & (payment_instruments.c.order_id == order_id)
    await connection.execute(delete(payment_instruments).where(of_order))


async def other_accounts(connection: AsyncConnection, merchant_id: str, order_id: str) -> int:
    """Count the merchant's other customers who ever paid with what this order was paid with."""
    return int((await _other_accounts(merchant_id=merchant_id, order_id=order_id).on(connection)).scalar_one())


@built_once
def _other_accounts(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    own, theirs = payment_instruments.alias("own"), payment_instruments.alias("theirs")
    same = (theirs.c.merchant_id == own.c.merchant_id) & (theirs.c.instrument == own.c.instrument)
    return (
        select(func.count(theirs.c.customer_id.distinct()))
        .select_from(own.join(theirs, same))
        .where(own.c.merchant_id == merchant_id, own.c.order_id == order_id)
        .where(theirs.c.customer_id != own.c.customer_id)
    )
