"""The ledger: every movement of money, store credit and points, in entries whose postings sum to zero."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Executable, Row, Text, column, func, insert, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import guests
from db.batches import batch
from db.built import built_once, typed
from db.schema import ledger_entries, postings
from domain.payout.keys import POCKETS, joined
from domain.sale.guests import is_guest

POINTS = "points"
"""The unit of points; every other unit is an ISO 4217 currency in minor units."""


class Account(StrEnum):
    """Whose pocket a posting fills (above zero) or empties."""

    PAYMENT = "payment"  # owner: `pocket_of`; below zero by what was captured and not refunded, never above
    SALE = "sale"  # owner: order; what the merchant keeps of it
    NOT_PAID_YET = "not_paid_yet"  # owner: order; below zero by what was not captured when it was sold, less refunds
    EXCHANGE = "exchange"  # owner: order; what its payments in other currencies gave, and what they were worth
    EXCHANGE_DIFFERENCE = "exchange_difference"  # owner: merchant; below zero by what exchanges cost beside that rate
    STORE_CREDIT = "store_credit"  # owner: customer
    POINTS = "points"  # owner: customer
    PROMOTIONS = "promotions"  # owner: merchant; what campaigns and points cost
    OWED = "owed"  # owner: customer; below zero by what the customer owes
    ELSEWHERE = "elsewhere"  # owner: merchant; balances that were earned before makewhole knew of them


@dataclass(frozen=True, slots=True)
class Posting:
    account: Account
    owner: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class EntryCause:
    """Why an entry exists; `key` names the intent, so that it is booked once: put it together with `joined`."""

    key: str
    note: str
    order_id: str | None = None
    refund_id: str | None = None


def pocket_of(order_id: str, payment_id: str) -> tuple[Account, str]:
    """Name the pocket of one payment of an order."""
    return Account.PAYMENT, joined(order_id, payment_id, by=POCKETS)


def transfer(giver: tuple[Account, str], taker: tuple[Account, str], unit: str, amount: int) -> list[Posting]:
    """Move `amount` from one pocket to another; nothing at all for zero."""
    if amount == 0:
        return []
    return [Posting(*giver, unit, -amount), Posting(*taker, unit, amount)]


async def post(connection: AsyncConnection, merchant_id: str, cause: EntryCause, lines: Sequence[Posting]) -> bool:
    """Book an entry once; tell whether it was booked now. What was reversed since may be booked anew.

    Raises ValueError where the lines do not sum to zero.
    """
    netted = _netted(await _of_those_who_have_it(connection, merchant_id, lines))
    if not netted:
        return False
    return await _book(connection, merchant_id, cause, netted)


async def reverse(connection: AsyncConnection, merchant_id: str, key: str, note: str) -> bool:
    """Book the opposite of an entry, once; tell whether there was something to reverse.

    An entry that was reversed and booked anew is reversed again.
    """
    number, entry = await _last(connection, merchant_id, key)
    if entry is None or not _is_standing(number):
        return False
    booked = await connection.execute(select(postings).where(postings.c.entry_id == entry.entry_id))
    lines = [Posting(Account(row.account), row.owner, row.unit, -row.amount) for row in booked]
    opposite = _netted(await _of_those_who_have_it(connection, merchant_id, lines))
    cause = EntryCause(key, note, entry.order_id, entry.refund_id)
    return await _book(connection, merchant_id, cause, opposite, number=number + 1)


async def _of_those_who_have_it(
    connection: AsyncConnection, merchant_id: str, lines: Sequence[Posting]
) -> Sequence[Posting]:
    """Book for a guest's account what an entry, or an attempt, of the time before says of the guest."""
    owners = {line.owner for line in lines if is_guest(line.owner)}
    if not owners:
        return lines
    given = await guests.owners_now(connection, merchant_id, sorted(owners))
    return [replace(line, owner=given.get(line.owner, line.owner)) for line in lines]


async def _book(
    connection: AsyncConnection,
    merchant_id: str,
    cause: EntryCause,
    netted: Mapping[tuple[Account, str, str], int],
    **number: int,
) -> bool:
    """Book an entry and its postings in one statement; tell whether it was booked.

    Without a `number` it gets the next one, if what was booked under its key last was a reversal, or nothing.
    """
    rows = [
        {"account": account, "owner": owner, "unit": unit, "amount": amount}
        for (account, owner, unit), amount in netted.items()
    ]
    said = {"merchant_id": merchant_id, **asdict(cause)}
    return (await _booked(**said, **number, rows=rows).on(connection)).first() is not None


