"""What exchanges cost the merchant beside the rate of the sale, in the ledger: an entry for each movement (rule 53)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, column, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.batches import batch
from db.built import one_of
from db.ledger import Account, EntryCause, post, reverse, transfer
from db.reported_refunds import At
from db.schema import ledger_entries, payouts, postings
from domain.money.amounts import Money
from domain.payout.exchange_differences import Exchange
from domain.payout.keys import joined

_ENTRIES = ledger_entries.join(postings, postings.c.entry_id == ledger_entries.c.entry_id)


async def exchanges(connection: AsyncConnection, at: At, keys: Sequence[str]) -> dict[str, Exchange]:
    """Return how payouts were exchanged when they were booked last, by their keys, also where that was reversed since.

    Those in their order's currency are left out.
    """
    table = ledger_entries
    of_payouts = (table.c.merchant_id == at.merchant_id) & one_of(table.c.key, keys) & (table.c.number % 2 == 1)
    query = select(table.c.key, postings.c.unit, postings.c.amount).select_from(_ENTRIES)
    query = query.where(of_payouts, postings.c.account == Account.EXCHANGE).order_by(table.c.number)
    paid, worth = dict[str, Money](), dict[str, Money]()
    for row in await connection.execute(query):
        (worth if row.amount > 0 else paid)[row.key] = Money(row.unit, abs(row.amount))
    return {key: Exchange(paid[key], worth[key]) for key in paid.keys() & worth.keys()}


@dataclass(frozen=True, slots=True)
class MovementDifference:
    """What one movement of a share cost beside the rate of the sale, by the provider's name of the movement."""

    line_id: str
    refund_id: str
    payment_id: str
    order_id: str
    amount: Money


async def book(connection: AsyncConnection, at: At, found: Sequence[MovementDifference]) -> None:
    """Book what movements cost, each once, and show it on their payouts.

    One of which a report says something else by now is reversed and booked anew.
    """
    booked = await _booked(connection, at, [_key(at, each) for each in found])
    changes: dict[tuple[str, str], int] = defaultdict(int)
    for each in found:
        changes[each.refund_id, each.payment_id] += await _book(connection, at, each, booked)
    await _show(connection, changes)


async def _booked(connection: AsyncConnection, at: At, keys: Sequence[str]) -> dict[str, int]:
    """Return what entries say that movements cost, reversals taken off."""
    of_movements = (ledger_entries.c.merchant_id == at.merchant_id) & one_of(ledger_entries.c.key, keys)
    query = select(ledger_entries.c.key, func.sum(-postings.c.amount).cast(BigInteger).label("cost"))
    query = query.select_from(_ENTRIES).where(of_movements, postings.c.account == Account.EXCHANGE_DIFFERENCE)
    return {row.key: row.cost for row in await connection.execute(query.group_by(ledger_entries.c.key))}


async def _book(connection: AsyncConnection, at: At, found: MovementDifference, booked: Mapping[str, int]) -> int:
    """Tell by how much more the ledger says now that it cost; whoever else books it at the same time tells it then."""
    key, cost = _key(at, found), found.amount.minor_units
    before, change = booked.get(key, 0), 0
    if before == cost:
        return 0
    if before and await reverse(connection, at.merchant_id, key, "the report says something else by now"):
        change -= before
    merchant, exchange = (Account.EXCHANGE_DIFFERENCE, at.merchant_id), (Account.EXCHANGE, found.order_id)
    cause = EntryCause(key, "what the exchange cost, by the provider's report", found.order_id, found.refund_id)
    if await post(connection, at.merchant_id, cause, transfer(merchant, exchange, found.amount.currency, cost)):
        change += cost
    return change


def _key(at: At, found: MovementDifference) -> str:
    return joined("exchange_difference", at.gateway, found.line_id)


async def _show(connection: AsyncConnection, changes: Mapping[tuple[str, str], int]) -> None:
    rows = [{"refund_id": refund, "payment_id": payment, "change": by} for (refund, payment), by in changes.items()]
    given = batch(rows, column("refund_id", Text), column("payment_id", Text), column("change", BigInteger))
    is_it = (payouts.c.refund_id == given.c.refund_id) & (payouts.c.payment_id == given.c.payment_id)
    is_news = (given.c.change != 0) | payouts.c.exchange_difference.is_(None)
    shown = func.coalesce(payouts.c.exchange_difference, 0) + given.c.change
    await connection.execute(update(payouts).where(is_it, is_news).values(exchange_difference=shown))
