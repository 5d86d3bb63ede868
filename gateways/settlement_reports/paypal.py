"""PayPal's settlement report (STL): CSV in UTF-8, of which the first field says what a record is.

Read on developer.paypal.com/docs/reports/sftp-reports/settlement-report and …/reports/reference/tcodes on 2026-11-29:
CH is the heading of a section, SB a movement, FF the end of a file. Amounts are whole numbers without a sign, in the
smallest unit that PayPal gives the currency; DR went out of the account, CR came in. T1107 is a refund that a merchant
made: one that came in is a refund that the merchant got as somebody's customer.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.paypal.names import key_of_custom_id
from gateways.paypal.units import counted
from gateways.settlement_reports.quoted_csv import Row, heading_of, records, row_of
from gateways.settlement_reports.reading import ReportFault

_HEADING, _MOVEMENT, _END = "CH", "SB", "FF"
_REFUND, _PAYMENT, _CODE = "Transaction ID", "PayPal Reference ID", "Transaction Event Code"
_DIRECTION, _AMOUNT, _CURRENCY = (
    "Transaction Debit or Credit",
    "Gross Transaction Amount",
    "Gross Transaction Currency",
)
_DONE_AT, _OURS, _INVOICE = "Transaction Completion Date", "Custom Field", "Invoice ID"
_NEEDED = (_REFUND, _PAYMENT, _CODE, _DIRECTION, _AMOUNT, _CURRENCY, _DONE_AT, _OURS, _INVOICE)
_REFUNDED, _WENT_OUT = "T1107", "DR"


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every refund that went out; raises ReportFault."""
    heading, is_whole = list[str](), False
    for place, record in records(report):
        kind, is_whole = record[0], record[0] == _END
        if kind == _HEADING:
            heading = heading_of(record, _NEEDED, place)
        elif kind == _MOVEMENT:
            row = row_of(heading, record, place)
            if row[_CODE] == _REFUNDED and row[_DIRECTION] == _WENT_OUT:
                yield _line(place, row)
    if not is_whole:
        raise ReportFault(f"the report has no end ({_END}): it was cut off, get it again")


def _line(place: int, row: Row) -> SettlementLine:
    if not row[_REFUND]:
        raise ReportFault(f"line {place}: a refund needs {_REFUND}")
    try:
        amount = counted(row[_AMOUNT], row[_CURRENCY])
    except ValueError as wrong:
        raise ReportFault(f"line {place}, {_AMOUNT}: {wrong}") from wrong
    try:
        at = datetime.strptime(row[_DONE_AT], "%Y/%m/%d %H:%M:%S %z")
    except ValueError as wrong:
        raise ReportFault(f"line {place}, {_DONE_AT}: {wrong}") from wrong
    return SettlementLine(
        place=place,
        line_id=row[_REFUND],
        movement=Movement.REFUND,
        reference=row[_REFUND],
        key=key_of_custom_id(row[_OURS] or row[_INVOICE]),
        charge_ref=row[_PAYMENT],
        amount=amount,
        at=at,
        is_settled=True,
    )