@built_once
def _booked(*, merchant_id: Any, key: Any, rows: Any, number: Any = None, **others: Any) -> Executable:
    said = {name: typed(value, Text) for name, value in {"merchant_id": merchant_id, "key": key, **others}.items()}
    if number is None:
        last = func.coalesce(func.max(ledger_entries.c.number), 0)
        of_intent = (ledger_entries.c.merchant_id == merchant_id) & (ledger_entries.c.key == key)
        numbered = select((last + 1).label("number")).where(of_intent).having(last % 2 == 0).subquery("numbered")
    else:
        numbered = select(typed(number, BigInteger).label("number")).subquery("numbered")
    entry = {**said, "number": numbered.c.number}
    booking = upsert(ledger_entries).from_select(list(entry), select(*entry.values())).on_conflict_do_nothing()
    booked = booking.returning(ledger_entries.c.entry_id, ledger_entries.c.merchant_id).cte("booked")
    given = batch(rows, *(column(name, Text) for name in ("account", "owner", "unit")), column("amount", BigInteger))
    posted = select(booked.c.entry_id, booked.c.merchant_id, *given.c).select_from(booked.join(given, true()))
    columns = ["entry_id", "merchant_id", *given.c.keys()]
    return insert(postings).from_select(columns, posted).returning(postings.c.entry_id)


async def _last(connection: AsyncConnection, merchant_id: str, key: str) -> tuple[int, Row[Any] | None]:
    """Find the newest entry of an intent and its number, 0 where there is none."""
    entry = (await _newest(merchant_id=merchant_id, key=key).on(connection)).one_or_none()
    return (entry.number if entry else 0), entry


@built_once
def _newest(*, merchant_id: Any, key: Any) -> Executable:
    query = select(ledger_entries).where(ledger_entries.c.merchant_id == merchant_id, ledger_entries.c.key == key)
    return query.order_by(ledger_entries.c.number.desc()).limit(1)


def _is_standing(number: int) -> bool:
    """Entries of one intent take turns: booked, reversed, booked anew, reversed again."""
    return number % 2 == 1


async def balance(connection: AsyncConnection, merchant_id: str, account: Account, owner: str, unit: str) -> int:
    summed = _balance(merchant_id=merchant_id, account=account, owner=owner, unit=unit)
    return int((await summed.on(connection)).scalar_one())


@built_once
def _balance(*, merchant_id: Any, account: Any, owner: Any, unit: Any) -> Executable:
    return select(func.coalesce(func.sum(postings.c.amount), 0)).where(
        postings.c.merchant_id == merchant_id,
        postings.c.account == account,
        postings.c.owner == owner,
        postings.c.unit == unit,
    )


async def balances(connection: AsyncConnection, merchant_id: str, account: Account, owner: str) -> dict[str, int]:
    """Return every unit's balance of one pocket, those of zero left out."""
    found = await _balances(merchant_id=merchant_id, account=account, owner=owner).on(connection)
    return {row.unit: int(row.amount) for row in found if row.amount}


@built_once
def _balances(*, merchant_id: Any, account: Any, owner: Any) -> Executable:
    return (
        select(postings.c.unit, func.sum(postings.c.amount).label("amount"))
        .where(postings.c.merchant_id == merchant_id, postings.c.account == account, postings.c.owner == owner)
        .group_by(postings.c.unit)
        .order_by(postings.c.unit)
    )


def _netted(lines: Sequence[Posting]) -> dict[tuple[Account, str, str], int]:
    netted: dict[tuple[Account, str, str], int] = defaultdict(int)
    by_unit: dict[str, int] = defaultdict(int)
    for line in lines:
        netted[line.account, line.owner, line.unit] += line.amount
        by_unit[line.unit] += line.amount
    if any(by_unit.values()):
        raise ValueError(f"postings do not sum to zero: {dict(by_unit)}")
    return {pocket: amount for pocket, amount in netted.items() if amount}
