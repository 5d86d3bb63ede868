"""The columns of a table, by the kind of row that they are for."""

from collections.abc import Mapping
from enum import StrEnum


class RowKind(StrEnum):
    """What a row says: the order, or something of it."""

    ORDER = "order"
    LINE = "line"
    DISCOUNT = "discount"
    PAYMENT = "payment"
    REFUND = "refund"
    REFUND_LINE = "refund_line"


class Holds(StrEnum):
    """What stands in a column: an `amount` is in units of the order's currency, with its decimals."""

    TEXT = "text"
    AMOUNT = "amount"
    NUMBER = "number"
    QUANTITY = "quantity"
    FLAG = "flag"
    NAMES = "names"


_T, _A = Holds.TEXT, Holds.AMOUNT

COLUMNS: Mapping[RowKind, Mapping[str, Holds]] = {
    RowKind.ORDER: {
        **dict.fromkeys(("customer_id", "guest_email", "guest_phone", "currency", "status"), _T),
        **dict.fromkeys(("placed_at", "paid_at", "delivered_at", "updated_at"), _T),
        **dict.fromkeys(("shipping", "shipping_tax", "owed"), _A),
        "points_earned": Holds.NUMBER,
    },
    RowKind.LINE: {
        **dict.fromkeys(("line_id", "kind", "sku", "name", "category", "unit", "bundle_id"), _T),
        **dict.fromkeys(("unit_price", "total", "tax"), _A),
        "quantity": Holds.QUANTITY,
        "gift": Holds.FLAG,
    },
    RowKind.DISCOUNT: {
        **dict.fromkeys(("source", "id", "target"), _T),
        **dict.fromkeys(("amount", "minimum_spend"), _A),
        **dict.fromkeys(("points", "rate_bp"), Holds.NUMBER),
        "line_ids": Holds.NAMES,
    },
    RowKind.PAYMENT: {
        **dict.fromkeys(("payment_id", "method", "gateway", "gateway_ref", "status", "instrument"), _T),
        **dict.fromkeys(("amount", "interest"), _A),
    },
    RowKind.REFUND: {
        **dict.fromkeys(("external_id", "payment_id", "at", "note", "reason"), _T),
        "amount": _A,
    },
    RowKind.REFUND_LINE: {"external_id": _T, "line_id": _T, "quantity": Holds.QUANTITY, "amount": _A},
}

SHARED = ("row", "order_id")
"""The columns that every row has."""
