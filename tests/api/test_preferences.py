"""What customers prefer, and messages shown before anybody gets them."""

import pytest

from db.api_keys import Role
from tests.shop import Shop
from tools.client import Api, Refused

SAID = {
    "channels": {"default": ["inbox", "email"], "paid": ["sms"]},
    "time_zone": "Asia/Shanghai",
    "quiet_hours": {"from": "22:00", "until": "08:00"},
}


async def test_a_customer_says_what_they_prefer_and_reads_it_again(shop: Shop) -> None:
    own = Api(shop.http, await shop.customer_key("lilei"))

    put = await own.put("/v1/customers/lilei/preferences", SAID)

    assert {name: put[name] for name in SAID} == SAID
    assert await shop.merchant.get("/v1/customers/lilei/preferences") == put


async def test_what_is_left_out_is_as_if_it_was_never_said(shop: Shop) -> None:
    await shop.merchant.put("/v1/customers/lilei/preferences", SAID)
    put = await shop.merchant.put("/v1/customers/lilei/preferences", {})

    assert (put["channels"], put["time_zone"], put["quiet_hours"]) == ({}, None, None)


async def test_who_said_nothing_has_no_preferences(shop: Shop) -> None:
    await shop.merchant.put("/v1/customers/lilei", {})

    read = await shop.merchant.get("/v1/customers/lilei/preferences")

    assert (read["channels"], read["updated_at"]) == ({}, None)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"channels": {"bought": ["email"]}}, "there is no topic 'bought'"),
        ({"channels": {"review_due": ["email"]}}, "there is no topic 'review_due'"),
        ({"channels": {"paid": ["pigeon"]}}, "there is no channel 'pigeon'"),
        ({"time_zone": "Mars/Olympus"}, "is not a time zone"),
        ({"quiet_hours": {"from": "22:00", "until": "08:00"}}, "by the clocks of a time_zone"),
        ({"time_zone": "UTC", "quiet_hours": {"from": "08:00", "until": "08:00"}}, "another time of day"),
        ({"time_zone": "UTC", "quiet_hours": {"from": "25:00", "until": "08:00"}}, "pattern"),
    ],
)
async def test_what_nobody_can_prefer_is_refused_with_a_sentence(
    shop: Shop, body: dict[str, object], sentence: str
) -> None:
    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/customers/lilei/preferences", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert sentence in answer.text


async def test_customers_see_their_own_alone(shop: Shop) -> None:
    await shop.merchant.put("/v1/customers/hanmei", {})
    own = Api(shop.http, await shop.customer_key("lilei"))

    with pytest.raises(Refused, match="hanmei"):
        await own.get("/v1/customers/hanmei/preferences")


async def test_a_message_is_shown_as_a_customer_would_get_it(shop: Shop) -> None:
    mail = await shop.merchant.get("/v1/messages/preview?topic=paid&locale=zh-CN")
    sms = await shop.ops.get("/v1/messages/preview?topic=paid&locale=de&channel=sms")

    assert mail["subject"] == "关于您的订单 10042 的退款"
    assert "¥547.50" in mail["text"] and "¥547.50" in mail["html"]
    assert mail["variables"] == ["total", "where", "body", "name", "order", "page"]
    assert (sms["locale"], sms["subject"], sms["html"], sms["own"]) == ("en", None, None, [])
    assert sms["text"] == "¥547.50 has been paid back to your bank card."
