"""Stripe's balance transactions: a page of `GET /v1/balance_transactions`, or JSON Lines of such objects.

With `expand[]=data.source` each has the refund in it, and with that our key, the charge's currency and the trace
number; its own amount, without fees, is then what moved in the merchant's balance, of which the currency may be
another one (`exchange_rate`). Read on docs.stripe.com/api/balance_transactions and
docs.stripe.com/reports/balance-transaction-types, and in the published fixtures (stripe/openapi), on 2026-11-29.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from domain.money.amounts import Money
from domain.payout.settlement_reports import Movement, SettlementLine
from gateways.settlement_reports.json_lines import objects, required
from gateways.settlement_reports.reading import ReportFault
from gateways.stripe.answers import CHARGE, KEY
from gateways.stripe.units import to_ours

MOVEMENTS = {
    "refund": Movement.REFUND,
    "payment_refund": Movement.REFUND,
    "refund_failure": Movement.REFUND_FAILED,
    "payment_failure_refund": Movement.REFUND_FAILED,
}


def read(report: BinaryIO) -> Iterator[SettlementLine]:
    """Read every movement of a refund; raises ReportFault."""
    for place, each in objects(report, "data"):
        movement = MOVEMENTS.get(str(required(each, "type", place)))
        if movement is not None:
            yield _line(place, movement, each)


def _line(place: int, movement: Movement, each: dict[str, Any]) -> SettlementLine:
    source = required(each, "source", place)
    refund: dict[str, Any] = source if isinstance(source, dict) else {"id": source}
    named = refund.get("metadata") or {}
    is_expanded = "amount" in refund and "currency" in refund
    amount = _amount(refund if is_expanded else each, place)
    settled = _amount(each, place) if is_expanded and "amount" in each else amount
    return SettlementLine(
        place=place,
        line_id=str(required(each, "id", place)),
        movement=movement,
        reference=str(required(refund, "id", place)),
        key=str(named.get(KEY, "")),
        charge_ref=str(named.get(CHARGE) or refund.get("payment_intent") or refund.get("charge") or ""),
        amount=amount,
        at=datetime.fromtimestamp(int(required(each, "created", place)), UTC),
        is_settled=each.get("status") == "available",
        trace_number=_trace_number(refund),
        settled=None if settled.currency == amount.currency else settled,
    )


def _amount(of: dict[str, Any], place: int) -> Money:
    units, currency = of.get("amount"), of.get("currency")
    if not isinstance(units, int) or not isinstance(currency, str):
        raise ReportFault(f"line {place}: amount and currency are awaited, as in -1000 and 'usd'")
    return to_ours(abs(units), currency)


def _trace_number(refund: dict[str, Any]) -> str | None:
    details = refund.get("destination_details") or {}
    found = (details.get(details.get("type", "")) or {}).get("reference")
    return str(found) if found else None
