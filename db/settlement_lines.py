"""The lines of settlement reports, each once, and the payouts that they settle."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, Text, column, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.batches import batch, insert_all
from db.built import one_of
from db.reported_refunds import At
from db.schema import payouts, settlement_lines
from domain.payout.settlement_reports import SettlementLine

_AS_SAID_LAST = ("report_id", "place", "amount", "currency", "settled_amount", "settled_currency", "at")


async def add(connection: AsyncConnection, at: At, report_id: str, lines: Sequence[SettlementLine]) -> list[int]:
    """Keep lines, each once; tell the places of those that the report has at another place as well.

    What a later report says of the same movement counts: it may be settled by then.
    """
    table = settlement_lines
    is_known = one_of(table.c.line_id, [line.line_id for line in lines]) & (table.c.merchant_id == at.merchant_id)
    known = await connection.execute(select(table).where(is_known, table.c.gateway == at.gateway))
    places: dict[str, int] = {row.line_id: row.place for row in known if row.report_id == report_id}
    again: list[SettlementLine] = []
    new: list[SettlementLine] = []
    for line in lines:
        first = places.setdefault(line.line_id, line.place)
        (new if first == line.place else again).append(line)
    if new:
        rows = [_row(at, report_id, line) for line in new]
        statement = insert_all(table, tuple(rows[0]), rows)
        said: dict[str, Any] = {name: statement.excluded[name] for name in _AS_SAID_LAST}
        said["is_settled"] = or_(table.c.is_settled, statement.excluded.is_settled)
        said["trace_number"] = func.coalesce(statement.excluded.trace_number, table.c.trace_number)
        keys = ["line_id", "merchant_id", "gateway"]
        await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=said))
    return [line.place for line in again]


def _row(at: At, report_id: str, line: SettlementLine) -> dict[str, Any]:
    return {
        "merchant_id": at.merchant_id,
        "gateway": at.gateway,
        "line_id": line.line_id,
        "report_id": report_id,
        "place": line.place,
        "movement": line.movement,
        "reference": line.reference,
        "key": line.key,
        "charge_ref": line.charge_ref,
        "amount": line.amount.minor_units,
        "currency": line.amount.currency,
        "at": line.at.isoformat(),
        "is_settled": line.is_settled,
        "trace_number": line.trace_number,
        "settled_amount": None if line.settled is None else line.settled.minor_units,
        "settled_currency": None if line.settled is None else line.settled.currency,
    }


async def references(connection: AsyncConnection, report_id: str, after: str, limit: int) -> list[str]:
    """Name refunds of a report, in order, from the one after `after` on."""
    table = settlement_lines
    query = select(table.c.reference).where(table.c.report_id == report_id, table.c.reference > after)
    return list((await connection.execute(query.distinct().order_by(table.c.reference).limit(limit))).scalars())


@dataclass(frozen=True, slots=True)
class Settled:
    """A share that a report has as booked for good: on which day, and what the customer's bank knows it by."""

    refund_id: str
    payment_id: str
    day: date
    trace_number: str | None


async def mark_settled(connection: AsyncConnection, settled: Sequence[Settled]) -> None:
    """Note it on the payouts; what they say of trace numbers stays where the report says nothing."""
    rows = [
        {"refund_id": s.refund_id, "payment_id": s.payment_id, "day": s.day.isoformat(), "trace": s.trace_number}
        for s in settled
    ]
    given = batch(
        rows, column("refund_id", Text), column("payment_id", Text), column("day", Date), column("trace", Text)
    )
    is_it = (payouts.c.refund_id == given.c.refund_id) & (payouts.c.payment_id == given.c.payment_id)
    trace_number = func.coalesce(payouts.c.trace_number, given.c.trace)
    is_news = (payouts.c.settled_on.is_distinct_from(given.c.day)) | payouts.c.trace_number.is_(None)
    changed = update(payouts).where(is_it, is_news)
    await connection.execute(changed.values(settled_on=given.c.day, trace_number=trace_number))
