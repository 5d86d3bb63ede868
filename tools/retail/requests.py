"""What is sent for each line of the shop: the file's own figures, and as little made up as the API lets us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tools.client import Json
from tools.retail.data import Line, Return

MADE_UP = (
    "every return's reason (quality_issue) and kind (refund_only)",
    "one card payment per invoice at the sandbox gateway, shipping 0, tax 0",
    "status delivered with no delivery date: the return window counts from the sale",
    "UTC as the time zone of all dates",
    "a customer id per invoice for the odd lines, whose customers the file does not have",
)


class OddKind(StrEnum):
    """What is odd about a line of `odd_lines.csv`."""

    BAD_DEBT = "bad debt"
    CANCELLED_WITHOUT_CUSTOMER = "cancelled, no customer"
    WRITTEN_OFF = "negative quantity at price 0"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class OddAttempt:
    """`order_id` is set where the line is pushed as an order, else it asks for a refund."""

    kind: OddKind
    order_id: str | None
    body: Json


def order_of(lines: Sequence[Line], customer_id: str) -> Json:
    """Write an invoice as an order that was paid when it was invoiced."""
    first, total = lines[0], sum(line.quantity * line.unit_price for line in lines)
    return {
        "customer_id": customer_id,
        "currency": "GBP",
        "status": "delivered",
        "placed_at": _time(first.at),
        "paid_at": _time(first.at),
        "lines": [_order_line(line) for line in lines],
        "payments": [_payment(first.invoice, total)] if total else [],
    }


def refund_of(asked: Return) -> Json:
    """Ask for a cancellation line's units; without a sale, of the invoice that the cancellation's number suggests."""
    if asked.sale is None:
        return _refund(asked.cancelled.invoice.removeprefix("C"), asked.cancelled.row, asked.cancelled)
    return _refund(asked.sale.invoice, asked.sale.row, asked.cancelled)


def odd_attempt(line: Line) -> OddAttempt:
    """Cancellations ask for a refund, everything else is pushed as an order of one line, as the file has it."""
    if line.is_cancellation:
        body = _refund(line.invoice.removeprefix("C"), line.row, line)
        return OddAttempt(OddKind.CANCELLED_WITHOUT_CUSTOMER, None, body)
    customer_id = line.customer_id or f"unknown-{line.invoice}"
    return OddAttempt(_odd_kind(line), f"{line.invoice}-{line.row}", order_of([line], customer_id))


def charge_of(invoice: str) -> str:
    """Name the sandbox charge that an invoice was paid with."""
    return f"ch_{invoice}"


def _odd_kind(line: Line) -> OddKind:
    if line.invoice.startswith("A"):
        return OddKind.BAD_DEBT
    return OddKind.WRITTEN_OFF if line.quantity < 0 else OddKind.FREE


def _order_line(line: Line) -> Json:
    return {
        "line_id": line.row,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
    }


def _payment(invoice: str, amount: int) -> Json:
    return {
        "payment_id": "card",
        "method": "card",
        "gateway": "sandbox",
        "gateway_ref": charge_of(invoice),
        "amount": amount,
    }


def _refund(order_id: str, line_id: str, cancelled: Line) -> Json:
    return {
        "order_id": order_id,
        "reason": "quality_issue",
        "kind": "refund_only",
        "lines": [{"line_id": line_id, "quantity": -cancelled.quantity}],
        "note": f"{cancelled.invoice}, row {cancelled.row}",
        "requested_at": _time(cancelled.at),
    }


def _time(at: datetime) -> str:
    return at.isoformat()
