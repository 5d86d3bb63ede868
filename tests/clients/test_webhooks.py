"""What makewhole itself posts is verified by the client; what was changed, is old, or is another's is refused."""

import base64
import hashlib
import hmac

import pytest

from db.api_keys import Role
from makewhole_client import WebhookVerifier
from makewhole_client.clock import now
from makewhole_client.errors import NotUnderstood, WebhookRefused
from makewhole_client.models import MerchantEvent, RefundEvent, RotationBody, WebhookEndpointBody
from tests.clients.conftest import As
from tests.shop import Shop
from tests.webhooks.receiver import Posted, receiving

OURS, OTHERS = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))


async def test_what_is_posted_is_verified_before_during_and_after_a_change_of_the_secret(
    shop: Shop, client_as: As
) -> None:
    await shop.lenient_policy()
    owner = client_as(Role.OWNER)
    async with receiving() as receiver:
        first = (await owner.put_webhook_endpoint("erp", WebhookEndpointBody(url=receiver.url))).secret
        assert first is not None
        await shop.order()
        await shop.approved_refund()
        posted = list(await receiver.until(lambda all: any(each.type == "refund.completed" for each in all)))
        second = (await owner.rotate_webhook_secret("erp", RotationBody(overlap="PT1H"))).secret
        await shop.order("o2")
        await shop.refund("o2")
        during = (await receiver.until(lambda all: len(all) > len(posted)))[len(posted)]

    assert second is not None
    events = [WebhookVerifier(first).verify(each.body, each.headers) for each in posted]
    assert MerchantEvent.REFUND_COMPLETED in [event.type for event in events]
    assert all(isinstance(event, RefundEvent) and event.data.refund.order_id == "o1" for event in events)
    for secrets in ((first,), (second,), (second, first), (OTHERS, second)):
        assert WebhookVerifier(*secrets).verify(during.body, during.headers).type == MerchantEvent.REFUND_REQUESTED
    for wrong in _spoiled(during):
        with pytest.raises(WebhookRefused):
            WebhookVerifier(first, second).verify(wrong.body, wrong.headers)
    with pytest.raises(WebhookRefused):
        WebhookVerifier(OTHERS).verify(during.body, during.headers)


def test_each_signature_is_compared_and_other_versions_are_passed_over() -> None:
    at = str(int(now()))
    right, wrong = _signature("evt_1", at, b"{}", OURS), _signature("evt_1", at, b"{}", OTHERS)

    for header in (right, f"{wrong} {right}", f"v1a,{right[3:]} v1,=== {right}"):
        assert WebhookVerifier(OURS).check(b"{}", _headers("evt_1", at, header)) == "evt_1"
    for header in ("", wrong, f"v1a,{right[3:]}", f"v2,{right[3:]}", right[3:], "v1,", "v1,ü", right[:-1]):
        with pytest.raises(WebhookRefused):
            WebhookVerifier(OURS).check(b"{}", _headers("evt_1", at, header))


@pytest.mark.parametrize("offset_s", [-301, 390])
def test_what_was_signed_long_ago_or_is_of_the_future_is_refused(offset_s: int) -> None:
    at = str(int(now()) + offset_s)
    with pytest.raises(WebhookRefused, match="300 s"):
        WebhookVerifier(OURS).check(b"{}", _headers("evt_1", at, _signature("evt_1", at, b"{}", OURS)))
    assert WebhookVerifier(OURS, tolerance_s=600).check(
        b"{}", _headers("evt_1", at, _signature("evt_1", at, b"{}", OURS))
    )


@pytest.mark.parametrize("at", ["", "now", "-5", "1e9", "NaN", "٣", "9" * 30])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(WebhookRefused):
        WebhookVerifier(OURS).check(b"{}", _headers("evt_1", at, _signature("evt_1", at, b"{}", OURS)))


@pytest.mark.parametrize("body", [b"[]", b"{}", b"\xff", b'{"type":"refund.completed"}'])
def test_what_is_signed_well_and_is_no_event_is_said_to_be_none(body: bytes) -> None:
    at = str(int(now()))
    with pytest.raises(NotUnderstood):
        WebhookVerifier(OURS).verify(body, _headers("evt_1", at, _signature("evt_1", at, body, OURS)))


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_",), ("whsec_***",)])
def test_a_verifier_without_a_secret_is_none(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secret"):
        WebhookVerifier(*secrets)


def _spoiled(posted: Posted) -> list[Posted]:
    at = int(posted.headers["webhook-timestamp"])
    return [
        Posted(posted.headers, posted.body + b" ", posted.status),
        Posted({**posted.headers, "webhook-id": "evt_other"}, posted.body, posted.status),
        Posted({**posted.headers, "webhook-timestamp": str(at - 1)}, posted.body, posted.status),
        Posted({name: value for name, value in posted.headers.items() if name != "webhook-id"}, posted.body, 200),
    ]


def _signature(name: str, at: str, body: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{name}.{at}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed).decode()


def _headers(name: str, at: str, signatures: str) -> dict[str, str]:
    return {"Webhook-Id": name, "Webhook-Timestamp": at, "Webhook-Signature": signatures}
