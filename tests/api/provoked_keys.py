"""How the operations about API keys are made to answer what only they can answer."""

from typing import Any

import httpx

from db.api_keys import Role
from tests.shop import Shop


async def _the_last_owner(shop: Shop) -> httpx.Response:
    (only,) = [each for each in (await shop.owner.get("/v1/api-keys"))["items"] if each["role"] == "owner"]
    return await shop.raw(Role.OWNER, "DELETE", f"/v1/api-keys/{only['key_id']}")


async def _one_that_has_ended(shop: Shop) -> httpx.Response:
    made = await shop.owner.post("/v1/api-keys", {"role": "ops"})
    (await shop.raw(Role.OWNER, "DELETE", f"/v1/api-keys/{made['key_id']}")).raise_for_status()
    return await shop.raw(Role.OWNER, "POST", f"/v1/api-keys/{made['key_id']}/rotation", json={})


KEYS: dict[tuple[str, str], Any] = {
    ("revokeApiKey", "conflicting_state"): _the_last_owner,
    ("rotateApiKey", "conflicting_state"): _one_that_has_ended,
}
