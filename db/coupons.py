"""Coupons as their merchant says, with what became of them: used, given time, held, revoked."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, Select, Text, and_, case, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import coupon_counts as counts
from db import coupon_uses as uses
from db import customers, locks, weights
from db.built import built_once, one_of, typed
from db.holds import HoldState
from db.schema import coupon_counts, coupon_uses, coupons, holds, order_grants
from domain.entitlements.coupon_limits import CouponLimits, CustomerUses, usable
from domain.entitlements.coupons import CouponStatus
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import DiscountSource, Order

OURS = "makewhole-"
"""What the ids of coupons that are issued here begin with; no merchant's `PUT` gets there."""


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon worth `amount` minor units from a spend of `minimum_spend`; no `valid_until` means no end.

    Without an `amount` it takes off `rate_bp`, at most `max_amount`. Without a `customer_id` it is everybody's.
    """

    coupon_id: str
    customer_id: str | None
    name: str
    amount: int | None
    currency: str
    minimum_spend: int
    valid_from: datetime | None
    valid_until: datetime | None
    reusable_after_refund: bool
    max_uses: int | None = None
    max_uses_per_customer: int | None = None
    rate_bp: int | None = None
    max_amount: int | None = None

    @property
    def limits(self) -> CouponLimits:
        return CouponLimits(self.customer_id is None, self.max_uses, self.max_uses_per_customer)


@dataclass(frozen=True, slots=True)
class UsesLeft:
    """How often a coupon is used now, how many uses wait for whom they came back to, and how many are left.

    None left is no limit.
    """

    standing: int
    given_back: int
    left: int | None


@dataclass(frozen=True, slots=True)
class StoredCoupon:
    """`held_by` is the refund that is about to take it back (rule 42), if any.

    `uses` are everybody's. `by_customer` are those of the customer who is asked about, or whose the coupon is; status
    and end are what they are for them.
    """

    coupon: Coupon
    status: CouponStatus
    held_by: str | None
    uses: UsesLeft
    by_customer: UsesLeft | None

    @property
    def counts_uses(self) -> bool:
        return self.coupon.limits.counts_uses


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
_TAKEN = (
    select(func.coalesce(func.sum(coupon_counts.c.taken), 0))
    .where(coupon_counts.c.merchant_id == coupons.c.merchant_id, coupon_counts.c.coupon_id == coupons.c.coupon_id)
    .scalar_subquery()
)
_WAITING = (
    select(func.count())
    .where(coupon_uses.c.merchant_id == coupons.c.merchant_id, coupon_uses.c.coupon_id == coupons.c.coupon_id)
    .where(uses.is_given_back())
    .scalar_subquery()
)
_HELD_BY = (
    select(func.min(holds.c.refund_id))
    .where(holds.c.merchant_id == coupons.c.merchant_id, holds.c.coupon_id == coupons.c.coupon_id)
    .where(holds.c.state == HoldState.HELD)
    .scalar_subquery()
)


async def put_by_merchant(connection: AsyncConnection, merchant_id: str, coupon: Coupon) -> bool:
    """Store a coupon as its merchant says, and count its uses as that wants it; as `put` otherwise.

    Orders that use it wait meanwhile, so that none is counted under other limits.
    """
    await locks.hold(connection, "coupon", merchant_id, coupon.coupon_id)
    of_coupon = {"merchant_id": merchant_id, "coupon_id": coupon.coupon_id}
    row = (await _limits(**of_coupon).on(connection)).one_or_none()
    if not await put(connection, merchant_id, coupon):
        return False
    before = CouponLimits(row.customer_id is None, row.max_uses, row.max_uses_per_customer) if row else None
    if coupon.limits.counts_uses and not (before and before.counts_uses):
        await uses.count_each(connection, merchant_id, coupon.coupon_id)
    if coupon.limits.is_shop_wide and (before is None or before.in_all != coupon.max_uses):
        await counts.share_out(connection, merchant_id, coupon.coupon_id, coupon.max_uses)
    return True


@built_once
def _limits(*, merchant_id: Any, coupon_id: Any) -> Select[Any]:
    limits = select(coupons.c.customer_id, coupons.c.max_uses, coupons.c.max_uses_per_customer)
    return limits.where(_is(merchant_id, coupon_id))


async def put(connection: AsyncConnection, merchant_id: str, coupon: Coupon) -> bool:
    """Store a coupon; tell whether it is this customer's, or everybody's, as before; else nothing is stored."""
    if coupon.customer_id is not None:
        await customers.make_known(connection, merchant_id, coupon.customer_id)
    row = {name: getattr(coupon, name) for name in Coupon.__dataclass_fields__}
    return (await _put(merchant_id=merchant_id, **row).on(connection)).one_or_none() is not None


@built_once
def _put(*, merchant_id: Any, **coupon: Any) -> Executable:
    statement = insert(coupons).values(merchant_id=merchant_id, **coupon)
    is_theirs = coupons.c.customer_id.is_not_distinct_from(coupon["customer_id"])
    theirs = statement.on_conflict_do_update(index_elements=["merchant_id", "coupon_id"], set_=coupon, where=is_theirs)
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
    return _with_use(coupons.c.customer_id).where(_is(merchant_id, coupon_id))


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
    return _with_use(coupons.c.customer_id).where(
        coupons.c.merchant_id == merchant_id, one_of(coupons.c.coupon_id, coupon_ids)
    )


async def of_customer(
    connection: AsyncConnection, merchant_id: str, customer_id: str, now: datetime
) -> list[StoredCoupon]:
    """List a customer's own coupons, and those of everybody's that they used or got back."""
    await weights.refuse_many(connection, coupons, merchant_id=merchant_id, customer_id=customer_id)
    theirs = await _of_customer(merchant_id=merchant_id, customer_id=customer_id).on(connection)
    return [_stored(row, now) for row in theirs]


@built_once
def _of_customer(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    own = select(coupons.c.coupon_id)
    own = own.where(coupons.c.merchant_id == merchant_id, coupons.c.customer_id == customer_id)
    used = select(coupon_uses.c.coupon_id)
    used = used.where(coupon_uses.c.merchant_id == merchant_id, coupon_uses.c.customer_id == customer_id)
    of_them = coupons.c.coupon_id.in_(own.union(used))
    of_them &= (coupons.c.customer_id == customer_id) | coupons.c.customer_id.is_(None)
    query = _with_use(customer_id).where(coupons.c.merchant_id == merchant_id, of_them)
    return query.order_by(coupons.c.coupon_id)


async def revoke(connection: AsyncConnection, merchant_id: str, coupon_id: str, now: datetime) -> None:
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(revoked_at=now))


async def give_again(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> None:
    """Take a revocation back."""
    await connection.execute(update(coupons).where(_is(merchant_id, coupon_id)).values(revoked_at=None))


def _with_use(customer_id: Any) -> Select[Any]:
    """A coupon, whether and how it is used, and how this customer uses it."""
    columns = [column for column in coupons.c if column is not coupons.c.valid_until]
    end = case((uses.counts_uses(), coupons.c.valid_until), else_=uses.end_of_coupon())
    standing, given_back = uses.uses_by(customer_id)
    return select(
        *columns,
        end.label("valid_until"),
        case((coupons.c.customer_id.is_not(None), _IS_USED), else_=False).label("is_used"),
        case((coupons.c.customer_id.is_not(None), _WENT_BACK), else_=False).label("went_back"),
        _HELD_BY.label("held_by"),
        typed(customer_id, Text).label("asked_by"),
        standing.label("standing"),
        given_back.label("given_back"),
        case((coupons.c.customer_id.is_(None), _TAKEN)).label("taken"),
        case((coupons.c.customer_id.is_(None), _WAITING)).label("waiting"),
    )


def _is(merchant_id: str, coupon_id: str) -> Any:
    return and_(coupons.c.merchant_id == merchant_id, coupons.c.coupon_id == coupon_id)


def _stored(row: Row[Any], now: datetime) -> StoredCoupon:
    coupon = Coupon(**{name: getattr(row, name) for name in Coupon.__dataclass_fields__})
    limits, theirs = coupon.limits, CustomerUses(row.standing, tuple(row.given_back or ()))
    if not limits.counts_uses:
        limits, theirs = CouponLimits(False, 1), CustomerUses(int(row.is_used))
    elif row.asked_by is None:
        limits = limits.of_everybody
    taken = row.taken if limits.is_shop_wide else theirs.kept
    stands = usable(limits, theirs, taken, coupon.valid_until, now)
    by_them = UsesLeft(theirs.standing, len(theirs.given_back), stands.left)
    everybodys = by_them
    if limits.is_shop_wide:
        everybodys = UsesLeft(row.taken - row.waiting, row.waiting, limits.left_in_all(row.taken))
    is_revoked = row.revoked_at is not None or (row.went_back and not row.is_used)
    return StoredCoupon(
        replace(coupon, valid_until=stands.until),
        CouponStatus.REVOKED if is_revoked else stands.status,
        row.held_by,
        everybodys,
        None if row.asked_by is None else by_them,
    )
