"""Coupons and their uses; whether a coupon is used follows from its uses, so both may arrive in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers
from db.schema import coupon_uses, coupons, order_grants
from domain.coupons import CouponStatus, UsedCoupon
from domain.orders import DiscountSource, Order


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon worth `amount` minor units from a spend of `minimum_spend`; no `valid_until` means no end."""

    coupon_id: str
    customer_id: str
    name: str
    amount: int
    currency: str
    minimum_spend: int
    valid_from: datetime | None
    valid_until: datetime | None
    reusable_after_refund: bool


@dataclass(frozen=True, slots=True)
class StoredCoupon:
    coupon: Coupon
    status: CouponStatus


@dataclass(frozen=True, slots=True)
class CouponUse:
    """When a coupon was used, and until when it was valid."""

    used_at: datetime
    valid_until: datetime | None


_IS_USED = exists().where(
    coupon_uses.c.merchant_id == coupons.c.merchant_id,
    coupon_uses.c.coupon_id == coupons.c.coupon_id,
    coupon_uses.c.reinstated_by.is_(None),
)
_WENT_BACK = exists().where(
    order_grants.c.merchant_id == coupons.c.merchant_id,
    order_grants.c.name == coupons.c.coupon_id,
    order_grants.c.withdrawn_by.is_not(None),
)


async def put(connection: AsyncConnection, merchant_id: str, coupon: Coupon) -> None:
    await customers.make_known(connection, merchant_id, coupon.customer_id)
    row = {name: getattr(coupon, name) for name in Coupon.__dataclass_fields__}
    statement = insert(coupons).values(merchant_id=merchant_id, **row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id", "coupon_id"], set_=row))


async def find(connection: AsyncConnection, merchant_id: str, coupon_id: str, now: datetime) -> StoredCoupon | None:
    query = _with_use().where(coupons.c.merchant_id == merchant_id, coupons.c.coupon_id == coupon_id)
    row = (await connection.execute(query)).one_or_none()
    return _stored(row, now) if row else None


async def of_customer(
    connection: AsyncConnection, merchant_id: str, customer_id: str, now: datetime
) -> list[StoredCoupon]:
    query = _with_use().where(coupons.c.merchant_id == merchant_id, coupons.c.customer_id == customer_id)
    return [_stored(row, now) for row in await connection.execute(query.order_by(coupons.c.coupon_id))]


async def use(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note the coupons that a paid order used, and what each took off it."""
    for coupon_id in order.names(DiscountSource.COUPON):
        amounts = [each.amount.minor_units for each in order.discounts if each.source_id == coupon_id]
        row: dict[str, Any] = {"merchant_id": merchant_id, "coupon_id": coupon_id, "order_id": order.order_id}
        row |= {"used_at": order.paid_at, "amount": sum(amounts)}
        await connection.execute(insert(coupon_uses).values(row).on_conflict_do_nothing())


async def use_differently(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note what each coupon takes off an order that is sold differently; which ones it used stays."""
    for coupon_id in order.names(DiscountSource.COUPON):
        amounts = [each.amount.minor_units for each in order.discounts if each.source_id == coupon_id]
        of_use = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.order_id == order.order_id)
        of_use &= coupon_uses.c.coupon_id == coupon_id
        await connection.execute(update(coupon_uses).where(of_use).values(amount=sum(amounts)))


async def used_by(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[UsedCoupon, ...]:
    """List the coupons an order used, those given back already left out."""
    query = (
        select(coupon_uses.c.coupon_id, coupons.c.reusable_after_refund)
        .select_from(coupon_uses.outerjoin(coupons, _same_coupon()))
        .where(
            coupon_uses.c.merchant_id == merchant_id,
            coupon_uses.c.order_id == order_id,
            coupon_uses.c.reinstated_by.is_(None),
        )
        .order_by(coupon_uses.c.coupon_id)
    )
    return tuple(
        UsedCoupon(row.coupon_id, row.reusable_after_refund is not False) for row in await connection.execute(query)
    )


async def reinstate(
    connection: AsyncConnection, merchant_id: str, order_id: str, coupon_id: str, refund_id: str
) -> CouponUse | None:
    """Take back an order's use of a coupon; return None if it was given back before."""
    taken_back = await connection.execute(
        update(coupon_uses)
        .where(
            coupon_uses.c.merchant_id == merchant_id,
            coupon_uses.c.coupon_id == coupon_id,
            coupon_uses.c.order_id == order_id,
            coupon_uses.c.reinstated_by.is_(None),
        )
        .values(reinstated_by=refund_id)
    )
    if taken_back.rowcount == 0:
        return None
    return await use_of(connection, merchant_id, order_id, coupon_id)


async def use_of(connection: AsyncConnection, merchant_id: str, order_id: str, coupon_id: str) -> CouponUse:
    """Return when an order used a coupon, and until when that was valid."""
    query = (
        select(coupon_uses.c.used_at, coupons.c.valid_until)
        .select_from(coupon_uses.outerjoin(coupons, _same_coupon()))
        .where(
            coupon_uses.c.merchant_id == merchant_id,
            coupon_uses.c.coupon_id == coupon_id,
            coupon_uses.c.order_id == order_id,
        )
    )
    row = (await connection.execute(query)).one()
    return CouponUse(row.used_at, row.valid_until)


async def withdraw_all(connection: AsyncConnection, merchant_id: str, order_id: str) -> list[str]:
    """Count the coupons that an order gave back as used by it again; returns which."""
    use_again = (
        update(coupon_uses)
        .where(coupon_uses.c.merchant_id == merchant_id, coupon_uses.c.order_id == order_id)
        .where(coupon_uses.c.reinstated_by.is_not(None))
        .values(reinstated_by=None)
        .returning(coupon_uses.c.coupon_id)
    )
    return list((await connection.execute(use_again)).scalars())


async def set_valid_until(connection: AsyncConnection, merchant_id: str, coupon_id: str, until: datetime) -> None:
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(valid_until=until))


async def revoke(connection: AsyncConnection, merchant_id: str, coupon_id: str, now: datetime) -> None:
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(revoked_at=now))


