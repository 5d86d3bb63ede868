"""Store credit: the ledger says how much a customer has, orders until when what they granted is good."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, Select, Update, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.ledger import Account, EntryCause, balances, post, transfer
from db.schema import order_grants, postings
from domain.payout.keys import joined


async def balance_of(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str, now: datetime
) -> int:
    """Return what a customer has in minor units, less what has ended unspent; it may be below zero."""
    query = _balance(merchant_id=merchant_id, customer_id=customer_id, currency=currency, now=now)
    row = (await query.on(connection)).one()
    return _left(int(row.booked), int(row.ended))


@built_once
def _balance(*, merchant_id: Any, customer_id: Any, currency: Any, now: Any) -> Executable:
    theirs = (postings.c.merchant_id == merchant_id) & (postings.c.account == Account.STORE_CREDIT)
    theirs &= (postings.c.owner == customer_id) & (postings.c.unit == currency)
    booked = select(func.coalesce(func.sum(postings.c.amount), 0)).where(theirs)
    ended = select(func.coalesce(func.sum(order_grants.c.remaining), 0)).where(
        _unspent(merchant_id, customer_id), order_grants.c.currency == currency, order_grants.c.expires_at < now
    )
    return select(booked.scalar_subquery().label("booked"), ended.scalar_subquery().label("ended"))


async def balances_of(connection: AsyncConnection, merchant_id: str, customer_id: str, now: datetime) -> dict[str, int]:
    """Return what a customer has in every currency, less what has ended unspent; those of zero are left out."""
    booked = await balances(connection, merchant_id, Account.STORE_CREDIT, customer_id)
    ended: Counter[str] = Counter()
    for row in await _ended(merchant_id=merchant_id, customer_id=customer_id, moment=now).on(connection):
        ended[row.currency] += row.remaining
    left = {currency: _left(amount, ended[currency]) for currency, amount in booked.items()}
    return {currency: amount for currency, amount in left.items() if amount}


async def spend(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str, amount: int, moment: datetime
) -> None:
    """Take what an order was paid with from the credit that ends first; that without an end comes last.

    What was still good at the moment when the order was paid could be spent, though it may have ended by now.
    """
    await expire(connection, merchant_id, customer_id, moment)
    ending = _ending(merchant_id=merchant_id, customer_id=customer_id, currency=currency)
    for row in (await ending.on(connection)).all():
        here = min(row.remaining, amount)
        amount -= here
        await _take(connection, row, here)


async def take_grant(
    connection: AsyncConnection, merchant_id: str, order_id: str, name: str, amount: int
) -> dict[str, int]:
    """Take what goes back of a grant from what is unspent of it, and say how much that was, by the grant's name."""
    query = _of_name(merchant_id=merchant_id, order_id=order_id, name=name)
    row = (await query.on(connection)).one_or_none()
    here = min(row.remaining, amount) if row is not None else 0
    if row is not None and here:
        await _take(connection, row, here)
    return {name: here} if here else {}


async def give_again(connection: AsyncConnection, merchant_id: str, order_id: str, taken: Mapping[str, int]) -> None:
    """Undo `take_grant`."""
    for name, amount in taken.items():
        of_name = (order_grants.c.merchant_id == merchant_id) & (order_grants.c.order_id == order_id)
        again = func.least(order_grants.c.remaining + amount, order_grants.c.amount)
        of_name &= (order_grants.c.name == name) & order_grants.c.remaining.is_not(None)
        await connection.execute(update(order_grants).where(of_name).values(remaining=again))


async def expire(connection: AsyncConnection, merchant_id: str, customer_id: str, moment: datetime) -> None:
    """Book the end of credit that ended before a moment, under lock of the customer, so that nothing of it is spent."""
    ended = (await _ended(merchant_id=merchant_id, customer_id=customer_id, moment=moment).on(connection)).all()
    if not ended:
        return
    there = Counter(await balances(connection, merchant_id, Account.STORE_CREDIT, customer_id))
    for row in ended:
        gone = min(row.remaining, max(there[row.currency], 0))
        there[row.currency] -= gone
        cause = EntryCause(joined("order", row.order_id, row.name, "ended", row.remaining), "credit that ended")
        pockets = (Account.STORE_CREDIT, customer_id), (Account.PROMOTIONS, merchant_id)
        await post(connection, merchant_id, cause, transfer(*pockets, row.currency, gone))
        await _emptied(merchant_id=merchant_id, order_id=row.order_id, name=row.name).on(connection)


def _left(booked: int, ended: int) -> int:
    return booked - min(ended, max(booked, 0))


async def _take(connection: AsyncConnection, row: Row[Any], amount: int) -> None:
    if amount:
        left = row.remaining - amount
        taken = _taken(merchant_id=row.merchant_id, order_id=row.order_id, name=row.name, remaining=left)
        await taken.on(connection)


@built_once
def _taken(*, merchant_id: Any, order_id: Any, name: Any, remaining: Any) -> Update:
    return update(order_grants).where(_is_named(merchant_id, order_id, name)).values(remaining=remaining)


@built_once
def _emptied(*, merchant_id: Any, order_id: Any, name: Any) -> Update:
    ran_out = order_grants.c.ran_out + order_grants.c.remaining
    return update(order_grants).where(_is_named(merchant_id, order_id, name)).values(remaining=0, ran_out=ran_out)


@built_once
def _of_name(*, merchant_id: Any, order_id: Any, name: Any) -> Select[Any]:
    return select(order_grants).where(_is_named(merchant_id, order_id, name))


@built_once
def _ending(*, merchant_id: Any, customer_id: Any, currency: Any) -> Select[Any]:
    theirs = select(order_grants).where(_unspent(merchant_id, customer_id), order_grants.c.currency == currency)
    return theirs.order_by(order_grants.c.expires_at, order_grants.c.order_id, order_grants.c.name)


@built_once
def _ended(*, merchant_id: Any, customer_id: Any, moment: Any) -> Select[Any]:
    theirs = select(order_grants).where(_unspent(merchant_id, customer_id), order_grants.c.expires_at < moment)
    return theirs.order_by(order_grants.c.order_id, order_grants.c.name)


def _unspent(merchant_id: Any, customer_id: Any) -> Any:
    theirs = (order_grants.c.merchant_id == merchant_id) & (order_grants.c.customer_id == customer_id)
    return theirs & (order_grants.c.remaining > 0)


def _is_named(merchant_id: Any, order_id: Any, name: Any) -> Any:
    """Only store credit has a `remaining`; a coupon may have the same name."""
    of_order = (order_grants.c.merchant_id == merchant_id) & (order_grants.c.order_id == order_id)
    return of_order & (order_grants.c.name == name) & order_grants.c.remaining.is_not(None)
