"""Coupons as their merchant says, with what became of them: used, given time, held, revoked."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, Select, and_, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers, weights
from db.built import built_once, one_of
from db.coupon_uses import end_of_coupon
from db.holds import HoldState
from db.schema import coupon_uses, coupons, holds, order_grants
from domain.entitlements.coupons import CouponStatus
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import DiscountSource, Order

OURS = "makewhole-"
"""What the ids of coupons that are issued here begin with; no merchant's `PUT` gets there."""


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
    """`held_by` is the refund that is about to take it back (rule 42), if any."""

    coupon: Coupon
    status: CouponStatus
    held_by: str | None


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
_HELD_BY = (
    select(func.min(holds.c.refund_id))
    .where(holds.c.merchant_id == coupons.c.merchant_id, holds.c.coupon_id == coupons.c.coupon_id)
    .where(holds.c.state == HoldState.HELD)
    .scalar_subquery()
)


async def put(connection: AsyncConnection, merchant_id: str, coupon: Coupon) -> bool:
    """Store a coupon; tell whether it is this customer's, else nothing is stored."""
    await customers.make_known(connection, merchant_id, coupon.customer_id)
    row = {name: getattr(coupon, name) for name in Coupon.__dataclass_fields__}
    return (await _put(merchant_id=merchant_id, **row).on(connection)).one_or_none() is not None


@built_once
def _put(*, merchant_id: Any, **coupon: Any) -> Executable:
    statement = insert(coupons).values(merchant_id=merchant_id, **coupon)
    theirs = statement.on_conflict_do_update(
        index_elements=["merchant_id", "coupon_id"], set_=coupon, where=coupons.c.customer_id == coupon["customer_id"]
    )
    return theirs.returning(coupons.c.coupon_id)


def new_id() -> str:
    """Name a coupon that is issued here: as short as any id, and told by nothing that can be counted."""
    return OURS + secrets.token_hex(10)


async def refuse_those_of_others(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Raise RefundRejected (`coupon_of_another_customer`) where an order names a coupon of somebody else."""
    names = order.names(DiscountSource.COUPON)
    if not names:
        return
    whose = {"merchant_id": merchant_id, "customer_id": order.customer_id}
    coupon_id = (await _of_others(**whose, names=names).on(connection)).scalar_one()
    if coupon_id is not None:
        raise RefundRejected(
            Refusal.COUPON_OF_ANOTHER_CUSTOMER,
            f"coupon {coupon_id!r} belongs to another customer than order {order.order_id!r}",
        )


@built_once
def _of_others(*, merchant_id: Any, customer_id: Any, names: Any) -> Select[Any]:
    of_others = (coupons.c.merchant_id == merchant_id) & one_of(coupons.c.coupon_id, names)
    return select(func.min(coupons.c.coupon_id)).where(of_others, coupons.c.customer_id != customer_id)


async def find(connection: AsyncConnection, merchant_id: str, coupon_id: str, now: datetime) -> StoredCoupon | None:
    row = (await _with_id(merchant_id=merchant_id, coupon_id=coupon_id).on(connection)).one_or_none()
    return _stored(row, now) if row else None


@built_once
def _with_id(*, merchant_id: Any, coupon_id: Any) -> Select[Any]:
    return _with_use().where(_is(merchant_id, coupon_id))


async def find_all(
    connection: AsyncConnection, merchant_id: str, coupon_ids: Sequence[str], now: datetime
) -> dict[str, StoredCoupon]:
    """Return those of these coupons that are known, by their ids."""
    if not coupon_ids:
        return {}
    found = await _with_ids(merchant_id=merchant_id, coupon_ids=coupon_ids).on(connection)
    return {row.coupon_id: _stored(row, now) for row in found}


@built_once
def _with_ids(*, merchant_id: Any, coupon_ids: Any) -> Select[Any]:
    return _with_use().where(coupons.c.merchant_id == merchant_id, one_of(coupons.c.coupon_id, coupon_ids))


async def of_customer(
    connection: AsyncConnection, merchant_id: str, customer_id: str, now: datetime
) -> list[StoredCoupon]:
    theirs = (coupons.c.merchant_id == merchant_id) & (coupons.c.customer_id == customer_id)
    await weights.refuse_many(connection, coupons, merchant_id=merchant_id, customer_id=customer_id)
    query = _with_use().where(theirs)
    return [_stored(row, now) for row in await connection.execute(query.order_by(coupons.c.coupon_id))]


async def revoke(connection: AsyncConnection, merchant_id: str, coupon_id: str, now: datetime) -> None:
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(revoked_at=now))


async def give_again(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> None:
    """Take a revocation back."""
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(revoked_at=None))


def _with_use() -> Select[Any]:
    columns = [column for column in coupons.c if column is not coupons.c.valid_until]
    end = end_of_coupon().label("valid_until")
    return select(*columns, end, _IS_USED.label("is_used"), _WENT_BACK.label("went_back"), _HELD_BY.label("held_by"))


def _is(merchant_id: str, coupon_id: str) -> Any:
    return and_(coupons.c.merchant_id == merchant_id, coupons.c.coupon_id == coupon_id)


def _stored(row: Row[Any], now: datetime) -> StoredCoupon:
    coupon = Coupon(**{name: getattr(row, name) for name in Coupon.__dataclass_fields__})
    return StoredCoupon(coupon, _status(row, now), row.held_by)


def _status(row: Row[Any], now: datetime) -> CouponStatus:
    if row.revoked_at is not None or (row.went_back and not row.is_used):
        return CouponStatus.REVOKED
    if row.is_used:
        return CouponStatus.USED
    is_over = row.valid_until is not None and row.valid_until < now
    return CouponStatus.EXPIRED if is_over else CouponStatus.UNUSED
