"""How codes of test clocks are provoked, and of accounts that a merchant with a clock of their own does not get."""

from datetime import timedelta
from typing import Any

import httpx

from db import merchant_time
from db.api_keys import Role
from tests.api.provoked_carriers import A_CARRIER
from tests.api.provoked_gateways import A_GATEWAY
from tests.shop import Shop


async def _sent_on(shop: Shop, days: int) -> None:
    async with shop.engine.begin() as connection:
        await merchant_time.send_on(connection, shop.merchant_id, timedelta(days=days))


async def _of_a_merchant_with_an_account(shop: Shop) -> httpx.Response:
    (await shop.raw(Role.OWNER, "PUT", "/v1/gateways/stripe", json=A_GATEWAY)).raise_for_status()
    return await shop.raw(Role.OWNER, "POST", "/v1/test-clock/advance", json={"by": "P1D"})


async def _too_far_ahead(shop: Shop) -> httpx.Response:
    await _sent_on(shop, 3_650)
    return await shop.raw(Role.OWNER, "POST", "/v1/test-clock/advance", json={"by": "P30D"})


async def _a_gateway_for_another_time(shop: Shop) -> httpx.Response:
    await _sent_on(shop, 1)
    return await shop.raw(Role.OWNER, "PUT", "/v1/gateways/stripe", json=A_GATEWAY)


async def _a_carrier_for_another_time(shop: Shop) -> httpx.Response:
    await _sent_on(shop, 1)
    return await shop.raw(Role.OWNER, "PUT", "/v1/carriers/ups", json=A_CARRIER)


TEST_CLOCK: dict[tuple[str, str], Any] = {
    ("advanceTestClock", "test_clock_not_allowed"): _of_a_merchant_with_an_account,
    ("advanceTestClock", "limit_reached"): _too_far_ahead,
    ("putGateway", "conflicting_state"): _a_gateway_for_another_time,
    ("putCarrier", "conflicting_state"): _a_carrier_for_another_time,
}
