"""What an order was paid with, in the ledger: once when it is booked, and the difference when it changes (rule 57)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from db import credit, policies
from db.exchanges import moved
from db.ledger import Account, EntryCause, Posting, pocket_of, post, transfer
from domain.payout.keys import joined
from domain.sale.orders import Order
from domain.sale.overpaid import refuse_paid_too_much
from domain.sale.payments import PaymentMethod


async def refuse_too_much(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    """By how much an order may be paid too much, the policy in force says (rule 50); raises RefundRejected."""
    if order.overpaid:
        refuse_paid_too_much(order, (await policies.current(connection, merchant_id)).policy)


async def book(connection: AsyncConnection, merchant_id: str, order: Order) -> None:
    booked = joined("order", order.order_id)
    await _spend_credit(connection, merchant_id, order, booked, _credit(order))
    cause = EntryCause(f"{booked}:payments", "payments of the order", order_id=order.order_id)
    await post(connection, merchant_id, cause, _paid_with(order))


async def book_difference(
    connection: AsyncConnection, merchant_id: str, before: Order, order: Order, occasion: str
) -> None:
    """Book what an order that is sold differently was paid with more or less."""
    gone = [Posting(line.account, line.owner, line.unit, -line.amount) for line in _paid_with(before)]
    await _spend_credit(connection, merchant_id, order, occasion, _credit(order) - _credit(before))
    cause = EntryCause(f"{occasion}:payments", "the order was sold differently", order_id=order.order_id)
    await post(connection, merchant_id, cause, [*gone, *_paid_with(order)])


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
