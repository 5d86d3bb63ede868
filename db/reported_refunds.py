"""What providers' settlement reports say of single refunds, beside our shares and what the ledger has of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Row, func, select, text, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from db import payouts as our_payouts
from db.built import one_of
from db.ledger import Account
from db.schema import ended_payout_keys, ledger_entries, payouts, postings, refunds, settlement_lines
from domain.lifecycle import PaidBy, PayoutStatus
from domain.money.amounts import Money
from domain.payout.settlement_reports import BookedShare, Movement, SettlementLine


@dataclass(frozen=True, slots=True)
class At:
    """Whose report it is: of a merchant's account at a gateway."""

    merchant_id: str
    gateway: str


@dataclass(frozen=True, slots=True)
class OurShare:
    """A share of ours as providers may name it: `key` is its key by now, `keys` are all that it had."""

    share: BookedShare
    order_id: str
    key: str
    gateway_ref: str | None
    charge_ref: str
    keys: frozenset[str]


Place = tuple[datetime, str, int]


@dataclass(slots=True)
class OneRefund:
    """All that reports say of one refund of a provider's, the oldest first, and our share, if there is one."""

    ours: OurShare | None
    lines: list[SettlementLine]


async def by_index(connection: AsyncConnection) -> None:
    """Have this transaction look everything up by an index: the statistics know nothing of a report that is new."""
    await connection.execute(text("set local enable_seqscan = off"))


async def both_sides(connection: AsyncConnection, at: At, names: Sequence[str]) -> list[OneRefund]:
    """Return what all reports say of these refunds of a provider's, and what is booked here.

    Several of its refunds that are for one share of ours come together.
    """
    theirs = {line.line_id: line for line in await _lines(connection, at, settlement_lines.c.reference, names)}
    ours = await _ours(connection, at, names, sorted({line.key for line in theirs.values()} - {""}))
    for each in await _lines(connection, at, settlement_lines.c.key, sorted(set().union(*(o.keys for o in ours)))):
        theirs[each.line_id] = each
    by_name = {each.gateway_ref: each for each in ours if each.gateway_ref} | {
        key: each for each in ours for key in each.keys
    }
    found: dict[str, OneRefund] = {}
    for line in theirs.values():
        share = by_name.get(line.key) or by_name.get(line.reference)
        one = found.setdefault(share.key if share else line.reference, OneRefund(share, []))
        one.lines.append(line)
    return list(found.values())


async def _lines(connection: AsyncConnection, at: At, name: Column[str], values: Sequence[str]) -> list[SettlementLine]:
    table = settlement_lines
    of_account = (table.c.merchant_id == at.merchant_id) & (table.c.gateway == at.gateway)
    query = select(table).where(of_account, one_of(name, values)).order_by(table.c.at, table.c.line_id)
    return [_line(row) for row in await connection.execute(query)]


def _line(row: Row[Any]) -> SettlementLine:
    return SettlementLine(
        place=row.place,
        line_id=row.line_id,
        movement=Movement(row.movement),
        reference=row.reference,
        key=row.key,
        charge_ref=row.charge_ref,
        amount=Money(row.currency, row.amount),
        at=row.at,
        is_settled=row.is_settled,
        trace_number=row.trace_number,
        settled=None if row.settled_currency is None else Money(row.settled_currency, row.settled_amount),
    )


async def _ours(connection: AsyncConnection, at: At, names: Sequence[str], keys: Sequence[str]) -> list[OurShare]:
    """Find our shares by the provider's names of their refunds, or by a key that they have or had."""
    of_account = (payouts.c.merchant_id == at.merchant_id) & (payouts.c.gateway == at.gateway)
    ended = (ended_payout_keys.c.refund_id == payouts.c.refund_id) & (
        ended_payout_keys.c.payment_id == payouts.c.payment_id
    )
    by_name = select(payouts).where(of_account, one_of(payouts.c.gateway_ref, names))
    by_key = select(payouts).where(of_account, one_of(payouts.c.key, keys))
    by_an_ended_key = select(payouts).join(ended_payout_keys, ended)
    by_an_ended_key = by_an_ended_key.where(of_account, one_of(ended_payout_keys.c.key, keys))
    rows = (await connection.execute(union(by_name, by_key, by_an_ended_key))).all()
    return await _with_what_is_booked(connection, at, rows)


