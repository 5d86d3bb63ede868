"""How notes of money that went back elsewhere are refused."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from db.api_keys import Role
from tests.shop import Shop, days_ago

AN_EXTERNAL_REFUND = {"external_id": "re_1", "amount": 1, "at": days_ago(2)}


def _noted(sold: dict[str, Any], *noted: dict[str, Any]) -> Callable[[Shop], Awaitable[httpx.Response]]:
    """An order sold with `sold`, and notes one after the other; the last of them is refused."""

    async def provoke(shop: Shop) -> httpx.Response:
        await shop.order(**sold)
        for each in noted:
            body, path = {**AN_EXTERNAL_REFUND, **each}, "/v1/orders/o1/external-refunds"
            answer = await shop.raw(Role.MERCHANT, "POST", path, json=body)
        return answer

    return provoke


UNPAID: dict[str, Any] = {"status": "placed", "paid_at": None, "delivered_at": None, "payments": []}

EXTERNALS: Mapping[tuple[str, str], Callable[[Shop], Awaitable[httpx.Response]]] = {
    ("noteExternalRefund", code): provoke
    for code, provoke in {
        "conflicting_state": _noted({}, {}, {"amount": 2}),
        "order_not_refundable": _noted(UNPAID, {}),
        "quantity_not_available": _noted({}, {"lines": [{"line_id": "l1", "quantity": 3}]}),
        "amount_not_available": _noted({}, {"amount": 120_001}),
        "line_not_found": _noted({}, {"lines": [{"line_id": "l9", "quantity": 1}]}),
    }.items()
}
