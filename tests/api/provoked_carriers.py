"""How the operations about carriers and labels are made to answer what only they can answer."""

from typing import Any

import httpx

from api.routers.carriers import MOST
from db.api_keys import Role
from gateways.ports import MOST_PARCELS
from tests.shop import Shop
from tools.client import Json

A_WAREHOUSE: Json = {
    "company_name": "Nordwind Returns",
    "address_line1": "Hafenstrasse 1",
    "city": "Hamburg",
    "postal_code": "20457",
    "country_code": "DE",
}
A_CARRIER: Json = {
    "adapter": "karrio",
    "carrier": "generic",
    "connection": {"display_name": "Post", "custom_carrier_name": "post"},
    "address": A_WAREHOUSE,
}


async def a_return(shop: Shop) -> Json:
    await shop.order()
    return await shop.until(await shop.refund(kind="return"), "awaiting_return")


async def _one_too_many(shop: Shop) -> httpx.Response:
    for number in range(MOST):
        (await shop.raw(Role.OWNER, "PUT", f"/v1/carriers/post-{number}", json=A_CARRIER)).raise_for_status()
    return await shop.raw(Role.OWNER, "PUT", "/v1/carriers/one-more", json=A_CARRIER)


async def _of_nobody(shop: Shop) -> httpx.Response:
    return await shop.http.get("/v1/labels/nobody")


async def _of_a_name_too_long(shop: Shop) -> httpx.Response:
    return await shop.http.get(f"/v1/labels/{'x' * 101}")


async def _cancelled(shop: Shop) -> Json:
    refund = await a_return(shop)
    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/cancel", {})
    return await shop.until(refund, "cancelled")


async def _void(shop: Shop) -> httpx.Response:
    return await shop.http.get((await _cancelled(shop))["return"]["label_url"])


async def _void_slip(shop: Shop) -> httpx.Response:
    at = f"/v1/refunds/{(await _cancelled(shop))['refund_id']}"
    return await shop.raw(Role.MERCHANT, "GET", f"{at}/label")


async def _of_a_refund_that_is_over(shop: Shop) -> httpx.Response:
    at = f"/v1/refunds/{(await _cancelled(shop))['refund_id']}"
    return await shop.raw(Role.MERCHANT, "POST", f"{at}/labels", json={})


async def _one_parcel_too_many(shop: Shop) -> httpx.Response:
    at = f"/v1/refunds/{(await a_return(shop))['refund_id']}"
    for _ in range(MOST_PARCELS - 1):
        (await shop.raw(Role.MERCHANT, "POST", f"{at}/labels", json={})).raise_for_status()
    return await shop.raw(Role.MERCHANT, "POST", f"{at}/labels", json={})


CARRIERS: dict[tuple[str, str], Any] = {
    ("putCarrier", "limit_reached"): _one_too_many,
    ("getLabel", "not_found"): _of_nobody,
    ("getLabel", "label_void"): _void,
    ("getLabel", "validation_failed"): _of_a_name_too_long,
    ("getReturnLabel", "label_void"): _void_slip,
    ("addLabel", "conflicting_state"): _of_a_refund_that_is_over,
    ("addLabel", "limit_reached"): _one_parcel_too_many,
}