async def _with_what_is_booked(connection: AsyncConnection, at: At, rows: Sequence[Row[Any]]) -> list[OurShare]:
    booked = await _booked(connection, at, [row.key for row in rows])
    of_before = await _ended_keys(connection, [row.refund_id for row in rows])
    return [
        OurShare(
            BookedShare(row.refund_id, row.payment_id, Money(row.currency, booked.get(row.key, 0))),
            row.order_id,
            row.key,
            row.gateway_ref,
            row.charge_ref,
            frozenset({row.key, *of_before[row.refund_id, row.payment_id]}),
        )
        for row in rows
    ]


async def _booked(connection: AsyncConnection, at: At, keys: Sequence[str]) -> dict[str, int]:
    """Return what the ledger has booked for payouts by their keys, reversals taken off."""
    entries = ledger_entries.join(postings, postings.c.entry_id == ledger_entries.c.entry_id)
    query = select(ledger_entries.c.key, func.sum(postings.c.amount).cast(BigInteger).label("amount"))
    query = query.select_from(entries).where(
        ledger_entries.c.merchant_id == at.merchant_id,
        one_of(ledger_entries.c.key, keys),
        postings.c.account == Account.PAYMENT,
    )
    return {row.key: row.amount for row in await connection.execute(query.group_by(ledger_entries.c.key))}


async def _ended_keys(connection: AsyncConnection, refund_ids: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    table = ended_payout_keys
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    query = select(table.c.refund_id, table.c.payment_id, table.c.key).where(one_of(table.c.refund_id, refund_ids))
    for row in await connection.execute(query):
        found[row.refund_id, row.payment_id].append(row.key)
    return found


async def not_reported(
    connection: AsyncConnection, at: At, since: datetime, until: datetime, after: Place | None, limit: int
) -> tuple[list[OurShare], Place | None]:
    """List what was asked for and paid in a time of which no report has anything of it, a page of payouts at a time.

    Returns with it the place after which the next page begins; None after the last one.
    """
    place = payouts.c.updated_at, payouts.c.refund_id, payouts.c.place
    query = select(payouts).join(refunds, refunds.c.refund_id == payouts.c.refund_id)
    query = query.where(
        payouts.c.merchant_id == at.merchant_id,
        payouts.c.updated_at.between(since, until),
        payouts.c.gateway == at.gateway,
        payouts.c.status == PayoutStatus.SUCCEEDED,
        payouts.c.paid_by == PaidBy.GATEWAY,
        refunds.c.settled_at >= since,
        *([] if after is None else [tuple_(*place) > tuple_(*after)]),
    )
    rows = (await connection.execute(query.order_by(*place).limit(limit))).all()
    names = [row.gateway_ref for row in rows if row.gateway_ref]
    known = {line.reference for line in await _lines(connection, at, settlement_lines.c.reference, names)}
    known |= {line.key for line in await _lines(connection, at, settlement_lines.c.key, [row.key for row in rows])}
    missing = [row for row in rows if row.gateway_ref not in known and row.key not in known]
    next_place = (rows[-1].updated_at, rows[-1].refund_id, rows[-1].place) if len(rows) == limit else None
    return await _with_what_is_booked(connection, at, missing), next_place


async def known_to_people(connection: AsyncConnection, at: At, names: Sequence[str]) -> set[str]:
    """Pick those refunds of a provider that people know, though they are none of ours."""
    return await our_payouts.accepted(connection, at.merchant_id, at.gateway, names)
