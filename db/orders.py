"""Orders as they were sold; a paid one is booked once, with everything it spent and earned."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import (
    coupon_uses,
    coupons,
    credit,
    customers,
    disputes,
    exclusive_discounts,
    grants,
    guests,
    instruments,
    late_orders,
    locks,
    points,
    policies,
    rewards,
    standings,
    weights,
)
from db.built import built_once
from db.codec import from_json, to_json
from db.exchanges import moved
from db.ledger import Account, EntryCause, Posting, pocket_of, post, transfer
from db.sales import sale_from_json, sale_to_json
from db.schema import order_versions, orders, refunds
from domain.campaigns.counting import as_sold
from domain.payout.keys import joined
from domain.sale.disputes import Dispute
from domain.sale.orders import DiscountSource, Order, PaymentMethod
from domain.sale.overpaid import refuse_paid_too_much
from domain.sale.sales import Sale, book
from domain.sale.snapshots import SnapshotRefused, SnapshotStep, SnapshotTaken, take


class HasRefunds(Exception):
    """What an order came to can't change any more: refunds were asked for of it."""


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """`sale` is None until the order arrives as paid; `version` counts how often it was sold differently since."""

    order: Order
    sale: Sale | None
    version: int = 1
    disputes: tuple[Dispute, ...] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a snapshot."""

    step: SnapshotStep
    is_booked_now: bool = False
    version: int = 1


async def find(
    connection: AsyncConnection, merchant_id: str, order_id: str, *, lock: bool = False
) -> StoredOrder | None:
    large = orders.c.snapshot, orders.c.sale
    row = await weights.one_or_none(connection, *large, lock=lock, merchant_id=merchant_id, order_id=order_id)
    if row is None:
        return None
    sale = sale_from_json(row.sale) if row.sale else None
    return StoredOrder(from_json(Order, row.snapshot), sale, row.version, disputes.read(row.disputes))


async def newest_currency(connection: AsyncConnection, merchant_id: str, customer_id: str) -> str | None:
    """Name the currency of a customer's newest order, paid or not; None where there is no order."""
    theirs = select(orders.c.currency).where(orders.c.merchant_id == merchant_id, orders.c.customer_id == customer_id)
    newest = theirs.order_by(orders.c.created_at.desc(), orders.c.order_id).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def put(connection: AsyncConnection, merchant_id: str, order: Order) -> Put:
    """Store an order snapshot, and book it when it first arrives as paid.

    Raises RefundRejected (`order_does_not_balance`, `discount_exceeds_lines`, `coupon_of_another_customer`),
    SnapshotRefused where it contradicts what is known of the order, CouponUsedUp where a coupon that it names has no
    use left, and HasRefunds where it would change what a refund was worked out from.
    """
    await locks.hold(connection, "order", merchant_id, order.order_id)
    await locks.hold_together(connection, "coupon", merchant_id, order.names(DiscountSource.COUPON))
    order = await guests.owned(connection, merchant_id, order)
    first = await find(connection, merchant_id, order.order_id)
    if first is not None and first.order.customer_id != order.customer_id:
        raise SnapshotRefused(f"order {order.order_id!r} belongs to another customer or guest")
    for each in sorted({order.customer_id, *order.rewarded_others}):
        await customers.make_known(connection, merchant_id, each)
    await customers.lock(connection, merchant_id, order.customer_id)
    known = await find(connection, merchant_id, order.order_id, lock=True)
    is_booked = known is not None and known.sale is not None
    taken = take(known.order if known else None, order, is_booked=is_booked)
    if taken.step is SnapshotStep.OLDER:
        return Put(taken.step)
    await guests.note_details(connection, merchant_id, taken.order)
    if known is not None and known.sale is not None:
        return await _change(connection, merchant_id, known, taken)
    sale = await _sale_of(connection, merchant_id, taken.order) if taken.order.is_sold else None
    await coupons.refuse_those_of_others(connection, merchant_id, taken.order)
    await _store(connection, merchant_id, StoredOrder(taken.order, sale))
    if sale:
        await standings.count(connection, merchant_id, order.customer_id, (), [as_sold(taken.order, sale)])
        await _book(connection, merchant_id, taken.order)
    return Put(taken.step, is_booked_now=sale is not None)


