"""A gateway is named in one place: orders, webhooks and secrets go by that."""

import base64
import secrets

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from db.api_keys import Role
from gateways.registry import PROVIDERS, open_named
from settings import Settings
from tests.shop import Shop, a_payment
from tools.client import Json
from variables import webhook_secrets


async def test_an_order_is_told_which_gateways_there_are(shop: Shop) -> None:
    body = shop.order_body()
    body["payments"][0]["gateway"] = "elsewhere"

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)

    assert answer.status_code == 422
    assert all(name in answer.text for name in ("elsewhere", *PROVIDERS))


def without_gateway(method: str) -> Json:
    return {name: value for name, value in a_payment("p1", 120_000, "ch-o1", method).items() if name != "gateway"}


@pytest.mark.parametrize("method", ["card", "alipay", "wechat_pay", "bank_transfer"])
async def test_what_a_provider_took_names_it_as_no_gateway_is_the_default(shop: Shop, method: str) -> None:
    body = shop.order_body(payments=[without_gateway(method)])

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/payments/0/gateway"]


@pytest.mark.parametrize(("method", "told"), [("gift_card", "to itself"), ("other", "the merchant hands it back")])
async def test_what_no_provider_took_is_paid_back_in_our_own_books(shop: Shop, method: str, told: str) -> None:
    pushed = await shop.order(payments=[without_gateway(method)])

    done = await shop.approved_refund()

    assert "gateway" not in pushed["payments"][0]
    assert [(each["method"], each["amount"], each["status"]) for each in done["payouts"]] == [
        (method, 120_000, "succeeded")
    ]
    async with shop.engine.connect() as connection:
        asked = "select count(*) from sandbox.refunds where merchant_id = %s"
        booked = "select note from ledger_entries where merchant_id = %s and refund_id = %s and note like %s"
        assert (await connection.exec_driver_sql(asked, (shop.merchant_id,))).scalar_one() == 0
        found = await connection.exec_driver_sql(booked, (shop.merchant_id, done["refund_id"], f"%{told}%"))
        assert found.scalar_one()


async def test_a_gift_card_whose_gateway_is_not_named_any_more_is_the_one_that_it_was(shop: Shop) -> None:
    """Earlier versions took the sandbox for the gateway of a payment that named none."""
    named = shop.order_body(payments=[a_payment("p1", 120_000, "ch-o1", "gift_card")])
    await shop.merchant.put("/v1/orders/o1", named)
    await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    again = {**named, "payments": [without_gateway("gift_card")], "updated_at": named["delivered_at"]}
    put = await shop.merchant.put("/v1/orders/o1", again)

    assert put["version"] == 2


async def test_what_is_to_be_open_to_everybody_is_named_in_a_setting(engine: AsyncEngine) -> None:
    told = {"MAKEWHOLE_DATABASE_URL": "postgresql:///x", "MAKEWHOLE_GATEWAYS": "sandbox"}

    assert list(open_named(engine, Settings.from_environment(told).gateways)) == ["sandbox"]
    assert Settings.from_environment({**told, "MAKEWHOLE_GATEWAYS": ""}).gateways == ()
    with pytest.raises(ValueError, match=r"MAKEWHOLE_GATEWAYS names 'elsewhere': there is sandbox"):
        open_named(engine, ("elsewhere",))


def test_every_source_of_webhooks_has_secrets_of_its_own() -> None:
    new, old, third = ("whsec_" + base64.b64encode(secrets.token_bytes(24)).decode() for _ in range(3))
    environment = {
        "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": f"{new} {old}",
        "MAKEWHOLE_OTHER_WEBHOOK_SECRETS": third,
        "MAKEWHOLE_SANDBOX_WEBHOOK_URL": "http://127.0.0.1",
    }

    assert webhook_secrets(environment) == {"sandbox": (new, old), "other": (third,)}
