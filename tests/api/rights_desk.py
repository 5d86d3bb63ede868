"""A shop whose customers run into the refund limit, and what its operations do about it."""

from datetime import datetime, timedelta
from typing import Any

from db.api_keys import Role
from domain import clock
from tests.shop import Shop
from tools.client import Json


async def a_shop_that_allows(shop: Shop, count: int, **fields: Any) -> None:
    """A policy under which refunds of `count` orders are fine, and orders o1 to o4 to ask for."""
    await shop.lenient_policy(refund_limit={"count": count}, **fields)
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"name": "李雷", "locale": "zh-CN"})
    for place in range(1, 5):
        await shop.order(f"o{place}")


async def half(shop: Shop, order_id: str, **fields: Any) -> Json:
    """Ask for half of an order for a change of mind: what is the merchant's fault does not count."""
    asked = {"reason": "changed_mind", **fields}
    return await shop.refund(order_id, lines=[{"line_id": "l1", "quantity": 1}], **asked)


async def refund_rights(shop: Shop) -> Json:
    found: Json = (await shop.customer())["refund_rights"]
    return found


async def suspend(shop: Shop, **fields: Any) -> Json:
    answer = await shop.ops.post(f"/v1/customers/{shop.customer_id}/suspension", fields)
    found: Json = answer["refund_rights"]
    return found


async def reinstate(shop: Shop) -> Json:
    path = f"/v1/customers/{shop.customer_id}/suspension"
    answer = await shop.raw(Role.OPS, "DELETE", path)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["refund_rights"]
    return found


def days_from_now(at: str) -> float:
    return (datetime.fromisoformat(at) - clock.now()) / timedelta(days=1)


FREE = {"suspended": False, "restricted_until": None, "rule": None, "reason": None, "appeal": None}
