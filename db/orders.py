"""Orders as they were sold; a paid one is booked once, with everything it spent and earned."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import (
    coupon_uses,
    coupons,
    customers,
    exclusive_discounts,
    grants,
    guests,
    instruments,
    late_orders,
    locks,
    order_edits,
    order_payments,
    points,
    rewards,
    standings,
)
from db.schema import orders
from db.stored_orders import StoredOrder, find, store
from domain.campaigns.counting import as_sold
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import book
from domain.sale.snapshots import SnapshotRefused, SnapshotStep, differing, take


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a snapshot, and whose order it is; `changed` names what of a known one is another now."""

    step: SnapshotStep
    customer_id: str
    is_booked_now: bool = False
    version: int = 1
    changed: Sequence[str] = ()


async def newest_currency(connection: AsyncConnection, merchant_id: str, customer_id: str) -> str | None:
    """Name the currency of a customer's newest order, paid or not; None where there is no order."""
    theirs = select(orders.c.currency).where(orders.c.merchant_id == merchant_id, orders.c.customer_id == customer_id)
    newest = theirs.order_by(orders.c.created_at.desc(), orders.c.order_id).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def put(connection: AsyncConnection, merchant_id: str, order: Order) -> Put:
    """Store an order snapshot, and book it when it first arrives as paid.

    Raises RefundRejected (`order_does_not_balance`, `discount_exceeds_lines`, `coupon_of_another_customer`),
    SnapshotRefused where it contradicts what is known of the order, CouponUsedUp where a coupon that it names has no
    use left, and StandsInTheWay where it would change what a refund has claimed.
    """
    await locks.hold(connection, "order", merchant_id, order.order_id)
    first = await find(connection, merchant_id, order.order_id)
    named = {*order.names(DiscountSource.COUPON), *(first.order.names(DiscountSource.COUPON) if first else ())}
    await locks.hold_together(connection, "coupon", merchant_id, sorted(named))
    order = await guests.owned(connection, merchant_id, order)
    for each in sorted({order.customer_id, *order.rewarded_others}):
        await customers.make_known(connection, merchant_id, each)
    await customers.lock(connection, merchant_id, order.customer_id)
    known = await find(connection, merchant_id, order.order_id, lock=True)
    if known is not None and known.order.customer_id != order.customer_id:  # the first look may be older than its owner
        raise SnapshotRefused(f"order {order.order_id!r} belongs to another customer or guest")
    is_booked = known is not None and known.sale is not None
    taken = take(known.order if known else None, order, is_booked=is_booked)
    if taken.step is SnapshotStep.OLDER:
        return Put(taken.step, order.customer_id)
    changed = differing(known.order, taken.order) if known else ()
    await guests.note_details(connection, merchant_id, taken.order)
    if known is not None and known.sale is not None:
        version = await order_edits.change(connection, merchant_id, known, taken)
        return Put(taken.step, order.customer_id, version=version, changed=changed)
    sale = None
    if taken.order.is_sold:
        await order_payments.refuse_too_much(connection, merchant_id, taken.order)
        sale = book(taken.order)
    await coupons.refuse_those_of_others(connection, merchant_id, taken.order)
    await store(connection, merchant_id, StoredOrder(taken.order, sale))
    if sale:
        await standings.count(connection, merchant_id, order.customer_id, (), [as_sold(taken.order, sale)])
        await _book(connection, merchant_id, taken.order)
    return Put(taken.step, order.customer_id, is_booked_now=sale is not None, changed=changed)


async def _book(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Book what the sale brought in, spent and earned; the order row's lock makes it happen once."""
    await order_payments.book(connection, merchant_id, order)
    await instruments.remember(connection, merchant_id, order)
    await points.spend(connection, merchant_id, order, order.points_spent)
    await points.earn(connection, merchant_id, order)
    used = order.names(DiscountSource.COUPON)
    await late_orders.owe_coupons(connection, merchant_id, order, used)
    await coupon_uses.use(connection, merchant_id, order, used)
    await exclusive_discounts.use(connection, merchant_id, order)
    await grants.book(connection, merchant_id, order)
    await rewards.recalculate(connection, merchant_id, order.customer_id, order.currency, f"order:{order.order_id}")
