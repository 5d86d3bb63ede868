"""Exclusive discounts: which orders used them, and until when they are valid (rules 26 and 43)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import exclusive_uses
from domain.entitlements.given_back import Use
from domain.sale.orders import DiscountSource, Order
from domain.sale.snapshots import SnapshotRefused


@dataclass(frozen=True, slots=True)
class ExclusiveDiscount:
    """One discount of a customer's; `is_active` once every use was given back."""

    discount_id: str
    is_active: bool
    valid_until: datetime | None


async def use(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note the exclusive discounts that a paid order used, and the end they had."""
    for discount_id in order.names(DiscountSource.EXCLUSIVE_DISCOUNT):
        ends = [each.valid_until for each in order.discounts if each.source_id == discount_id and each.valid_until]
        row: dict[str, Any] = {"merchant_id": merchant_id, "discount_id": discount_id, "order_id": order.order_id}
        row |= {"customer_id": order.customer_id, "used_at": order.sold_at, "valid_until": max(ends, default=None)}
        await _used(**row).on(connection)


@built_once
def _used(**row: Any) -> Insert:
    return insert(exclusive_uses).values(row).on_conflict_do_nothing()


async def use_differently(connection: AsyncConnection, merchant_id: str, before: Order, order: Order) -> None:
    """Note the exclusive discounts that an order uses once it is sold differently, and forget the others (rule 57).

    Raises SnapshotRefused where a refund gave one of those back: then it was used.
    """
    used, now = (each.names(DiscountSource.EXCLUSIVE_DISCOUNT) for each in (before, order))
    for discount_id in (each for each in used if each not in now):
        own = _of_order(merchant_id, order.order_id) & (exclusive_uses.c.discount_id == discount_id)
        unused = delete(exclusive_uses).where(own, exclusive_uses.c.reinstated_by.is_(None))
        if (await connection.execute(unused.returning(exclusive_uses.c.order_id))).one_or_none() is None:
            raise SnapshotRefused(
                f"order {order.order_id!r} can't be sold without {discount_id!r}: a refund of it gave that back"
            )
    if any(each not in used for each in now):
        await use(connection, merchant_id, order)


async def used_by(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[str, ...]:
    """Name the exclusive discounts an order used, those given back already left out."""
    return tuple((await _used_by(merchant_id=merchant_id, order_id=order_id).on(connection)).scalars())


@built_once
def _used_by(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    used = select(exclusive_uses.c.discount_id).where(
        _of_order(merchant_id, order_id), exclusive_uses.c.reinstated_by.is_(None)
    )
    return used.order_by(exclusive_uses.c.discount_id)


async def used_elsewhere(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[str, ...]:
    """Name those of an order's exclusive discounts that other orders of its customer use as well."""
    return tuple((await _used_elsewhere(merchant_id=merchant_id, order_id=order_id).on(connection)).scalars())


@built_once
def _used_elsewhere(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    other = exclusive_uses.alias()
    return (
        select(exclusive_uses.c.discount_id)
        .distinct()
        .select_from(exclusive_uses.join(other, _same_discount(other)))
        .where(_of_order(merchant_id, order_id), other.c.order_id != order_id, other.c.reinstated_by.is_(None))
        .order_by(exclusive_uses.c.discount_id)
    )


async def give_back(
    connection: AsyncConnection, merchant_id: str, order_id: str, discount_id: str, refund_id: str
) -> tuple[Use, ...]:
    """Take back an order's use of a discount; return all uses by the customer that no refund gave time for yet.

    The discount is active where all of those are back. Refunds of its other orders wait for this one.
    """
    own = _of_order(merchant_id, order_id) & (exclusive_uses.c.discount_id == discount_id)
    customer_id = select(exclusive_uses.c.customer_id).where(own).scalar_subquery()
    uses = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.discount_id == discount_id)
    uses &= (exclusive_uses.c.customer_id == customer_id) & exclusive_uses.c.freed_by.is_(None)
    in_turn = select(exclusive_uses).where(uses).order_by(exclusive_uses.c.order_id)
    await connection.execute(in_turn.with_for_update())
    await connection.execute(update(exclusive_uses).where(own).values(reinstated_by=refund_id))
    return tuple(
        Use(row.order_id, row.used_at, row.valid_until, is_back=row.reinstated_by is not None)
        for row in await connection.execute(in_turn)
    )


async def free(
    connection: AsyncConnection,
    merchant_id: str,
    discount_id: str,
    refund_id: str,
    uses: Sequence[Use],
    until: datetime | None,
) -> None:
    """Note that a refund made a discount free of these uses, and until when it is valid; None gives it no time."""
    of_uses = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.discount_id == discount_id)
    of_uses &= exclusive_uses.c.order_id.in_([each.order_id for each in uses])
    given = {"freed_by": refund_id, "extended_until": until}
    await connection.execute(update(exclusive_uses).where(of_uses).values(given))


async def back_in(connection: AsyncConnection, merchant_id: str, order_id: str) -> list[str]:
    """Name the discounts of an order that refunds of it gave back."""
    query = select(exclusive_uses.c.discount_id).where(
        _of_order(merchant_id, order_id), exclusive_uses.c.reinstated_by.is_not(None)
    )
    return list((await connection.execute(query.order_by(exclusive_uses.c.discount_id))).scalars())


async def freed_in(connection: AsyncConnection, merchant_id: str, order_id: str, refund_id: str) -> list[str]:
    """Name the discounts of an order that a refund made free of their last use."""
    query = select(exclusive_uses.c.discount_id).where(
        _of_order(merchant_id, order_id), exclusive_uses.c.freed_by == refund_id
    )
    return list((await connection.execute(query)).scalars())


async def withdraw(connection: AsyncConnection, merchant_id: str, order_id: str, discount_id: str) -> None:
    """Count a discount as used by an order again; the time that it was given with that use is given no more."""
    own = _of_order(merchant_id, order_id) & (exclusive_uses.c.discount_id == discount_id)
    freed_by = select(exclusive_uses.c.freed_by).where(own).scalar_subquery()
    freed = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.discount_id == discount_id)
    freed &= exclusive_uses.c.freed_by == freed_by
    await connection.execute(update(exclusive_uses).where(freed).values(freed_by=None, extended_until=None))
    await connection.execute(update(exclusive_uses).where(own).values(reinstated_by=None))


async def of_customer(connection: AsyncConnection, merchant_id: str, customer_id: str) -> list[ExclusiveDiscount]:
    """List the discounts a customer has used or got back, each valid until the end that is known last."""
    end = func.greatest(exclusive_uses.c.valid_until, exclusive_uses.c.extended_until)
    of_owner = (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.customer_id == customer_id)
    query = (
        select(
            exclusive_uses.c.discount_id,
            func.bool_and(exclusive_uses.c.reinstated_by.is_not(None)).label("is_active"),
            func.max(end).label("valid_until"),
        )
        .where(of_owner)
        .group_by(exclusive_uses.c.discount_id)
        .order_by(exclusive_uses.c.discount_id)
    )
    return [
        ExclusiveDiscount(row.discount_id, row.is_active, row.valid_until) for row in await connection.execute(query)
    ]


def _of_order(merchant_id: str, order_id: str) -> Any:
    return (exclusive_uses.c.merchant_id == merchant_id) & (exclusive_uses.c.order_id == order_id)


def _same_discount(other: Any) -> Any:
    same = (other.c.merchant_id == exclusive_uses.c.merchant_id) & (other.c.customer_id == exclusive_uses.c.customer_id)
    return same & (other.c.discount_id == exclusive_uses.c.discount_id)
