"""Orders as they were sold; a paid one is booked once, with everything it spent and earned."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import campaigns, coupons, customers, exclusive_discounts, grants, instruments, points
from db.codec import from_json, to_json
from db.ledger import Account, Cause, Posting, balance, post, transfer
from db.schema import orders
from domain.orders import DiscountSource, Order, PaymentMethod
from domain.sales import Sale, book

_FIXED = (
    "customer_id",
    "currency",
    "lines",
    "shipping",
    "discounts",
    "payments",
    "points_earned",
    "rewards",
    "paid_at",
)


class OrderIsBooked(Exception):
    """A paid order cannot be sold differently afterwards."""


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """`sale` is None until the order arrives as paid."""

    order: Order
    sale: Sale | None


async def find(
    connection: AsyncConnection, merchant_id: str, order_id: str, *, lock: bool = False
) -> StoredOrder | None:
    query = select(orders).where(orders.c.merchant_id == merchant_id, orders.c.order_id == order_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        return None
    return StoredOrder(from_json(Order, row.snapshot), from_json(Sale, row.sale) if row.sale else None)


async def newest_currency(connection: AsyncConnection, merchant_id: str, customer_id: str) -> str | None:
    """Name the currency of a customer's newest order, paid or not; None where there is no order."""
    theirs = select(orders.c.currency).where(orders.c.merchant_id == merchant_id, orders.c.customer_id == customer_id)
    newest = theirs.order_by(orders.c.created_at.desc(), orders.c.order_id).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def put(connection: AsyncConnection, merchant_id: str, order: Order) -> bool:
    """Store an order snapshot, and book it when it first arrives as paid; tell whether it was booked now.

    Raises RefundRejected (`order_does_not_balance`, `discount_exceeds_lines`) and OrderIsBooked where a booked
    order comes back with another sale; its status and its delivery may move on.
    """
    await customers.make_known(connection, merchant_id, order.customer_id)
    await customers.lock(connection, merchant_id, order.customer_id)
    known = await find(connection, merchant_id, order.order_id, lock=True)
    if known and known.sale:
        _refuse_another_sale(known.order, order)
        await _store(connection, merchant_id, order, known.sale)
        return False
    sale = book(order) if order.is_paid else None
    await _store(connection, merchant_id, order, sale)
    if sale:
        await _book(connection, merchant_id, order)
    return sale is not None


def _refuse_another_sale(booked: Order, order: Order) -> None:
    changed = [name for name in _FIXED if getattr(booked, name) != getattr(order, name)]
    if not order.is_paid:
        changed.append("status")
    if changed:
        raise OrderIsBooked(
            f"order {order.order_id!r} is booked as paid: {', '.join(changed)} can't change any more; "
            "status, placed_at and delivered_at can"
        )


async def _store(connection: AsyncConnection, merchant_id: str, order: Order, sale: Sale | None) -> None:
    row = {
        "customer_id": order.customer_id,
        "currency": order.currency,
        "status": order.status,
        "paid_at": order.paid_at,
        "snapshot": to_json(order),
        "sale": to_json(sale) if sale else None,
        "goods_paid": sale.goods_paid.minor_units if sale else None,
        "goods_units": sum(line.quantity for line in sale.lines if not line.gift) if sale else None,
        "campaign_ids": list(order.names(DiscountSource.CAMPAIGN)),
    }
    statement = insert(orders).values(merchant_id=merchant_id, order_id=order.order_id, **row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id", "order_id"], set_=row))


async def _book(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """Book what the sale brought in, spent and earned; the order row's lock makes it happen once."""
    await _book_payments(connection, merchant_id, order)
    await instruments.remember(connection, merchant_id, order)
    await points.spend(connection, merchant_id, order, order.points_spent)
    await points.earn(connection, merchant_id, order)
    await coupons.use(connection, merchant_id, order)
    await exclusive_discounts.use(connection, merchant_id, order)
    await grants.book(connection, merchant_id, order)
    await campaigns.recalculate(connection, merchant_id, order.customer_id, order.currency, f"order:{order.order_id}")


async def _book_payments(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    lines: list[Posting] = []
    sale = (Account.SALE, order.order_id)
    for payment in order.payments:
        amount = payment.amount.minor_units
        if payment.method is PaymentMethod.STORE_CREDIT:
            await _meet_unknown_credit(connection, merchant_id, order, amount)
            lines += transfer((Account.STORE_CREDIT, order.customer_id), sale, order.currency, amount)
        else:
            pocket = (Account.PAYMENT, f"{order.order_id}/{payment.payment_id}")
            lines += transfer(pocket, sale, order.currency, amount)
    cause = Cause(f"order:{order.order_id}:payments", "payments of the order", order_id=order.order_id)
    await post(connection, merchant_id, cause, lines)


async def _meet_unknown_credit(connection: AsyncConnection, merchant_id: str, order: Order, spent: int) -> None:
    """Nobody spends store credit they don't have: what we never heard of was earned elsewhere."""
    owner = order.customer_id
    missing = spent - await balance(connection, merchant_id, Account.STORE_CREDIT, owner, order.currency)
    if missing > 0:
        cause = Cause(f"order:{order.order_id}:unknown-credit", "store credit earned elsewhere", order.order_id)
        lines = transfer((Account.ELSEWHERE, merchant_id), (Account.STORE_CREDIT, owner), order.currency, missing)
        await post(connection, merchant_id, cause, lines)
