"""A merchant with an application at Alipay: what is wrong with it is said, and refunds go by it to the notification."""

import secrets
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from db.api_keys import Role
from tests.gateways.alipay_party import form, secrets_of_application, told_of_application
from tests.gateways.stripe_party import running
from tests.over_http import asking
from tests.shop import Shop, a_payment


@pytest.fixture
async def theirs(alipay_address: str) -> AsyncIterator[httpx.AsyncClient]:
    port = urlsplit(alipay_address).port or 0
    async with (
        running(sys.executable, "-m", "tests.gateways.alipay_peer", "PORT", port=port),
        asking(alipay_address) as theirs,
    ):
        yield theirs


async def test_money_goes_back_by_the_merchants_application_and_a_notification_ends_it(
    shop: Shop, theirs: httpx.AsyncClient
) -> None:
    app_id, kept = str(secrets.randbelow(9 * 10**15) + 10**15), secrets_of_application()
    address = str(theirs.base_url).rstrip("/")
    body = {"adapter": "alipay", "account": app_id, "base_address": address, "secrets": kept}
    told = await shop.owner.put("/v1/gateways/zfb", body)
    await told_of_application(theirs, app_id, f"{str(shop.http.base_url).rstrip('/')}{told['callback_path']}")
    asked = {"account": app_id, "amount": 120_000, "course": "SUCCEEDS_LATER", "id": ""}
    charge = (await theirs.post("/_peer/charges", json=asked)).json()["charge"]
    await shop.order(payments=[{**a_payment("p1", 120_000, charge, "alipay"), "gateway": "zfb"}])

    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    while not (made := (await theirs.post("/_peer/refunds", json={"account": app_id})).json()["refunds"]):
        pass
    (await theirs.post("/_peer/turn", json={"account": app_id, "charge": charge})).raise_for_status()
    done = await shop.until(refund, "completed")

    assert [(each["amount"], each["gateway_ref"]) for each in done["payouts"]] == [(120_000, f"{charge}/{made[0][2]}")]
    news = form({"notify_id": "n1", "app_id": app_id, "trade_no": charge, "trade_status": "TRADE_SUCCESS"})
    heard = [await shop.http.post(told["callback_path"], content=news) for _ in range(2)]
    assert [(each.status_code, each.text) for each in heard] == [(200, "success")] * 2


async def test_what_is_wrong_with_a_key_is_said_when_it_is_told(shop: Shop) -> None:
    body = {"adapter": "alipay", "account": "1", "secrets": {**secrets_of_application(), "private_key": "nonsense!"}}

    answer = await shop.raw(Role.OWNER, "PUT", "/v1/gateways/zfb", json=body)

    assert answer.status_code == 422 and "nonsense" not in answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/account", "/secrets/private_key"]
