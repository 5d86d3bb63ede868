"""How the operations about passkeys are made to answer what only they can answer."""

import secrets
from datetime import timedelta
from typing import Any

import httpx

from db import passkeys, sessions
from db.api_keys import Caller, Role
from db.idle import Lasts
from db.passkeys import Maker, NewPasskey
from domain.rights.proofs import MOST_PASSKEYS
from tests.authenticator import Device
from tests.shop import Shop
from tools.client import Json

AT = "/v1/identity/passkeys"
NOTHING: Json = {"challenge_id": "pch_nobody", "credential": {}}


async def _nothing_signed(shop: Shop) -> httpx.Response:
    return await shop.http.post(AT, json=NOTHING)


async def _a_session_by_nothing(shop: Shop) -> httpx.Response:
    return await shop.http.post("/v1/identity/sessions", json=NOTHING)


async def _for_a_merchant(shop: Shop) -> httpx.Response:
    return await shop.raw(Role.MERCHANT, "POST", f"{AT}/options", json={"merchant_id": shop.merchant_id})


async def _one_more(shop: Shop) -> httpx.Response:
    key, _ = await in_a_session(shop, MOST_PASSKEYS)
    return await _options(shop, key)


async def _one_more_at_once(shop: Shop) -> httpx.Response:
    key, _ = await in_a_session(shop, MOST_PASSKEYS - 1)
    made = []
    for _ in range(2):
        asked = (await _options(shop, key)).raise_for_status().json()
        device = Device(origin=f"http://localhost:{shop.http.base_url.port}")
        made.append({"challenge_id": asked["challenge_id"], "credential": device.make(asked["public_key"])})
    (await shop.http.post(AT, json=made[0])).raise_for_status()
    return await shop.http.post(AT, json=made[1])


async def _options(shop: Shop, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return await shop.http.post(f"{AT}/options", json={"merchant_id": shop.merchant_id}, headers=headers)


async def in_a_session(shop: Shop, with_passkeys: int) -> tuple[str, list[str]]:
    """The key of a session of an account that has so many passkeys, and their ids."""
    who = Caller(shop.merchant_id, Role.CUSTOMER, shop.customer_id)
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {})
    async with shop.engine.begin() as connection:
        opened = await sessions.open_(connection, who, Lasts(timedelta(minutes=5), timedelta(minutes=5)))
        maker = Maker(shop.customer_id, opened.session_id, secrets.token_bytes(32))
        made = [NewPasskey(secrets.token_bytes(32), b"", 0, is_synced=False) for _ in range(with_passkeys)]
        kept = [await passkeys.add(connection, shop.merchant_id, maker, each) for each in made]
    return opened.key, [each.passkey_id for each in kept if each]


PASSKEYS: dict[tuple[str, str], Any] = {
    ("openSession", "passkey_refused"): _a_session_by_nothing,
    ("makePasskey", "passkey_refused"): _nothing_signed,
    ("makePasskey", "limit_reached"): _one_more_at_once,
    ("askForPasskey", "conflicting_state"): _for_a_merchant,
    ("askForPasskey", "limit_reached"): _one_more,
}
