"""How the operations about sign-ins of staff are made to answer what only they can answer."""

from typing import Any

import httpx

from api.routers.identity_providers import MOST
from db.api_keys import Role
from tests.api.provider import CURRENT, HAN, Browser, came_back, configured, providing
from tests.shop import Shop
from tools.client import Json

A_PROVIDER: Json = {
    "issuer": "https://login.shop.example",
    "client_id": "makewhole",
    "client_secret": "as the provider says it",
    "address": "https://refunds.shop.example",
    "roles": [{"claim": "groups", "value": "refund-reviewers", "role": "reviewer"}],
}


async def _one_too_many(shop: Shop) -> httpx.Response:
    for number in range(MOST):
        path = f"/v1/identity-providers/okta-{number}"
        (await shop.raw(Role.OWNER, "PUT", path, json=A_PROVIDER)).raise_for_status()
    return await shop.raw(Role.OWNER, "PUT", "/v1/identity-providers/one-more", json=A_PROVIDER)


async def _of_nobodys_state(shop: Shop) -> httpx.Response:
    async with providing() as provider:
        known = await configured(shop, provider)
        return await Browser(shop.http).get(f"{known['sign_in_path']}/callback?state=x&code=y")


async def _of_who_is_not_meant(shop: Shop) -> httpx.Response:
    async with providing(says=HAN | {"groups": []}) as provider:
        return await came_back(shop, provider, await configured(shop, provider))


async def _the_session_of_a_key(shop: Shop) -> httpx.Response:
    return await shop.raw(Role.REVIEWER, "GET", CURRENT)


async def _signing_a_key_out(shop: Shop) -> httpx.Response:
    return await shop.raw(Role.REVIEWER, "DELETE", CURRENT)


SIGN_INS: dict[tuple[str, str], Any] = {
    ("putIdentityProvider", "limit_reached"): _one_too_many,
    ("completeSignIn", "sign_in_failed"): _of_nobodys_state,
    ("completeSignIn", "not_let_in"): _of_who_is_not_meant,
    ("getStaffSession", "conflicting_state"): _the_session_of_a_key,
    ("signOut", "conflicting_state"): _signing_a_key_out,
}
