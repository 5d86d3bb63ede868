"""Accounts belong to merchants: what is told of them is kept sealed, and each pays back in its own."""

import json
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from db.api_keys import Role
from service.gateway_accounts import Gateways, NotConfigured
from service.vault import NotOpened, Vault
from tests.gateways.stripe_party import running, signed
from tests.over_http import asking
from tests.shop import Shop, a_payment
from tools.client import Json, Refused
from tools.stack.keys import kept_encryption_key
from tools.stack.stack import Stack
from variables import encryption_keys

CHARGE = "ch_of_both"
"""Both merchants have a charge of this name, each at an account of its own."""


@dataclass(slots=True)
class Account:
    """A merchant's account at the peer, and what is told of it."""

    shop: Shop
    address: str
    api_key: str
    secret: str
    callback_path: str = ""

    async def is_told(self, **fields: object) -> Json:
        kept = {"api_key": self.api_key, "webhook_secrets": self.secret}
        body = {"adapter": "stripe", "base_address": self.address, "secrets": kept, **fields}
        told: Json = await self.shop.owner.put("/v1/gateways/stripe", body)
        self.callback_path = told["callback_path"]
        return told

    async def at_stripe(self, path: str, **form: object) -> Json:
        async with asking() as http:
            headers = {"authorization": f"Bearer {self.api_key}"}
            answer = await http.post(f"{self.address}/_peer/{path}", data=form, headers=headers)
            made: Json = answer.raise_for_status().json()
            return made

    async def refunds(self) -> list[Json]:
        async with asking() as http:
            headers = {"authorization": f"Bearer {self.api_key}"}
            answer = await http.get(f"{self.address}/_peer/refunds", headers=headers)
            listed: list[Json] = answer.raise_for_status().json()["data"]
            return listed

    async def sells(self, course: str = "SUCCEEDS") -> None:
        await self.at_stripe("charges", id=CHARGE, amount=120_000, currency="cny", course=course)
        await self.shop.order(payments=[{**a_payment("p1", 120_000, CHARGE), "gateway": "stripe"}])

    async def hears(self, body: bytes, secret: str = "") -> httpx.Response:
        headers = signed(body, secret or self.secret)
        return await self.shop.http.post(self.callback_path, content=body, headers=headers)


def account_of(shop: Shop, address: str) -> Account:
    return Account(shop, address, f"sk_test_{secrets.token_hex(8)}", f"whsec_{secrets.token_hex(8)}")


@pytest.fixture(scope="module")
async def stripe(stripe_address: str) -> AsyncIterator[str]:
    port = urlsplit(stripe_address).port or 0
    async with running(sys.executable, "-m", "tests.gateways.stripe_peer", "PORT", port=port):
        yield stripe_address


@pytest.fixture
async def account(shop: Shop, stripe: str) -> Account:
    return account_of(shop, stripe)


@pytest.fixture
async def other(other_shop: Shop, stripe: str) -> Account:
    return account_of(other_shop, stripe)


def news_of(refund: Json) -> bytes:
    event = {"id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": "refund.updated", "created": 1}
    return json.dumps({**event, "data": {"object": refund}}).encode()


async def test_two_merchants_with_two_accounts_at_once_pay_back_each_from_their_own(
    account: Account, other: Account
) -> None:
    for each in (account, other):
        await each.is_told()
        await each.sells()

    first = await account.shop.refund(lines=[{"line_id": "l1", "quantity": 1}])
    second = await other.shop.refund()
    done = [await account.shop.until(first, "completed"), await other.shop.until(second, "completed")]

    paid = [await each.refunds() for each in (account, other)]
    assert [[each["amount"] for each in theirs] for theirs in paid] == [[60_000], [120_000]]
    assert [each["payouts"][0]["gateway_ref"] for each in done] == [theirs[0]["id"] for theirs in paid]


