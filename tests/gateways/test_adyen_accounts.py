"""A merchant account at Adyen: refunds go by it, webhooks alone say what became of them, and nothing is paid twice."""

import secrets
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from db.api_keys import Role
from tests.gateways.adyen_party import secrets_of_account, told_of_account
from tests.gateways.stripe_party import running
from tests.shop import Shop, a_payment


@pytest.fixture
async def theirs(adyen_address: str) -> AsyncIterator[httpx.AsyncClient]:
    port = urlsplit(adyen_address).port or 0
    async with (
        running(sys.executable, "-m", "tests.gateways.adyen_peer", "PORT", port=port),
        httpx.AsyncClient(base_url=adyen_address, trust_env=False) as theirs,
    ):
        yield theirs


async def test_money_goes_back_by_the_merchant_account_and_only_a_webhook_says_so(
    shop: Shop, theirs: httpx.AsyncClient
) -> None:
    kept, name = secrets_of_account(), f"Kettles{secrets.token_hex(4)}ECOM"
    address = str(theirs.base_url).rstrip("/")
    body = {"adapter": "adyen", "account": name, "base_address": address, "secrets": kept}
    told = await shop.owner.put("/v1/gateways/cards", body)
    await told_of_account(theirs, name, kept, f"{str(shop.http.base_url).rstrip('/')}{told['callback_path']}")

    async def at_adyen(what: str, **said: object) -> dict[str, Any]:
        made: dict[str, Any] = (
            (await theirs.post(f"/_peer/{what}", json={"account": kept["api_key"], **said})).raise_for_status().json()
        )
        return made

    amount = {"currency": "CNY", "value": 120_000}
    charge = (await at_adyen("charges", amount=amount, course="SUCCEEDS_LATER"))["charge"]
    await shop.order(payments=[{**a_payment("p1", 120_000, charge), "gateway": "cards"}])
    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    while not (made := (await at_adyen("refunds"))["refunds"]):
        pass
    await at_adyen("turn", charge=charge)
    done = await shop.until(refund, "completed")
    [webhook] = (await at_adyen("refunds"))["told"]
    heard = await shop.http.post(told["callback_path"], json=webhook)

    [payout] = done["payouts"]
    assert (payout["amount"], payout["gateway_ref"], len(made)) == (120_000, made[0][2], 1)
    assert payout["trace_number"].startswith("7454")
    assert (heard.status_code, heard.text) == (200, "[accepted]")
    assert not any(secret in str(told) for secret in kept.values())


async def test_what_is_wrong_with_a_key_is_said_when_it_is_told(shop: Shop) -> None:
    body = {"adapter": "adyen", "account": "", "secrets": {**secrets_of_account(), "hmac_keys": "nonsense!"}}

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/cards", json=body)

    assert answer.status_code == 422 and "nonsense" not in answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/account", "/secrets/hmac_keys"]
