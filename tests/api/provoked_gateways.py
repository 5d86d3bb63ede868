"""How the operations about gateways are made to answer what only they can answer."""

import base64
import secrets
from typing import Any

import httpx

from api.limits import LARGER
from api.routers.entitlement_systems import MOST as MOST_SYSTEMS
from api.routers.gateways import MOST
from db.api_keys import Role
from tests.shop import Shop
from tools.client import Json

A_GATEWAY: Json = {"adapter": "stripe", "secrets": {"api_key": "sk_test_1", "webhook_secrets": "whsec_1"}}

A_SYSTEM: Json = {
    "url": "https://loyalty.shop.example/makewhole",
    "secrets": [f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"],
}


async def _one_system_too_many(shop: Shop) -> httpx.Response:
    for number in range(MOST_SYSTEMS):
        path = f"/v1/entitlement-systems/loyalty-{number}"
        (await shop.raw(Role.OWNER, "PUT", path, json=A_SYSTEM)).raise_for_status()
    return await shop.raw(Role.OWNER, "PUT", "/v1/entitlement-systems/one-more", json=A_SYSTEM)


async def _one_too_many(shop: Shop) -> httpx.Response:
    for number in range(MOST):
        path = f"/v1/gateways/stripe-{number}"
        (await shop.raw(Role.OWNER, "PUT", path, json=A_GATEWAY)).raise_for_status()
    return await shop.raw(Role.OWNER, "PUT", "/v1/gateways/one-more", json=A_GATEWAY)


async def _callback(shop: Shop, content: bytes, **headers: str) -> httpx.Response:
    told = (await shop.raw(Role.OWNER, "PUT", "/v1/gateways/stripe", json=A_GATEWAY)).json()
    return await shop.http.post(told["callback_path"], content=content, headers=headers)


async def _at_nobodys_address(shop: Shop) -> httpx.Response:
    return await shop.http.post("/v1/webhooks/stripe/nobody", content=b"{}")


async def _unsigned(shop: Shop) -> httpx.Response:
    return await _callback(shop, b"{}")


async def _too_large(shop: Shop) -> httpx.Response:
    return await _callback(shop, b" " * 5_000_000)


async def _of_a_token_too_long(shop: Shop) -> httpx.Response:
    return await shop.http.post(f"/v1/webhooks/stripe/{'x' * 101}", content=b"{}")


async def _a_report_too_large(shop: Shop) -> httpx.Response:
    asked = {"gateway": "sandbox", "format": "stripe", "name": "november"}
    most = LARGER["/v1/settlement-reports"]
    return await shop.raw(Role.OPS, "POST", "/v1/settlement-reports", params=asked, content=b" " * (most + 1))


async def _a_picture_too_large(shop: Shop) -> httpx.Response:
    return await shop.raw(Role.MERCHANT, "POST", "/v1/evidence", content=b" " * (LARGER["/v1/evidence"] + 1))


GATEWAYS: dict[tuple[str, str], Any] = {
    ("putGateway", "limit_reached"): _one_too_many,
    ("putEntitlementSystem", "limit_reached"): _one_system_too_many,
    ("sendSettlementReport", "body_too_large"): _a_report_too_large,
    ("sendPicture", "body_too_large"): _a_picture_too_large,
    ("takeGatewayWebhook", "not_found"): _at_nobodys_address,
    ("takeGatewayWebhook", "bad_signature"): _unsigned,
    ("takeGatewayWebhook", "body_too_large"): _too_large,
    ("takeGatewayWebhook", "validation_failed"): _of_a_token_too_long,
}