async def test_what_a_provider_tells_reaches_the_refund_of_its_merchant(account: Account) -> None:
    await account.is_told()
    await account.sells("IS_REVERSED")
    refund = await account.shop.approved_refund()
    url = f"{str(account.shop.http.base_url).rstrip('/')}{account.callback_path}"
    await account.at_stripe("endpoint", url=url, secret=account.secret)

    await account.at_stripe("turn", charge=CHARGE)
    now = await account.shop.until_noticed(refund)

    assert "payout_reversed" in now["needs_attention"]["reason"]


async def test_a_signature_that_is_good_is_good_for_its_own_merchants_payments_alone(
    account: Account, other: Account
) -> None:
    await account.is_told()
    await other.is_told()
    await account.sells()
    await account.shop.approved_refund()
    [paid] = await account.refunds()
    body = news_of({**paid, "status": "failed"})

    by_another = await other.hears(body)
    forged = await account.hears(body, secret=other.secret)
    unsigned = await account.shop.http.post(account.callback_path, content=body)
    by_its_own = [await account.hears(body) for _ in range(2)]

    assert (by_another.status_code, by_another.json()["outcome"]) == (200, "unknown_reference")
    assert [(each.status_code, each.json()["code"]) for each in (forged, unsigned)] == [(401, "bad_signature")] * 2
    assert [each.json()["outcome"] for each in by_its_own] == ["taken", "repeated"]


async def test_a_token_is_good_for_its_own_gateway_alone(account: Account) -> None:
    await account.is_told()
    account.callback_path = account.callback_path.replace("/stripe/", "/another/")

    assert (await account.hears(b"{}")).status_code == 404


@pytest.mark.parametrize(
    ("kept", "lacks"),
    [
        ({}, {"/secrets/api_key", "/secrets/webhook_secrets"}),
        ({"api_key": "sk_test_1"}, {"/secrets/webhook_secrets"}),
        ({"api_key": " ", "webhook_secrets": "whsec_1"}, {"/secrets/api_key"}),
        ({"api_key": "sk_test_1", "webhook_secrets": "whsec_1", "pin": "1"}, {"/secrets/pin"}),
    ],
)
async def test_what_is_missing_is_said_each_by_name(shop: Shop, kept: dict[str, str], lacks: set[str]) -> None:
    body = {"adapter": "stripe", "secrets": kept}

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/stripe", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert {each["pointer"] for each in answer.json()["errors"]} == lacks
    assert "sk_test_1" not in answer.text


