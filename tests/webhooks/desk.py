"""An owner who says where events go, and who reads the log of what was told."""

import asyncio
from collections.abc import Callable
from typing import Any

from db.api_keys import Role
from tests.shop import IN_TIME_S, Shop
from tests.webhooks.receiver import Receiver
from tools.client import Json


async def endpoint(shop: Shop, receiver: Receiver, endpoint_id: str = "shop", **fields: Any) -> Json:
    return await shop.owner.put(f"/v1/webhook-endpoints/{endpoint_id}", {"url": receiver.url, **fields})


async def log(shop: Shop, **query: str | int) -> list[Json]:
    """What was told, the oldest first."""
    items: list[Json] = (await shop.merchant.get("/v1/webhook-events", **query))["items"]
    return items[::-1]


async def until_logged(
    shop: Shop, is_so: Callable[[list[Json]], bool], *, within_s: float = IN_TIME_S, **query: str | int
) -> list[Json]:
    async with asyncio.timeout(within_s):
        while True:
            items = await log(shop, **query)
            if is_so(items):
                return items
            await asyncio.sleep(0.1)


def all_delivered(items: list[Json]) -> bool:
    return bool(items) and all(each["status"] == "delivered" for item in items for each in item["deliveries"])


def none_pending(items: list[Json]) -> bool:
    return all(each["status"] != "pending" for item in items for each in item["deliveries"])


async def delete(shop: Shop, endpoint_id: str = "shop") -> int:
    return (await shop.raw(Role.OWNER, "DELETE", f"/v1/webhook-endpoints/{endpoint_id}")).status_code
