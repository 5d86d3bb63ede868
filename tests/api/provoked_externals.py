"""How notes of money that went back elsewhere are refused, and what banks say of disputes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from db.api_keys import Role
from tests.shop import Shop, a_payment, days_ago

Provocation = Callable[[Shop], Awaitable[httpx.Response]]

A_DISPUTE = {"dispute_id": "dp_1", "payment_id": "p1", "status": "opened", "amount": 1, "at": days_ago(2)}
AN_EXTERNAL_REFUND = {"external_id": "re_1", "amount": 1, "at": days_ago(2)}


def _noted(sold: dict[str, Any], *noted: dict[str, Any], path: str = "external-refunds") -> Provocation:
    """An order sold with `sold`, and notes one after the other; the last of them is refused."""
    plain = A_DISPUTE if path == "disputes" else AN_EXTERNAL_REFUND

    async def provoke(shop: Shop) -> httpx.Response:
        await shop.order(**sold)
        for each in noted:
            answer = await shop.raw(Role.MERCHANT, "POST", f"/v1/orders/o1/{path}", json={**plain, **each})
        return answer

    return provoke


def _of_a_disputed_payment(path: str) -> Provocation:
    async def provoke(shop: Shop) -> httpx.Response:
        await shop.order()
        await shop.merchant.post("/v1/orders/o1/disputes", A_DISPUTE)
        asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
        return await shop.raw(Role.MERCHANT, "POST", path, json=asked)

    return provoke


def _too_old_for_its_provider(path: str) -> Provocation:
    """Paid longer ago than the sandbox pays such a charge back, by a policy that gives nothing instead."""

    async def provoke(shop: Shop) -> httpx.Response:
        await shop.policy(declined_tender="hold")
        await shop.order(**PAID_LONG_AGO, payments=[a_payment("p1", 120_000, f"limited-{shop.customer_id}")])
        asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}
        return await shop.raw(Role.MERCHANT, "POST", path, json=asked)

    return provoke


PAID_LONG_AGO: dict[str, Any] = {"placed_at": days_ago(100), "paid_at": days_ago(100)}
UNPAID: dict[str, Any] = {"status": "placed", "paid_at": None, "delivered_at": None, "payments": []}

EXTERNALS: Mapping[tuple[str, str], Provocation] = {
    ("noteExternalRefund", "conflicting_state"): _noted({}, {}, {"amount": 2}),
    ("noteExternalRefund", "order_not_refundable"): _noted(UNPAID, {}),
    ("noteExternalRefund", "quantity_not_available"): _noted({}, {"lines": [{"line_id": "l1", "quantity": 3}]}),
    ("noteExternalRefund", "amount_not_available"): _noted({}, {"amount": 120_001}),
    ("noteExternalRefund", "line_not_found"): _noted({}, {"lines": [{"line_id": "l9", "quantity": 1}]}),
    ("noteDispute", "conflicting_state"): _noted({}, {}, {"status": "warning"}, path="disputes"),
    ("noteDispute", "order_not_refundable"): _noted(UNPAID, {}, path="disputes"),
    ("noteDispute", "amount_not_available"): _noted({}, {"amount": 120_001}, path="disputes"),
    ("quoteRefund", "payment_disputed"): _of_a_disputed_payment("/v1/refunds/quote"),
    ("requestRefund", "payment_disputed"): _of_a_disputed_payment("/v1/refunds"),
    ("quoteRefund", "provider_limit"): _too_old_for_its_provider("/v1/refunds/quote"),
    ("requestRefund", "provider_limit"): _too_old_for_its_provider("/v1/refunds"),
}