@pytest.mark.parametrize(
    ("gateway_id", "fields", "pointer"),
    [
        ("mine", {"adapter": "braintree"}, "/adapter"),
        ("mine", {"adapter": "stripe", "base_address": "http://169.254.169.254"}, "/base_address"),
        ("sandbox", {"adapter": "stripe"}, None),
    ],
)
async def test_an_account_elsewhere_or_of_nobody_is_refused(
    shop: Shop, gateway_id: str, fields: Json, pointer: str | None
) -> None:
    body = {"secrets": {"api_key": "sk_test_1", "webhook_secrets": "whsec_1"}, **fields}

    answer = await shop.raw(Role.OWNER, "PUT", f"/v1/gateways/{gateway_id}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in answer.json().get("errors") or []] == ([pointer] if pointer else [])


async def test_secrets_are_never_shown_again_and_lie_nowhere_in_clear(account: Account) -> None:
    told = await account.is_told()
    shown = await account.shop.owner.get("/v1/gateways/stripe")

    assert shown == told
    assert shown["secrets"] == ["api_key", "webhook_secrets"]
    assert not any(each in json.dumps([told, shown]) for each in (account.api_key, account.secret))
    async with account.shop.engine.connect() as connection:
        found = (
            "select row_to_json(a)::text || encode(a.sealed, 'escape') from gateway_accounts a where merchant_id = %s"
        )
        row = str((await connection.exec_driver_sql(found, (account.shop.merchant_id,))).scalar_one())
    assert account.shop.merchant_id in row
    assert not any(each in row for each in (account.api_key, account.secret))


async def test_what_is_sealed_for_one_merchant_can_not_be_opened_as_anothers(
    account: Account, other: Account, stack: Stack
) -> None:
    await account.is_told()
    await other.is_told()
    moved = (
        "update gateway_accounts a set sealed = b.sealed, nonce = b.nonce from gateway_accounts b"
        " where a.merchant_id = %s and b.merchant_id = %s"
    )
    async with account.shop.engine.begin() as connection:
        await connection.exec_driver_sql(moved, (other.shop.merchant_id, account.shop.merchant_id))
    keys = encryption_keys({"MAKEWHOLE_ENCRYPTION_KEYS": kept_encryption_key(stack.home)})
    gateways = Gateways(account.shop.engine, Vault(keys), {})

    assert list(await gateways["stripe"].refunds_of(account.shop.merchant_id, CHARGE)) == []
    with pytest.raises(NotOpened):
        await gateways["stripe"].refunds_of(other.shop.merchant_id, CHARGE)
    with pytest.raises(Refused, match="stripe needs api_key; stripe needs webhook_secrets"):
        await other.is_told(secrets={})


async def test_a_secret_that_is_left_out_stays_but_goes_to_no_other_address(account: Account) -> None:
    first = await account.is_told()

    replaced = await account.is_told(secrets={"webhook_secrets": "whsec_new whsec_old"})
    with pytest.raises(Refused, match="422 validation_failed: stripe needs api_key"):
        await account.is_told(base_address="", secrets={"webhook_secrets": "whsec_new"})

    assert replaced["callback_path"] == first["callback_path"]
    assert (await account.hears(news_of({"id": "re_1", "object": "refund"}), secret="whsec_old")).status_code == 200
    await account.sells()
    await account.shop.approved_refund()
    assert [each["amount"] for each in await account.refunds()] == [120_000]


async def test_an_order_can_name_what_its_own_merchant_has_and_nothing_else(account: Account, other: Account) -> None:
    await account.is_told()
    body = other.shop.order_body(payments=[{**a_payment("p1", 120_000, CHARGE), "gateway": "stripe"}])

    answer = await other.shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)
    strange = await account.shop.raw(
        Role.MERCHANT,
        "PUT",
        "/v1/orders/o1",
        json={**body, "payments": [{**a_payment("p1", 120_000, CHARGE), "gateway": "elsewhere"}]},
    )
    seen = await other.shop.raw(Role.OWNER, "GET", "/v1/gateways/stripe")

    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, ["/payments/0/gateway"])
    assert "sandbox, stripe" in strange.text and strange.status_code == 422
    assert seen.status_code == 404


async def test_who_has_no_account_is_no_answer(shop: Shop) -> None:
    gateways = Gateways(shop.engine, None, {})

    with pytest.raises(NotConfigured, match="has no gateway 'stripe'"):
        await gateways["stripe"].refunds_of(shop.merchant_id, CHARGE)
    await shop.owner.put(
        "/v1/gateways/stripe", {"adapter": "stripe", "secrets": {"api_key": "sk_1", "webhook_secrets": "whsec_1"}}
    )
    with pytest.raises(NotConfigured, match="MAKEWHOLE_ENCRYPTION_KEYS is not set"):
        await gateways["stripe"].refunds_of(shop.merchant_id, CHARGE)


@pytest.mark.parametrize("wrong", [{"secrets": {"api_key": "sk_test_…"}}, {"account": "acct_…"}])
async def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated(shop: Shop, wrong: Json) -> None:
    body = {
        "adapter": "stripe",
        "secrets": {"api_key": f"sk_test_{secrets.token_hex(8)}", "webhook_secrets": "w"},
        **wrong,
    }

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/main", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert "plain ASCII" in answer.text and "sk_test" not in answer.text