async def _sale_of(connection: AsyncConnection, merchant_id: str, order: Order) -> Sale:
    """Split a sold order's discounts; by how much it may be paid too much, the policy in force says (rule 50)."""
    if order.overpaid:
        refuse_paid_too_much(order, (await policies.current(connection, merchant_id)).policy)
    return book(order)


async def _change(connection: AsyncConnection, merchant_id: str, known: StoredOrder, taken: SnapshotTaken) -> Put:
    """Store what a later snapshot says of a booked order; one that sells it differently is a version of its own."""
    if taken.step is SnapshotStep.KNOWN:
        await _store(connection, merchant_id, replace(known, order=taken.order))
        return Put(taken.step, version=known.version)
    if taken.step is SnapshotStep.RESOLD:
        await _refuse_if_refunded(connection, merchant_id, taken.order.order_id)
    sale = await _sale_of(connection, merchant_id, taken.order)
    changed = StoredOrder(taken.order, sale, known.version + 1)
    await _keep_version(connection, merchant_id, known)
    await _store(connection, merchant_id, changed)
    await instruments.forget(connection, merchant_id, taken.order.order_id)
    await instruments.remember(connection, merchant_id, taken.order)
    if taken.step is SnapshotStep.RESOLD:
        await _count_difference(connection, merchant_id, known, changed)
        await _book_difference(connection, merchant_id, known.order, changed)
    return Put(taken.step, version=changed.version)


async def _refuse_if_refunded(connection: AsyncConnection, merchant_id: str, order_id: str) -> None:
    """What refunded units were paid with is frozen; a refund that was refused may still be taken up again."""
    asked = select(refunds.c.refund_id).where(refunds.c.merchant_id == merchant_id, refunds.c.order_id == order_id)
    refund_id = (await connection.execute(asked.limit(1))).scalar_one_or_none()
    if refund_id is not None:
        raise HasRefunds(
            f"order {order_id!r} has refund {refund_id}, which was worked out from what the order came to: its lines, "
            "shipping, discounts and payments can't change any more; refund what changed instead"
        )


async def _keep_version(connection: AsyncConnection, merchant_id: str, replaced: StoredOrder) -> None:
    """Keep what an order was before it changed."""
    row = {"merchant_id": merchant_id, "order_id": replaced.order.order_id, "version": replaced.version}
    row |= {"snapshot": to_json(replaced.order), "sale": to_json(replaced.sale)}
    await connection.execute(insert(order_versions).values(row))


async def _store(connection: AsyncConnection, merchant_id: str, stored: StoredOrder) -> None:
    order, sale = stored.order, stored.sale
    row = {
        "customer_id": order.customer_id,
        "currency": order.currency,
        "status": order.status,
        "paid_at": order.sold_at if sale else order.paid_at,
        "snapshot": to_json(order),
        "sale": sale_to_json(sale) if sale else None,
        "goods_paid": sale.goods_paid.minor_units if sale else None,
        "goods_units": sum(line.quantity for line in sale.counted_lines) if sale else None,
        "campaign_ids": list(order.names(DiscountSource.CAMPAIGN)),
        "version": stored.version,
    }
    await _stored(merchant_id=merchant_id, order_id=order.order_id, **row).on(connection)


@built_once
def _stored(*, merchant_id: Any, order_id: Any, **row: Any) -> Insert:
    statement = insert(orders).values(merchant_id=merchant_id, order_id=order_id, **row)
    return statement.on_conflict_do_update(index_elements=["merchant_id", "order_id"], set_=row)