async def give_again(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> None:
    """Take a revocation back."""
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(revoked_at=None))


async def spent(connection: AsyncConnection, merchant_id: str, coupon_ids: Sequence[str]) -> set[str]:
    """Tell which of these coupons are used."""
    query = select(coupon_uses.c.coupon_id).where(
        coupon_uses.c.merchant_id == merchant_id,
        coupon_uses.c.coupon_id.in_(coupon_ids),
        coupon_uses.c.reinstated_by.is_(None),
    )
    return set((await connection.execute(query)).scalars())


def _with_use() -> Any:
    return select(coupons, _IS_USED.label("is_used"), _WENT_BACK.label("went_back"))


def _is(merchant_id: str, coupon_id: str) -> Any:
    return and_(coupons.c.merchant_id == merchant_id, coupons.c.coupon_id == coupon_id)


def _same_coupon() -> Any:
    return and_(coupons.c.merchant_id == coupon_uses.c.merchant_id, coupons.c.coupon_id == coupon_uses.c.coupon_id)


def _stored(row: Row[Any], now: datetime) -> StoredCoupon:
    coupon = Coupon(**{name: getattr(row, name) for name in Coupon.__dataclass_fields__})
    if row.revoked_at is not None or (row.went_back and not row.is_used):
        return StoredCoupon(coupon, CouponStatus.REVOKED)
    if row.is_used:
        return StoredCoupon(coupon, CouponStatus.USED)
    is_over = coupon.valid_until is not None and coupon.valid_until < now
    return StoredCoupon(coupon, CouponStatus.EXPIRED if is_over else CouponStatus.UNUSED)
