"""Webhooks of the sandbox provider: signed, taken once, in whatever order they come."""

import json
import secrets
from datetime import timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from domain import clock
from gateways import signatures
from gateways.signatures import BadSignature
from tests.shop import Shop
from tests.workflows.test_payouts import gateway_refunds
from tools.stack.keys import kept_webhook_secret
from tools.stack.stack import Stack

OLD, NEW, STRANGE = (f"whsec_{secret * 4}" for secret in ("b2xk", "bmV3", "aGFo"))


def news_of(key: str, status: str = "succeeded") -> str:
    data = {"key": key, "reference": "re_1", "status": status}
    return json.dumps({"type": f"refund.{status}", "timestamp": "2026-11-20T08:00:00Z", "data": data})


async def send(shop: Shop, stack: Stack, body: str, *, webhook_id: str = "", source: str = "sandbox") -> httpx.Response:
    headers = signatures.sign(kept_webhook_secret(stack.home), webhook_id or secrets.token_hex(8), body)
    return await shop.http.post(f"/v1/webhooks/{source}", content=body, headers=headers)


async def test_news_of_something_unknown_are_kept_and_acknowledged_once(shop: Shop, stack: Stack) -> None:
    body, webhook_id = news_of("rf_unknown:payout:p1"), secrets.token_hex(8)

    first = await send(shop, stack, body, webhook_id=webhook_id)
    again = await send(shop, stack, body, webhook_id=webhook_id)

    assert (first.status_code, first.json()["outcome"]) == (200, "unknown_reference")
    assert (again.status_code, again.json()["outcome"]) == (200, "repeated")


@pytest.mark.parametrize("payment_id", ["支付1", "p 1", "INV/2026/1", "cafe\u0301", "p\u200b1", "支付" * 50])
async def test_whatever_id_a_key_was_made_of_the_webhook_hears_of_it(shop: Shop, stack: Stack, payment_id: str) -> None:
    answer = await send(shop, stack, news_of(f"rf_{'0' * 20}:payout:{payment_id}"))

    assert (answer.status_code, answer.json()["outcome"]) == (200, "unknown_reference")


async def test_a_webhook_that_nobody_we_know_signed_is_refused(shop: Shop) -> None:
    body = news_of("rf_1:payout:p1")

    strange = await shop.http.post(
        "/v1/webhooks/sandbox", content=body, headers=signatures.sign(STRANGE, "msg_1", body)
    )
    garbled = await shop.http.post(
        "/v1/webhooks/sandbox",
        content=b"\xff",
        headers={"webhook-id": "1", "webhook-timestamp": "now", "webhook-signature": "v1"},
    )

    assert (strange.status_code, strange.json()["code"]) == (401, "bad_signature")
    assert (garbled.status_code, garbled.json()["code"]) == (401, "bad_signature")


async def test_a_webhook_without_a_signature_is_not_valid(shop: Shop) -> None:
    answer = await shop.http.post("/v1/webhooks/sandbox", content=news_of("rf_1:payout:p1"))

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_source_that_has_no_secret_here_is_not_found(shop: Shop, stack: Stack) -> None:
    answer = await send(shop, stack, news_of("rf_1:payout:p1"), source="stripe")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"type":"refund.succeeded"}', news_of("a\x00b"), news_of(""), news_of("k", "paid")]
)
async def test_a_signed_webhook_that_makes_no_sense_is_refused(shop: Shop, stack: Stack, body: str) -> None:
    answer = await send(shop, stack, body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text


def test_while_a_secret_is_replaced_both_are_good() -> None:
    body = news_of("rf_1:payout:p1")

    for secret in (OLD, NEW):
        signatures.verify((NEW, OLD), signatures.sign(secret, "msg_1", body), body.encode())
    with pytest.raises(BadSignature):
        signatures.verify((NEW,), signatures.sign(OLD, "msg_1", body), body.encode())


def test_a_webhook_that_was_recorded_and_is_played_again_an_hour_later_is_refused() -> None:
    body, an_hour_ago = news_of("rf_1:payout:p1"), clock.now() - timedelta(hours=1)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(an_hour_ago.timestamp())),
        "webhook-signature": Webhook(NEW).sign("msg_1", an_hour_ago, body),
    }

    with pytest.raises(BadSignature):
        signatures.verify((NEW,), headers, body.encode())


@pytest.mark.parametrize(
    "behaviour",
    ["answer_late", "too_many_requests", "break_down", "succeed_by_webhook", "forget_key", "timeout_after_paying"],
)
async def test_however_the_provider_says_yes_the_customer_is_paid_once(shop: Shop, behaviour: str) -> None:
    await shop.order()
    await shop.behave("ch-o1", behaviour)

    done = await shop.approved_refund()

    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert done["payouts"][0]["gateway_ref"].startswith("re_") and done["needs_attention"] is None


async def test_a_payout_that_fails_by_webhook_goes_forward_to_store_credit(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "fail_by_webhook")

    await shop.approved_refund()

    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "failed")]
    assert (await shop.customer())["store_credit"]["balance"] == 120_000


async def test_a_payout_that_fails_after_it_had_succeeded_asks_for_attention(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "fail_after_success")

    now = await shop.until_noticed(await shop.refund())

    assert "payout_reversed" in now["needs_attention"]["reason"] and now["status"] == "needs_attention"
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "failed")]