async def _book(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Book what the sale brought in, spent and earned; the order row's lock makes it happen once."""
    await _book_payments(connection, merchant_id, order)
    await instruments.remember(connection, merchant_id, order)
    await points.spend(connection, merchant_id, order, order.points_spent)
    await points.earn(connection, merchant_id, order)
    await late_orders.owe_coupons(connection, merchant_id, order)
    await coupon_uses.use(connection, merchant_id, order)
    await exclusive_discounts.use(connection, merchant_id, order)
    await grants.book(connection, merchant_id, order)
    await rewards.recalculate(connection, merchant_id, order.customer_id, order.currency, f"order:{order.order_id}")


async def _count_difference(
    connection: AsyncConnection, merchant_id: str, known: StoredOrder, changed: StoredOrder
) -> None:
    """Count an order that nothing was refunded of as it is sold now."""
    before, after = ([as_sold(each.order, each.sale)] for each in (known, changed) if each.sale is not None)
    await standings.count(connection, merchant_id, changed.order.customer_id, before, after)


async def _book_difference(connection: AsyncConnection, merchant_id: str, before: Order, changed: StoredOrder) -> None:
    """Book what an order that is sold differently was paid with more or less; what it used up beside money stays."""
    order = changed.order
    await coupon_uses.use_differently(connection, merchant_id, order)
    again = joined("order", order.order_id, f"version-{changed.version}")
    gone = [Posting(line.account, line.owner, line.unit, -line.amount) for line in _paid_with(before)]
    await _spend_credit(connection, merchant_id, order, again, _credit(order) - _credit(before))
    cause = EntryCause(f"{again}:payments", "the order was sold differently", order_id=order.order_id)
    await post(connection, merchant_id, cause, [*gone, *_paid_with(order)])
    await rewards.recalculate(connection, merchant_id, order.customer_id, order.currency, again)


async def _book_payments(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    booked = joined("order", order.order_id)
    await _spend_credit(connection, merchant_id, order, booked, _credit(order))
    cause = EntryCause(f"{booked}:payments", "payments of the order", order_id=order.order_id)
    await post(connection, merchant_id, cause, _paid_with(order))


def _paid_with(order: Order) -> list[Posting]:
    """Book what was captured where it comes from; the rest of the price stays open until somebody pays it (rule 50)."""
    sale, open_sum = (Account.SALE, order.order_id), (Account.NOT_PAID_YET, order.order_id)
    lines = transfer(open_sum, sale, order.currency, _open(order))
    for payment in order.payments:
        if not payment.is_captured:
            continue
        is_credit = payment.method is PaymentMethod.STORE_CREDIT
        own, captured = (Account.STORE_CREDIT, order.customer_id), pocket_of(order.order_id, payment.payment_id)
        pocket = own if is_credit else captured
        lines += moved(pocket, sale, order.order_id, payment.amount, payment.worth)
    return lines


def _open(order: Order) -> int:
    """What is owed, and what payments that are not captured are to bring."""
    promised = (each.paid_for_the_order.minor_units for each in order.payments if not each.is_captured)
    return order.not_paid_yet.minor_units + sum(promised)


def _credit(order: Order) -> int:
    of_credit = (each for each in order.payments if each.method is PaymentMethod.STORE_CREDIT and each.is_captured)
    return sum(each.amount.minor_units for each in of_credit)


async def _spend_credit(connection: AsyncConnection, merchant_id: str, order: Order, occasion: str, spent: int) -> None:
    """Nobody spends store credit they don't have: what we never heard of was earned elsewhere."""
    if spent <= 0:
        return
    owner, paid_at = order.customer_id, order.sold_at
    missing = spent - await credit.balance_of(connection, merchant_id, owner, order.currency, paid_at)
    await credit.spend(connection, merchant_id, owner, order.currency, spent, paid_at)
    if missing > 0:
        cause = EntryCause(f"{occasion}:unknown-credit", "store credit earned elsewhere", order.order_id)
        lines = transfer((Account.ELSEWHERE, merchant_id), (Account.STORE_CREDIT, owner), order.currency, missing)
        await post(connection, merchant_id, cause, lines)
