"""A booked order that is sold differently: a version of its own, and the difference to what was booked (rule 57).

Everything here happens in the transaction of the snapshot, under the locks of the order's number, its coupons, its
customer and its row. Each entry has the version in its key, and each use of a coupon or a discount is a row of the
order's own, so a version is booked once.
"""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from db import (
    coupon_uses,
    coupons,
    exclusive_discounts,
    found_parcels,
    grants,
    instruments,
    late_orders,
    order_payments,
    points,
    positions,
    refunds,
    rewards,
    standings,
)
from db.stored_orders import StoredOrder, keep_version, store
from domain.claims.edits import refuse_less_than_asked, renamed, sell_differently
from domain.claims.positions import OrderPosition
from domain.payout.keys import joined
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import Sale
from domain.sale.snapshots import SnapshotStep, SnapshotTaken


async def change(connection: AsyncConnection, merchant_id: str, known: StoredOrder, taken: SnapshotTaken) -> int:
    """Store what a later snapshot says of a booked order; return the version that it is now.

    Raises RefundRejected, StandsInTheWay, CouponUsedUp, and SnapshotRefused where what it used can't be given back.
    """
    assert known.sale is not None
    if taken.step is SnapshotStep.KNOWN:
        now = replace(known, order=taken.order)
        await store(connection, merchant_id, now)
        await found_parcels.tell(connection, merchant_id, known.order, now)
        return known.version
    sale = await _sold_now(connection, merchant_id, known, taken)
    changed = StoredOrder(taken.order, sale, known.version + 1, known.disputes)
    order_id = taken.order.order_id
    await keep_version(connection, merchant_id, known)
    async with standings.counting(connection, merchant_id, taken.order.customer_id, order_id):
        await store(connection, merchant_id, changed)
    await found_parcels.tell(connection, merchant_id, known.order, changed)
    await instruments.forget(connection, merchant_id, order_id)
    await instruments.remember(connection, merchant_id, taken.order)
    if taken.step is SnapshotStep.RESOLD:
        await _book_difference(connection, merchant_id, known.order, changed)
    return changed.version


async def _sold_now(connection: AsyncConnection, merchant_id: str, known: StoredOrder, taken: SnapshotTaken) -> Sale:
    assert known.sale is not None
    await order_payments.refuse_too_much(connection, merchant_id, taken.order)
    if taken.step is SnapshotStep.RENAMED:
        return renamed(known.sale, taken.order)
    position = await positions.of_order(connection, merchant_id, known)
    asked = await refunds.extras_asked(connection, merchant_id, taken.order.order_id)
    sale = sell_differently(position, taken.order, known.disputes)
    refuse_less_than_asked(OrderPosition(taken.order, sale, position.refunds), asked)
    return sale


async def _book_difference(connection: AsyncConnection, merchant_id: str, before: Order, changed: StoredOrder) -> None:
    """Book what an order that is sold differently was paid with, used, earned and granted more or less."""
    order, occasion = changed.order, joined("order", changed.order.order_id, f"version-{changed.version}")
    await order_payments.book_difference(connection, merchant_id, before, order, occasion)
    await points.spend_differently(connection, merchant_id, before, order, occasion)
    await points.earn_differently(connection, merchant_id, before, order, occasion)
    await _use_other_coupons(connection, merchant_id, before, order)
    await exclusive_discounts.use_differently(connection, merchant_id, before, order)
    await grants.book(connection, merchant_id, order, behind=len(before.rewards))
    await rewards.recalculate(connection, merchant_id, order.customer_id, order.currency, occasion)


async def _use_other_coupons(connection: AsyncConnection, merchant_id: str, before: Order, order: Order) -> None:
    used, now = (each.names(DiscountSource.COUPON) for each in (before, order))
    added = [coupon_id for coupon_id in now if coupon_id not in used]
    gone = [coupon_id for coupon_id in used if coupon_id not in now]
    if added:
        await coupons.refuse_those_of_others(connection, merchant_id, order)
    await coupon_uses.use_no_more(connection, merchant_id, order, gone)
    await late_orders.owe_coupons(connection, merchant_id, order, added)
    await coupon_uses.use(connection, merchant_id, order, added)
    await coupon_uses.use_differently(connection, merchant_id, order)
