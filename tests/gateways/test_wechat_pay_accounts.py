"""A merchant with an account at WeChat Pay: what is wrong with it is said, and refunds go by it to the callback."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from db.api_keys import Role
from tests.gateways.stripe_party import running
from tests.gateways.wechat_pay_party import secrets_of_account, told_of_account
from tests.over_http import asking
from tests.shop import IN_TIME_S, Shop, a_payment


@pytest.fixture
async def theirs(wechat_pay_address: str) -> AsyncIterator[httpx.AsyncClient]:
    port = urlsplit(wechat_pay_address).port or 0
    async with (
        running(sys.executable, "-m", "tests.gateways.wechat_pay_peer", "PORT", port=port),
        asking(wechat_pay_address) as theirs,
    ):
        yield theirs


async def test_money_goes_back_by_the_merchants_account_and_a_callback_ends_it(
    shop: Shop, theirs: httpx.AsyncClient
) -> None:
    number, kept = str(secrets.randbelow(10**9) + 10**9), secrets_of_account()
    address = str(theirs.base_url).rstrip("/")
    body = {"adapter": "wechat_pay", "account": number, "base_address": address, "secrets": kept}
    told = await shop.owner.put("/v1/gateways/wechat", body)
    url = f"{str(shop.http.base_url).rstrip('/')}{told['callback_path']}"
    await told_of_account(theirs, number, kept, url)
    asked = {"account": number, "amount": 120_000, "course": "SUCCEEDS_LATER"}
    charge = (await theirs.post("/_peer/charges", json=asked)).json()["said"]
    payment = {**a_payment("p1", 120_000, charge, "wechat_pay"), "gateway": "wechat"}
    await shop.order(payments=[payment])

    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    [made] = await _until_there_is_one(theirs, number)
    (await theirs.post("/_peer/turn", json={"account": number, "charge": charge})).raise_for_status()
    done = await shop.until(refund, "completed")

    assert [(each["amount"], each["gateway_ref"]) for each in done["payouts"]] == [(120_000, made["refund_id"])]
    assert not any(secret in str(told) for secret in kept.values())


async def _until_there_is_one(theirs: httpx.AsyncClient, number: str) -> list[dict[str, str]]:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            found: list[dict[str, str]] = (await theirs.post("/_peer/refunds", json={"account": number})).json()["said"]
            if found:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("fields", "secret", "pointers"),
    [
        ({"account": ""}, {}, ["/account"]),
        ({}, {"private_key": "-----BEGIN PRIVATE KEY-----"}, ["/secrets/private_key"]),
        ({}, {"api_v3_key": "short"}, ["/secrets/api_v3_key"]),
        ({}, {"platform_keys": "?", "app_id": "?"}, ["/secrets/app_id", "/secrets/platform_keys"]),
    ],
)
async def test_what_is_wrong_with_a_key_is_said_when_it_is_told(
    shop: Shop, fields: dict[str, str], secret: dict[str, str], pointers: list[str]
) -> None:
    kept = {**secrets_of_account(), **secret}
    body = {"adapter": "wechat_pay", "account": "1900000109", "secrets": kept, **fields}

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/wechat", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers
    assert kept["api_v2_key"] not in answer.text


async def test_what_is_missing_is_said_each_by_name(shop: Shop) -> None:
    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/wechat", json={"adapter": "wechat_pay"})

    lacks = {each["pointer"] for each in answer.json()["errors"]}
    assert lacks == {f"/secrets/{name}" for name in secrets_of_account()}
