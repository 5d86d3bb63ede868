"""Which orders used which coupons; a coupon is used while one of its uses stands, so both may arrive in any order.

Of a coupon that counts its uses (shop-wide, or with a limit) each use stands for itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Update, and_, case, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import coupon_counts
from db.built import built_once, one_of
from db.schema import coupon_uses, coupons
from domain.entitlements.coupon_limits import CouponLimits, CustomerUses, end_for
from domain.entitlements.coupons import UsedCoupon
from domain.entitlements.given_back import Use
from domain.sale.orders import DiscountSource, Order
from domain.sale.snapshots import SnapshotRefused


async def use(connection: AsyncConnection, merchant_id: str, order: Order, coupon_ids: Sequence[str]) -> None:
    """Note that a paid order used these coupons, what each took off it, and until when it was valid then (rule 43).

    The customer is locked. Raises CouponUsedUp where a coupon that counts its uses has none left for them.
    """
    for coupon_id in sorted(coupon_ids):  # so that nobody waits for each other
        amounts = [each.amount.minor_units for each in order.discounts if each.source_id == coupon_id]
        row: dict[str, Any] = {"merchant_id": merchant_id, "coupon_id": coupon_id, "order_id": order.order_id}
        row |= {"customer_id": order.customer_id, "used_at": order.sold_at, "amount": sum(amounts)}
        row |= {"valid_until": await _taken_until(connection, merchant_id, coupon_id, order)}
        await _used(**row).on(connection)


async def _taken_until(connection: AsyncConnection, merchant_id: str, coupon_id: str, order: Order) -> datetime | None:
    """Take a use of a coupon where it counts them; return until when it is valid for whom this order is."""
    of_coupon = {"merchant_id": merchant_id, "coupon_id": coupon_id, "customer_id": order.customer_id}
    known = (await _known(**of_coupon, moment=order.sold_at).on(connection)).one_or_none()
    if known is None:
        return None
    end: datetime | None = known.end
    limits = CouponLimits(known.customer_id is None, known.max_uses, known.max_uses_per_customer)
    if not limits.counts_uses:
        return end
    uses = CustomerUses(known.standing, tuple(known.given_back or ()))
    limits.refuse_more(coupon_id, order.customer_id, uses)
    if uses.given_back:
        again = (await _used_again(**of_coupon, order_id=order.order_id).on(connection)).one_or_none()
        if again is not None:
            return end_for(end, [again.extended_until])
    if limits.is_shop_wide and not await coupon_counts.take(connection, merchant_id, coupon_id):
        raise limits.used_up(coupon_id)
    return end


@built_once
def _known(*, merchant_id: Any, coupon_id: Any, customer_id: Any, moment: Any) -> Select[Any]:
    standing, given_back = uses_by(customer_id)
    limits = coupons.c.customer_id, coupons.c.max_uses, coupons.c.max_uses_per_customer
    end = case((counts_uses(), coupons.c.valid_until), else_=end_of_coupon(moment))
    known = select(end.label("end"), *limits, standing.label("standing"), given_back.label("given_back"))
    return known.where(coupons.c.merchant_id == merchant_id, coupons.c.coupon_id == coupon_id)


@built_once
def _used_again(*, merchant_id: Any, coupon_id: Any, customer_id: Any, order_id: Any) -> Update:
    """Of what came back, what ends first is used first."""
    theirs = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    first = select(coupon_uses.c.order_id).where(theirs, coupon_uses.c.customer_id == customer_id, is_given_back())
    first = first.order_by(coupon_uses.c.extended_until, coupon_uses.c.order_id).limit(1).with_for_update()
    again = update(coupon_uses).where(theirs, coupon_uses.c.order_id == first.scalar_subquery())
    return again.values(used_again_by=order_id).returning(coupon_uses.c.extended_until)


def counts_uses() -> Any:
    """SQL for whether a known coupon counts each use for itself (`CouponLimits.counts_uses`)."""
    is_limited = coupons.c.max_uses.is_not(None) | coupons.c.max_uses_per_customer.is_not(None)
    return coupons.c.coupon_id.is_not(None) & (coupons.c.customer_id.is_(None) | is_limited)


def is_given_back() -> Any:
    """SQL for whether a use came back and no order used it again."""
    return coupon_uses.c.reinstated_by.is_not(None) & coupon_uses.c.used_again_by.is_(None)


def uses_by(customer_id: Any) -> tuple[Any, Any]:
    """SQL for how many orders of a customer use a coupon, and until when each use that came back can be used again."""
    theirs = (coupon_uses.c.merchant_id == coupons.c.merchant_id) & (coupon_uses.c.coupon_id == coupons.c.coupon_id)
    theirs &= coupon_uses.c.customer_id == customer_id
    standing = select(func.count()).where(theirs, coupon_uses.c.reinstated_by.is_(None))
    given_back = select(func.array_agg(coupon_uses.c.extended_until)).where(theirs, is_given_back())
    return standing.correlate(coupons).scalar_subquery(), given_back.correlate(coupons).scalar_subquery()


async def count_each(connection: AsyncConnection, merchant_id: str, coupon_id: str) -> None:
    """From now on each use counts for itself: note which of those that came back so far were used again since."""
    later = coupon_uses.alias()
    after = (later.c.merchant_id == coupon_uses.c.merchant_id) & (later.c.coupon_id == coupon_uses.c.coupon_id)
    after &= (later.c.customer_id == coupon_uses.c.customer_id) & (later.c.used_at >= coupon_uses.c.freed_at)
    by = select(func.min(later.c.order_id)).where(after).correlate(coupon_uses).scalar_subquery()
    of_coupon = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    await connection.execute(update(coupon_uses).where(of_coupon, is_given_back()).values(used_again_by=by))


@built_once
def _used(**row: Any) -> Insert:
    return insert(coupon_uses).values(row).on_conflict_do_nothing()


async def use_no_more(connection: AsyncConnection, merchant_id: str, order: Order, coupon_ids: Sequence[str]) -> None:
    """Forget that an order used coupons that it is sold without now (rule 57): they can be used by another.

    Raises SnapshotRefused where a refund gave one back: then it was used.
    """
    for coupon_id in sorted(coupon_ids):
        own = _is(merchant_id, order.order_id, coupon_id)
        unused = delete(coupon_uses).where(own, coupon_uses.c.reinstated_by.is_(None), coupon_uses.c.freed_by.is_(None))
        if (await connection.execute(unused.returning(coupon_uses.c.order_id))).one_or_none() is None:
            raise SnapshotRefused(
                f"order {order.order_id!r} can't be sold without coupon {coupon_id!r}: a refund of it gave that back"
            )
        await _leave_a_use(connection, merchant_id, order.order_id, coupon_id)


async def _leave_a_use(connection: AsyncConnection, merchant_id: str, order_id: str, coupon_id: str) -> None:
    """Leave what it took of the uses that are counted: what had come back to its customer, else one of everybody's."""
    again = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    again &= coupon_uses.c.used_again_by == order_id
    left = update(coupon_uses).where(again).values(used_again_by=None).returning(coupon_uses.c.order_id)
    if (await connection.execute(left)).one_or_none() is None:
        await coupon_counts.put_back(connection, merchant_id, coupon_id)


