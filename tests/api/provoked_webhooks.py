"""How the operations about merchants' own endpoints are made to answer what only they can answer."""

from typing import Any

import httpx

from api.routers.webhook_endpoints import MOST, MOST_SECRETS
from db.api_keys import Role
from tests.shop import Shop
from tests.webhooks.desk import until_logged
from tools.client import Json

AN_ENDPOINT: Json = {"url": "https://shop.example/hooks"}


async def _one_too_many(shop: Shop) -> httpx.Response:
    for number in range(MOST):
        await shop.owner.put(f"/v1/webhook-endpoints/e-{number}", AN_ENDPOINT)
    return await shop.raw(Role.OWNER, "PUT", "/v1/webhook-endpoints/one-more", json=AN_ENDPOINT)


async def _one_secret_too_many(shop: Shop) -> httpx.Response:
    await shop.owner.put("/v1/webhook-endpoints/e-1", AN_ENDPOINT)
    for _ in range(MOST_SECRETS - 1):
        await shop.owner.post("/v1/webhook-endpoints/e-1/secret", {})
    return await shop.raw(Role.OWNER, "POST", "/v1/webhook-endpoints/e-1/secret", json={})


async def _to_nobody(shop: Shop) -> httpx.Response:
    await shop.owner.put("/v1/webhook-endpoints/e-1", {"url": "http://127.0.0.1:9/"})
    await shop.order()
    await shop.refund()
    (event, *_) = await until_logged(shop, bool)
    (await shop.raw(Role.OWNER, "DELETE", "/v1/webhook-endpoints/e-1")).raise_for_status()
    return await shop.raw(Role.MERCHANT, "POST", f"/v1/webhook-events/{event['event_id']}/redelivery", json={})


WEBHOOKS: dict[tuple[str, str], Any] = {
    ("putWebhookEndpoint", "limit_reached"): _one_too_many,
    ("rotateWebhookSecret", "limit_reached"): _one_secret_too_many,
    ("redeliverWebhookEvent", "conflicting_state"): _to_nobody,
}
