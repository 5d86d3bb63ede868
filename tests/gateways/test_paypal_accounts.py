"""A merchant with a REST app at PayPal: what is wrong with it is said, and refunds go by it to the webhook."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from temporalio.client import Client

from db.api_keys import Role
from tests.gateways.fetching import fetched
from tests.gateways.paypal_party import secrets_of_app, told_of_app
from tests.gateways.stripe_party import running
from tests.over_http import asking
from tests.shop import IN_TIME_S, Shop, a_payment

WHOLE = {"currency_code": "CNY", "value": "1200.00"}


@pytest.fixture
async def theirs(paypal_address: str) -> AsyncIterator[httpx.AsyncClient]:
    port = urlsplit(paypal_address).port or 0
    async with (
        running(sys.executable, "-m", "tests.gateways.paypal_peer", "PORT", port=port),
        asking(paypal_address) as theirs,
    ):
        yield theirs


async def an_app_of(shop: Shop, theirs: httpx.AsyncClient) -> str:
    """Tell both sides of an app, and return its client id."""
    client_id, kept = f"A{secrets.token_urlsafe(40)}", secrets_of_app()
    address = str(theirs.base_url).rstrip("/")
    body = {"adapter": "paypal", "account": client_id, "base_address": address, "secrets": kept}
    told = await shop.owner.put("/v1/gateways/pp", body)
    await told_of_app(theirs, client_id, kept, f"{str(shop.http.base_url).rstrip('/')}{told['callback_path']}")
    assert not any(secret in str(told) for secret in kept.values())
    return client_id


async def sold(shop: Shop, theirs: httpx.AsyncClient, client_id: str, course: str) -> str:
    asked = {"account": client_id, "amount": WHOLE, "course": course}
    charge = str((await theirs.post("/_peer/charges", json=asked)).json()["charge"])
    await shop.order(payments=[{**a_payment("p1", 120_000, charge, "card"), "gateway": "pp"}])
    return charge


async def refunds_of(theirs: httpx.AsyncClient, client_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await theirs.post("/_peer/refunds", json={"account": client_id})).json()["refunds"]
    return found


async def until_made(theirs: httpx.AsyncClient, client_id: str) -> list[dict[str, Any]]:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            if made := await refunds_of(theirs, client_id):
                return made
            await asyncio.sleep(0.05)


async def test_money_goes_back_by_the_merchants_app_and_a_webhook_ends_it(
    shop: Shop, theirs: httpx.AsyncClient
) -> None:
    client_id = await an_app_of(shop, theirs)
    charge = await sold(shop, theirs, client_id, "SUCCEEDS_LATER")

    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    made = await until_made(theirs, client_id)
    (await theirs.post("/_peer/turn", json={"account": client_id, "charge": charge})).raise_for_status()
    done = await shop.until(refund, "completed")

    [payout] = done["payouts"]
    assert (payout["amount"], payout["gateway_ref"]) == (120_000, made[0]["id"])
    assert payout["trace_number"] == (await refunds_of(theirs, client_id))[0]["acquirer_reference_number"]


async def test_the_schedule_fetches_what_was_settled_at_paypal_and_the_payout_says_the_day(
    shop: Shop, theirs: httpx.AsyncClient, temporal: Client
) -> None:
    client_id = await an_app_of(shop, theirs)
    await sold(shop, theirs, client_id, "SUCCEEDS")
    made_before = {"account": client_id, "ahead_s": -4 * 3_600}  # the search has it three hours later
    (await theirs.post("/_peer/rules", json=made_before)).raise_for_status()
    refund = await shop.approved_refund()
    (await theirs.post("/_peer/rules", json={"account": client_id, "ahead_s": 0})).raise_for_status()

    [report] = await fetched(shop, temporal)
    [payout] = (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["payouts"]

    assert (report["format"], report["lines"], report["matched"]) == ("paypal_search", 1, 1)
    assert payout["settled_on"] is not None


async def test_a_dispute_at_paypal_holds_the_payment_of_its_merchant_alone(
    shop: Shop, other_shop: Shop, theirs: httpx.AsyncClient
) -> None:
    """A webhook for another merchant's payment is good for its signature, and about nothing of this merchant's."""
    client_id, other = await an_app_of(shop, theirs), await an_app_of(other_shop, theirs)
    charge = await sold(shop, theirs, client_id, "SUCCEEDS")
    resource = {"status": "UNDER_REVIEW", "dispute_life_cycle_stage": "CHARGEBACK", "dispute_amount": WHOLE}
    said = {"charge": charge, "event": "CUSTOMER.DISPUTE.CREATED", "resource": resource}

    asked = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only"}

    (await theirs.post("/_peer/dispute", json={**said, "account": other})).raise_for_status()
    allowed = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds/quote", json=asked)
    (await theirs.post("/_peer/dispute", json={**said, "account": client_id})).raise_for_status()
    refused = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=asked)

    assert allowed.status_code == 200, allowed.text
    assert (refused.status_code, refused.json()["code"]) == (422, "payment_disputed")


async def test_what_is_wrong_with_a_secret_is_said_when_it_is_told(shop: Shop) -> None:
    body = {"adapter": "paypal", "account": "1", "secrets": {**secrets_of_app(), "webhook_id": "nonsense!"}}

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/pp", json=body)

    assert answer.status_code == 422 and "nonsense" not in answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/account", "/secrets/webhook_id"]
