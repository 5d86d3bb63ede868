"""Where providers' settlement reports and our ledger differ, until both agree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import one_of
from db.reported_refunds import At
from db.schema import settlement_differences
from domain.money.amounts import Money
from domain.payout.settlement_reports import SettlementDifference


@dataclass(frozen=True, slots=True)
class ReportDifference:
    """Where a report and our ledger differ on a refund, by the provider's name of it.

    Amounts are None for nothing. `place` is the line of the report, `payout_key` the key of our share, if there is one.
    """

    reference: str
    difference: SettlementDifference
    refund_id: str | None
    ours: Money | None
    theirs: Money | None
    charge_ref: str
    place: int | None
    payout_key: str | None = None


@dataclass(frozen=True, slots=True)
class NoticedDifference:
    """A difference that is not settled, with the report that it was noticed in."""

    at: At
    report_id: str
    noticed_at: datetime
    found: ReportDifference


async def forget(connection: AsyncConnection, at: At, names: Iterable[str]) -> None:
    """Forget the differences of refunds that agree by now."""
    table = settlement_differences
    of_account = (table.c.merchant_id == at.merchant_id) & (table.c.gateway == at.gateway)
    await connection.execute(delete(table).where(of_account, one_of(table.c.reference, sorted(names))))


async def note(connection: AsyncConnection, at: At, report_id: str, found: Sequence[ReportDifference]) -> None:
    """Keep the differences that a report shows."""
    table = settlement_differences
    for each in found:
        row = {
            "merchant_id": at.merchant_id,
            "gateway": at.gateway,
            "reference": each.reference,
            "difference": each.difference,
            "refund_id": each.refund_id,
            "ours": None if each.ours is None else each.ours.minor_units,
            "ours_currency": None if each.ours is None else each.ours.currency,
            "theirs": None if each.theirs is None else each.theirs.minor_units,
            "theirs_currency": None if each.theirs is None else each.theirs.currency,
            "charge_ref": each.charge_ref,
            "report_id": report_id,
            "place": each.place,
        }
        statement = insert(table).values(row)
        keys = ["merchant_id", "gateway", "reference"]
        await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))


async def noticed(
    connection: AsyncConnection, merchant_id: str, report_id: str | None, limit: int
) -> list[NoticedDifference]:
    """List a merchant's differences that are not settled, of one report or of all, the newest first."""
    table = settlement_differences
    query = select(table).where(table.c.merchant_id == merchant_id)
    if report_id is not None:
        query = query.where(table.c.report_id == report_id)
    query = query.order_by(table.c.noticed_at.desc(), table.c.gateway, table.c.reference)
    return [_noticed(row) for row in await connection.execute(query.limit(limit))]


def _noticed(row: Row[Any]) -> NoticedDifference:
    found = ReportDifference(
        reference=row.reference,
        difference=SettlementDifference(row.difference),
        refund_id=row.refund_id,
        ours=None if row.ours is None else Money(row.ours_currency, row.ours),
        theirs=None if row.theirs is None else Money(row.theirs_currency, row.theirs),
        charge_ref=row.charge_ref,
        place=row.place,
    )
    return NoticedDifference(At(row.merchant_id, row.gateway), row.report_id, row.noticed_at, found)
