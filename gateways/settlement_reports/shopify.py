"""Shopify Payments' balance transactions: pages of `GET …/shopify_payments/balance/transactions.json`.

Read on shopify.dev/docs/api/admin-rest (Shopify Payments, transactions) and in the published payloads
(Shopify/shopify_python_api) on 2026-11-29. `source_order_transaction_id` is the refund's transaction in the order.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.settlement_reports.json_lines import Object, objects, required
from gateways.settlement_reports.reading import ReportFault, amount_moved

_MOVEMENTS = {"refund": Movement.REFUND, "refund_failure": Movement.REFUND_FAILED}


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every movement of a refund; raises ReportFault."""
    for place, each in objects(report, "transactions"):
        movement = _MOVEMENTS.get(str(required(each, "type", place)))
        if movement is not None and not each.get("test"):
            yield _line(place, movement, each)


def _line(place: int, movement: Movement, each: Object) -> SettlementLine:
    amount = required(each, "amount", place)
    if not isinstance(amount, str):
        raise ReportFault(f'line {place}, amount: a string like "-3.45" is awaited, so that no cent is rounded away')
    try:
        at = datetime.fromisoformat(str(required(each, "processed_at", place)))
    except ValueError as wrong:
        raise ReportFault(f"line {place}, processed_at: {wrong}") from wrong
    if at.tzinfo is None:
        raise ReportFault(
            f"line {place}, processed_at: a time with its offset is awaited, as 2026-11-05T19:52:08-05:00"
        )
    return SettlementLine(
        place=place,
        line_id=str(required(each, "id", place)),
        movement=movement,
        reference=str(each.get("source_order_transaction_id") or required(each, "source_id", place)),
        key="",
        charge_ref="",
        amount=amount_moved(str(required(each, "currency", place)), amount, place, "amount"),
        at=at,
        is_settled=each.get("payout_status") == "paid",
    )
