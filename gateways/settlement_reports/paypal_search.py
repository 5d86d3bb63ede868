"""PayPal's transaction search: pages of `GET /v1/reporting/transactions`, or JSON Lines of what they list.

Read on developer.paypal.com/docs/api/transaction-search/v1/search-get on 2026-11-29. A transaction that was reversed
stands there with its new status, and no movement of its own: so what failed has a name of its own here.
"""

from collections.abc import Iterator
from typing import BinaryIO

from pydantic import ValidationError

from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.paypal.answers import REFUNDED, PayPalTransaction
from gateways.ports import GatewayStatus
from gateways.settlement_reports.json_lines import Object, objects, required
from gateways.settlement_reports.reading import ReportFault


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every refund that went out; raises ReportFault."""
    for place, each in objects(report, "transaction_details"):
        info = required(each, "transaction_info", place)
        if not isinstance(info, dict):
            raise ReportFault(f"line {place}, transaction_info: an object is awaited")
        if required(info, "transaction_event_code", place) == REFUNDED:
            found = _transaction(info, place)
            if found.went_out:
                yield _line(place, found)


def _transaction(info: Object, place: int) -> PayPalTransaction:
    try:
        return PayPalTransaction.model_validate(info)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise ReportFault(f"line {place}, {'.'.join(map(str, first['loc']))}: {first['msg']}") from wrong


def _line(place: int, found: PayPalTransaction) -> SettlementLine:
    try:
        amount = found.amount
    except ValueError as wrong:
        raise ReportFault(f"line {place}, transaction_amount: {wrong}") from wrong
    has_failed = found.status is GatewayStatus.FAILED
    return SettlementLine(
        place=place,
        line_id=f"{found.transaction_id}:failed" if has_failed else found.transaction_id,
        movement=Movement.REFUND_FAILED if has_failed else Movement.REFUND,
        reference=found.transaction_id,
        key=found.key,
        charge_ref=found.paypal_reference_id,
        amount=amount,
        at=found.transaction_updated_date,
        is_settled=found.status is GatewayStatus.SUCCEEDED,
    )
