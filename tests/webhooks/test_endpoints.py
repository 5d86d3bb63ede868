"""An owner says where events go; secrets are shown once, and replaced while both sign."""

import base64
import ipaddress
import secrets

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from db.api_keys import Role
from gateways.addresses import Addresses, NotAllowed, Pinned, is_public
from gateways.posting import Poster
from tests.shop import Shop
from tests.webhooks.desk import all_delivered, endpoint, until_logged
from tests.webhooks.receiver import receiving
from tools.client import Refused


async def test_the_secret_is_shown_when_the_endpoint_is_made_and_never_again(shop: Shop) -> None:
    async with receiving() as receiver:
        made = await endpoint(shop, receiver)
        again = await endpoint(shop, receiver)
        read = await shop.owner.get("/v1/webhook-endpoints/shop")
        listed = await shop.owner.get("/v1/webhook-endpoints")

    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    assert again["secret"] is read["secret"] is None
    assert listed["items"] == [read]
    async with shop.engine.connect() as connection:
        kept = "select string_agg(t::text, ' ') from (select * from webhook_secrets where merchant_id = %s) t"
        stored = (await connection.exec_driver_sql(kept, (shop.merchant_id,))).scalar_one()
    assert made["secret"].removeprefix("whsec_") not in stored


async def test_while_a_secret_is_replaced_both_sign_and_the_request_can_be_repeated(shop: Shop) -> None:
    async with receiving() as receiver:
        old = (await endpoint(shop, receiver, event_types=["refund.requested"]))["secret"]
        path, key = "/v1/webhook-endpoints/shop/secret", secrets.token_hex(8)
        rotated = await shop.owner.post(path, {"overlap": "PT1H"}, key=key)
        repeated = await shop.owner.post(path, {"overlap": "PT1H"}, key=key)
        await shop.order()
        await shop.refund(lines=[{"line_id": "l1", "quantity": 1}])
        await receiver.until(len)
        await shop.owner.post(path, {"overlap": "PT0S"})
        await shop.refund(lines=[{"line_id": "l1", "quantity": 1}])
        both, later = await receiver.until(lambda posted: len(posted) == 2)

    assert repeated == rotated and rotated["secret"] != old
    for secret in (old, rotated["secret"]):
        Webhook(secret).verify(both.body, both.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(later.body, later.headers)
    async with shop.engine.connect() as connection:
        remembered = "select string_agg(answer::text, ' ') from idempotency_keys where merchant_id = %s"
        answers = (await connection.exec_driver_sql(remembered, (shop.merchant_id,))).scalar_one()
    assert rotated["secret"] not in answers, "what is remembered under the key has no secret"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "https://10.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://db.internal/",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:port/",
        "https://shop.example/a b",
        "https:///nowhere",
        "ftp://shop.example/",
        "nothing",
    ],
)
async def test_an_address_that_is_not_public_is_refused(shop: Shop, url: str) -> None:
    with pytest.raises(Refused) as refused:
        await shop.owner.put("/v1/webhook-endpoints/shop", {"url": url})

    assert (refused.value.status, refused.value.code) == (422, "validation_failed")


@pytest.mark.parametrize("url", ["https://shop.example/hooks?a=1", "https://8.8.8.8:8443/", "http://127.0.0.1:1/"])
async def test_an_address_that_is_public_or_allowed_is_taken(shop: Shop, url: str) -> None:
    made = await shop.owner.put("/v1/webhook-endpoints/shop", {"url": url})

    assert made["url"] == url


async def test_what_a_name_stands_for_is_judged_when_it_is_connected_to() -> None:
    async with receiving() as receiver:
        with pytest.raises(NotAllowed, match="not at a public address"):
            await Pinned(Addresses([])).connect_tcp("localhost", receiver.port)
        stream = await Pinned(Addresses(["http://localhost"])).connect_tcp("localhost", receiver.port)
        await stream.aclose()


async def test_who_does_not_answer_in_time_is_not_waited_for() -> None:
    hasty = Poster(Addresses(["http://127.0.0.1"]), answers_within_s=0.2)
    async with receiving(delay_s=600) as receiver, hasty as poster:
        reply = await poster.post(receiver.url, b"{}", {})

    assert (reply.status_code, reply.trouble) == (None, "no answer within 0.2 s")


async def test_an_answer_that_breaks_off_is_known_by_how_it_began() -> None:
    async with (
        receiving(status=200, says=b"taken", lacks=1) as receiver,
        Poster(Addresses(["http://127.0.0.1"])) as poster,
    ):
        reply = await poster.post(receiver.url, b"{}", {})

    assert (reply.status_code, reply.answer) == (200, "taken") and reply.trouble is not None


async def test_an_event_is_taken_by_whoever_says_so_however_their_answer_ends(shop: Shop) -> None:
    async with receiving(status=200, lacks=1) as receiver:
        await endpoint(shop, receiver, event_types=["refund.requested"])
        await shop.order()
        await shop.refund()
        (event,) = await until_logged(shop, all_delivered)

        [delivery] = event["deliveries"]
        [attempt] = delivery["log"]

    assert (delivery["attempts"], attempt["status_code"], len(receiver.posted)) == (1, 200, 1)
    assert "peer closed connection" in attempt["trouble"]


def test_an_address_that_is_allowed_is_an_origin() -> None:
    for wrong in ("127.0.0.1", "http://127.0.0.1/path", "ftp://x"):
        with pytest.raises(ValueError, match="is not where webhooks may go"):
            Addresses([wrong])
    Addresses(["http://127.0.0.1:80"]).check("http://127.0.0.1/hooks")
    with pytest.raises(NotAllowed):
        Addresses(["http://127.0.0.1:80"]).check("http://127.0.0.1:81/hooks")


async def test_an_owner_alone_says_where_events_go_and_each_merchant_has_its_own(shop: Shop, other_shop: Shop) -> None:
    async with receiving() as receiver:
        await endpoint(shop, receiver, event_types=["refund.requested"])
        await shop.order()
        await shop.refund()
        (event,) = await until_logged(shop, all_delivered)

        for role in (Role.MERCHANT, Role.OPS, Role.REVIEWER):
            answer = await shop.raw(role, "GET", "/v1/webhook-endpoints/shop")
            assert answer.status_code == 403
        asked = await other_shop.raw(Role.OWNER, "GET", "/v1/webhook-endpoints/shop")
        assert asked.status_code == 404
        read = await other_shop.raw(Role.OPS, "GET", f"/v1/webhook-events/{event['event_id']}")
        assert read.status_code == 404
        path = f"/v1/webhook-events/{event['event_id']}/redelivery"
        assert (await other_shop.raw(Role.OPS, "POST", path, json={})).status_code == 404


NEAR = (
    "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.1.1 192.168.0.1 224.0.0.1 :: fe80::1 fc00::1 ::ffff:127.0.0.1 "
    "2002:7f00:1:: 64:ff9b::7f00:1 ::127.0.0.1 ::ffff:0:127.0.0.1 fec0::1 5f00::1 192.0.0.192 192.88.99.1 "
    "::ffff:192.0.0.192"
)


def test_nothing_near_us_is_public() -> None:
    assert [each for each in NEAR.split() if is_public(ipaddress.ip_address(each))] == []
    assert is_public(ipaddress.ip_address("8.8.8.8")) and is_public(ipaddress.ip_address("2606:4700::1111"))
