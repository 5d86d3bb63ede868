"""Exclusive discounts: which orders used them, and until when they are valid (rule 26)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import exclusive_uses
from domain.orders import DiscountSource, Order


@dataclass(frozen=True, slots=True)
class ExclusiveDiscount:
    """One discount of a customer's; `is_active` once every use was given back."""

    discount_id: str
    is_active: bool
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ExclusiveUse:
    used_at: datetime
    valid_until: datetime | None


async def use(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note the exclusive discounts that a paid order used."""
    for discount_id in order.names(DiscountSource.EXCLUSIVE_DISCOUNT):
        ends = [each.valid_until for each in order.discounts if each.source_id == discount_id and each.valid_until]
        row: dict[str, Any] = {"merchant_id": merchant_id, "discount_id": discount_id, "order_id": order.order_id}
        row |= {"customer_id": order.customer_id, "used_at": order.paid_at, "valid_until": max(ends, default=None)}
        await connection.execute(insert(exclusive_uses).values(row).on_conflict_do_nothing())


async def used_by(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[str, ...]:
    """Name the exclusive discounts an order used, those given back already left out."""
    query = select(exclusive_uses.c.discount_id).where(
        exclusive_uses.c.merchant_id == merchant_id,
        exclusive_uses.c.order_id == order_id,
        exclusive_uses.c.reinstated_by.is_(None),
    )
    return tuple((await connection.execute(query.order_by(exclusive_uses.c.discount_id))).scalars())


async def reinstate(
    connection: AsyncConnection, merchant_id: str, order_id: str, discount_id: str, refund_id: str
) -> ExclusiveUse | None:
    """Take back an order's use of a discount; return None if it was given back before."""
    of_use = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.order_id == order_id)
    of_use &= (exclusive_uses.c.discount_id == discount_id) & exclusive_uses.c.reinstated_by.is_(None)
    taken_back = await connection.execute(
        update(exclusive_uses)
        .where(of_use)
        .values(reinstated_by=refund_id)
        .returning(exclusive_uses.c.used_at, exclusive_uses.c.valid_until)
    )
    row = taken_back.one_or_none()
    return ExclusiveUse(row.used_at, row.valid_until) if row else None


async def withdraw_all(connection: AsyncConnection, merchant_id: str, order_id: str) -> list[str]:
    """Count the discounts that an order gave back as used by it again; returns which."""
    use_again = (
        update(exclusive_uses)
        .where(exclusive_uses.c.merchant_id == merchant_id, exclusive_uses.c.order_id == order_id)
        .where(exclusive_uses.c.reinstated_by.is_not(None))
        .values(reinstated_by=None)
        .returning(exclusive_uses.c.discount_id)
    )
    return list((await connection.execute(use_again)).scalars())


async def set_valid_until(
    connection: AsyncConnection, merchant_id: str, order_id: str, discount_id: str, until: datetime
) -> None:
    of_use = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.order_id == order_id)
    of_use &= exclusive_uses.c.discount_id == discount_id
    await connection.execute(update(exclusive_uses).where(of_use).values(valid_until=until))


async def of_customer(connection: AsyncConnection, merchant_id: str, customer_id: str) -> list[ExclusiveDiscount]:
    """List the discounts a customer has used or got back."""
    of_owner = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.customer_id == customer_id)
    known: dict[str, ExclusiveDiscount] = {}
    for row in await connection.execute(select(exclusive_uses).where(of_owner).order_by(exclusive_uses.c.used_at)):
        before = known.get(row.discount_id)
        is_active = row.reinstated_by is not None and (before is None or before.is_active)
        known[row.discount_id] = ExclusiveDiscount(row.discount_id, is_active, row.valid_until)
    return [known[discount_id] for discount_id in sorted(known)]