async def use_differently(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Note what each coupon takes off an order that is sold differently."""
    for coupon_id in order.names(DiscountSource.COUPON):
        amounts = [each.amount.minor_units for each in order.discounts if each.source_id == coupon_id]
        of_use = _is(merchant_id, order.order_id, coupon_id)
        await connection.execute(update(coupon_uses).where(of_use).values(amount=sum(amounts)))


async def used_by(connection: AsyncConnection, merchant_id: str, order_id: str) -> tuple[UsedCoupon, ...]:
    """List the coupons an order used, those given back already left out."""
    return tuple(
        UsedCoupon(row.coupon_id, row.reusable_after_refund is not False, row.elsewhere, counts_uses=row.counts_uses)
        for row in await _used_by(merchant_id=merchant_id, order_id=order_id).on(connection)
    )


@built_once
def _used_by(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    other = coupon_uses.alias()
    elsewhere = exists().where(
        other.c.merchant_id == coupon_uses.c.merchant_id,
        other.c.coupon_id == coupon_uses.c.coupon_id,
        other.c.customer_id == coupon_uses.c.customer_id,
        other.c.order_id != coupon_uses.c.order_id,
        other.c.reinstated_by.is_(None),
    )
    return (
        select(coupon_uses.c.coupon_id, coupons.c.reusable_after_refund)
        .add_columns((elsewhere & ~counts_uses()).label("elsewhere"), counts_uses().label("counts_uses"))
        .select_from(coupon_uses.outerjoin(coupons, _same_coupon()))
        .where(_of_order(merchant_id, order_id), coupon_uses.c.reinstated_by.is_(None))
        .order_by(coupon_uses.c.coupon_id)
    )


async def give_back(
    connection: AsyncConnection, merchant_id: str, order_id: str, coupon_id: str, refund_id: str
) -> tuple[Use, ...]:
    """Take back an order's use of a coupon; return all uses by the same customer that no refund gave time for yet.

    The coupon is free where all of those are back. Refunds of its other orders wait for this one. Of a coupon that
    counts its uses, it is this one alone.
    """
    use = {"merchant_id": merchant_id, "order_id": order_id, "coupon_id": coupon_id}
    await _locked_with(**use).on(connection)
    again = (await _reinstated(**use, refund_id=refund_id).on(connection)).scalar_one()
    if again is not None:  # withdrawn since it was used again, and counted twice from then on
        await coupon_counts.put_back(connection, merchant_id, coupon_id)
    return tuple(_use(row, row.end) for row in await _not_freed_with(**use).on(connection))


@built_once
def _locked_with(**use: Any) -> Select[Any]:
    return select(coupon_uses.c.order_id).where(_is_not_freed(**use)).order_by("order_id").with_for_update()


@built_once
def _reinstated(*, refund_id: Any, **use: Any) -> Update:
    given_back = update(coupon_uses).where(_is(**use)).values(reinstated_by=refund_id)
    return given_back.returning(coupon_uses.c.used_again_by)


@built_once
def _not_freed_with(**use: Any) -> Select[Any]:
    end = func.coalesce(coupon_uses.c.valid_until, coupons.c.valid_until).label("end")
    uses = select(coupon_uses, end).select_from(coupon_uses.outerjoin(coupons, _same_coupon()))
    return uses.where(_is_not_freed(**use)).order_by(coupon_uses.c.order_id)


def _is_not_freed(merchant_id: Any, order_id: Any, coupon_id: Any) -> Any:
    """Of the same coupon and customer as this use, which is one of them."""
    customer_id = select(coupon_uses.c.customer_id).where(_is(merchant_id, order_id, coupon_id)).scalar_subquery()
    uses = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    counted = (coupons.c.merchant_id == merchant_id) & (coupons.c.coupon_id == coupon_id) & counts_uses()
    uses &= (coupon_uses.c.order_id == order_id) | ~exists(select(coupons.c.coupon_id).where(counted))
    return uses & (coupon_uses.c.customer_id == customer_id) & coupon_uses.c.freed_by.is_(None)


async def use_of(connection: AsyncConnection, merchant_id: str, order_id: str, coupon_id: str) -> Use:
    """Return when an order used a coupon, and until when that was valid then."""
    end = func.coalesce(coupon_uses.c.valid_until, coupons.c.valid_until).label("end")
    query = select(coupon_uses, end).select_from(coupon_uses.outerjoin(coupons, _same_coupon()))
    row = (await connection.execute(query.where(_is(merchant_id, order_id, coupon_id)))).one()
    return _use(row, row.end)


async def free(
    connection: AsyncConnection,
    merchant_id: str,
    coupon_id: str,
    refund_id: str,
    uses: Sequence[Use],
    until: datetime | None,
    now: datetime,
) -> None:
    """Note that a refund made a coupon free of these uses, and until when it is valid; None gives it no time."""
    of_uses = {"merchant_id": merchant_id, "coupon_id": coupon_id, "order_ids": [each.order_id for each in uses]}
    await _freed(**of_uses, freed_by=refund_id, freed_at=now, extended_until=until).on(connection)


@built_once
def _freed(*, merchant_id: Any, coupon_id: Any, order_ids: Any, **given: Any) -> Update:
    of_uses = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    return update(coupon_uses).where(of_uses, one_of(coupon_uses.c.order_id, order_ids)).values(given)


async def back_in(connection: AsyncConnection, merchant_id: str, order_id: str) -> list[str]:
    """Name the coupons of an order that refunds of it gave back."""
    query = select(coupon_uses.c.coupon_id).where(
        _of_order(merchant_id, order_id), coupon_uses.c.reinstated_by.is_not(None)
    )
    return list((await connection.execute(query.order_by(coupon_uses.c.coupon_id))).scalars())


async def freed_in(connection: AsyncConnection, merchant_id: str, order_id: str, refund_id: str) -> list[str]:
    """Name the coupons of an order that a refund made free of their last use."""
    freed = await _freed_in(merchant_id=merchant_id, order_id=order_id, refund_id=refund_id).on(connection)
    return list(freed.scalars())


@built_once
def _freed_in(*, merchant_id: Any, order_id: Any, refund_id: Any) -> Select[Any]:
    return select(coupon_uses.c.coupon_id).where(_of_order(merchant_id, order_id), coupon_uses.c.freed_by == refund_id)


async def withdraw(connection: AsyncConnection, merchant_id: str, order_id: str, coupon_id: str) -> None:
    """Count a coupon as used by an order again; the time that it was given with that use is given no more.

    Where another order used again what came back, both count, as many as they are, until this one is back once more
    (rule 35).
    """
    own = _is(merchant_id, order_id, coupon_id)
    locked = select(coupon_uses.c.used_again_by).where(own).with_for_update()
    if (await connection.execute(locked)).scalar_one() is not None:
        await coupon_counts.take_anyway(connection, merchant_id, coupon_id)
    freed_by = select(coupon_uses.c.freed_by).where(own).scalar_subquery()
    freed = (coupon_uses.c.merchant_id == merchant_id) & (coupon_uses.c.coupon_id == coupon_id)
    freed &= coupon_uses.c.freed_by == freed_by
    nothing = {"freed_by": None, "freed_at": None, "extended_until": None}
    await connection.execute(update(coupon_uses).where(freed).values(nothing))
    await connection.execute(update(coupon_uses).where(own).values(reinstated_by=None))


async def spent(connection: AsyncConnection, merchant_id: str, coupon_ids: Sequence[str]) -> set[str]:
    """Tell which of these coupons are used."""
    if not coupon_ids:
        return set()
    return set((await _spent(merchant_id=merchant_id, coupon_ids=coupon_ids).on(connection)).scalars())


@built_once
def _spent(*, merchant_id: Any, coupon_ids: Any) -> Select[Any]:
    return select(coupon_uses.c.coupon_id).where(
        coupon_uses.c.merchant_id == merchant_id,
        one_of(coupon_uses.c.coupon_id, coupon_ids),
        coupon_uses.c.reinstated_by.is_(None),
    )


def end_of_coupon(at: datetime | None = None) -> Any:
    """SQL for until when a coupon is valid: as its merchant says, or longer where refunds gave time back (rule 43).

    `at` leaves out what was given back later.
    """
    given = select(func.max(coupon_uses.c.extended_until)).where(
        coupon_uses.c.merchant_id == coupons.c.merchant_id, coupon_uses.c.coupon_id == coupons.c.coupon_id
    )
    if at is not None:
        given = given.where(coupon_uses.c.freed_at <= at)
    longer = func.greatest(coupons.c.valid_until, given.correlate(coupons).scalar_subquery())
    return case((coupons.c.valid_until.is_not(None), longer))


def _use(row: Any, end: datetime | None) -> Use:
    return Use(row.order_id, row.used_at, end, is_back=row.reinstated_by is not None)


def _of_order(merchant_id: str, order_id: str) -> Any:
    return and_(coupon_uses.c.merchant_id == merchant_id, coupon_uses.c.order_id == order_id)


def _is(merchant_id: str, order_id: str, coupon_id: str) -> Any:
    return and_(_of_order(merchant_id, order_id), coupon_uses.c.coupon_id == coupon_id)


def _same_coupon() -> Any:
    return and_(coupons.c.merchant_id == coupon_uses.c.merchant_id, coupons.c.coupon_id == coupon_uses.c.coupon_id)
