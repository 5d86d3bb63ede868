"""Adyen's settlement details report: CSV, one line a movement of a batch that was paid out.

Read on docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report, and its columns
in the older docs.adyen.com/developers/reporting/settlement-detail-report/settlement-detail-report-structure, on
2026-11-29: `Psp Reference` is the payment's, `Modification Reference` the refund's, `Modification Merchant Reference`
ours of the refund; an amount is in the column of debits or of credits, never in both. `RefundedReversed` is a refund
that came back. It has no end of its own: of one that was cut off between two lines, what is missing is missing there.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.refund_names import key_of
from gateways.settlement_reports.quoted_csv import Row, heading_of, records, row_of
from gateways.settlement_reports.reading import ReportFault, amount_moved

_TYPE, _PAYMENT, _REFUND = "Type", "Psp Reference", "Modification Reference"
_OURS, _CURRENCY = "Modification Merchant Reference", "Gross Currency"
_AMOUNTS = ("Gross Debit (GC)", "Gross Credit (GC)")
_MADE_AT, _MADE_IN = "Creation Date", "TimeZone"
_BOOKED_AT, _BOOKED_IN = "Booking Date", "Booking Date TimeZone"
_NEEDED = (_TYPE, _PAYMENT, _REFUND, _OURS, _CURRENCY, *_AMOUNTS, _MADE_AT, _MADE_IN)

_MOVEMENTS = {"Refunded": Movement.REFUND, "RefundedReversed": Movement.REFUND_FAILED}
_HOURS = {"UTC": 0, "GMT": 0, "BST": 1, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "PST": -8, "PDT": -7, "SGT": 8}
"""Short names of time zones that mean one thing; any other goes by its name in the tz database."""


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every refund and every one that came back; raises ReportFault."""
    heading: list[str] | None = None
    for place, record in records(report):
        if heading is None:
            heading = heading_of(record, _NEEDED, place)
            continue
        row = row_of(heading, record, place)
        if row[_TYPE] in _MOVEMENTS:
            yield _line(place, row)
    if heading is None:
        raise ReportFault("the report has no heading")


def _line(place: int, row: Row) -> SettlementLine:
    reference, movement = row[_REFUND], _MOVEMENTS[row[_TYPE]]
    if not reference:
        raise ReportFault(f"line {place}: a refund needs {_REFUND}")
    filled = [name for name in _AMOUNTS if row[name].strip()]
    if len(filled) != 1:
        raise ReportFault(f"line {place}: an amount is awaited in one of {', '.join(_AMOUNTS)}")
    return SettlementLine(
        place=place,
        line_id=f"{row[_TYPE]}/{reference}",
        movement=movement,
        reference=reference,
        key=key_of(row[_OURS]),
        charge_ref=row[_PAYMENT],
        amount=amount_moved(row[_CURRENCY], row[filled[0]], place, filled[0]),
        at=_booked_at(place, row),
        is_settled=True,
    )


def _booked_at(place: int, row: Row) -> datetime:
    """When it was booked, where the report says it, else when it was asked for."""
    when, where = (_BOOKED_AT, _BOOKED_IN) if row.get(_BOOKED_AT) and row.get(_BOOKED_IN) else (_MADE_AT, _MADE_IN)
    try:
        return datetime.strptime(row[when], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_zone(row[where]))
    except (ValueError, ZoneInfoNotFoundError) as wrong:
        raise ReportFault(f"line {place}, {when}: {row[when]!r} in {row[where]!r}: {wrong}") from wrong


def _zone(name: str) -> tzinfo:
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]))
    return ZoneInfo(name)
