"""The row that every new refund begins with, whoever asked for it: whose it is, and what it was quoted on."""

import secrets
from typing import Any

from db.codec import to_json
from domain.sale.orders import Order
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import Settlement


def row_of(
    merchant_id: str, order: Order, basis: SettlementInputs, settlement: Settlement, policy_version: int
) -> dict[str, Any]:
    """Return the columns that all new refunds have in common, under an id of its own."""
    return {
        "refund_id": f"rf_{secrets.token_hex(10)}",
        "merchant_id": merchant_id,
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "guest": None if order.guest is None else to_json(order.guest),
        "currency": order.currency,
        "reason": basis.terms.reason,
        "include_shipping": basis.terms.include_shipping,
        "note": "",
        "metadata": {},
        "order_version": basis.order_version,
        "goods_come_back": basis.terms.goods_come_back,
        "quoted_policy_version": policy_version,
        "quote": to_json(settlement),
        "quote_basis": to_json(basis),
        "policy_version": policy_version,
    }
