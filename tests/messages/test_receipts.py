"""What carriers say became of messages that they took: what reached nobody goes another way once, or is seen."""

from collections.abc import AsyncIterator

import pytest

from db import preferences
from domain.delivery.channels import Channel, Preferences
from gateways.messengers.aliyun import Aliyun, AliyunAccount
from gateways.messengers.texts import Texts
from gateways.messengers.twilio import Twilio, TwilioAccount
from tests.messages.mail_server import Does, MailServer
from tests.messages.post import MERCHANT, Post
from tests.messages.sms_peers import AliyunPeer, Becomes, Peer, TwilioPeer, serving
from upkeep.deliveries import Deliveries

NUMBERS = {"twilio": "+447700900123", "aliyun": "+8613800000000"}
WORDS = {"twilio": "30003 Unreachable destination handset", "aliyun": "MK:0001"}


@pytest.fixture(params=NUMBERS)
def carrier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def peer(carrier: str) -> AsyncIterator[Peer]:
    peer: Peer = TwilioPeer() if carrier == "twilio" else AliyunPeer()
    async with serving(peer):
        yield peer


@pytest.fixture
def sender(post: Post, peer: Peer) -> Deliveries:
    twilio = Twilio(TwilioAccount(TwilioPeer.SID, TwilioPeer.TOKEN, TwilioPeer.NUMBER, peer.address))
    aliyun = Aliyun(AliyunAccount(AliyunPeer.KEY, AliyunPeer.SECRET, AliyunPeer.SIGN, "SMS_1", peer.address))
    return post.sender(sms=Texts(twilio, aliyun))


async def a_while_passes(post: Post, sender: Deliveries) -> None:
    """Ask for the receipts that are awaited, whenever they are due, and send what comes of it."""
    await post.runs("update deliveries set receipt_due_at = now() - interval '1 second' where receipt_due_at > now()")
    await sender.receipts.ask_all(Channel.SMS)
    await post.goes_out(sender)


async def customer_by_sms(post: Post, carrier: str, **known: str) -> str:
    customer = await post.customer(phone=NUMBERS[carrier], **known)
    async with post.engine.begin() as connection:
        await preferences.put(connection, MERCHANT, customer, Preferences({"default": ["sms"]}))
    return customer


async def channels(post: Post) -> list[tuple[str, str | None]]:
    found = await post.runs("select channel, outcome from deliveries order by delivery_id")
    return [(row.channel, row.outcome) for row in found]


async def test_what_the_network_did_not_deliver_goes_by_mail_once_in_each_round(
    post: Post, sender: Deliveries, peer: Peer, carrier: str, mail_server: MailServer
) -> None:
    customer = await customer_by_sms(post, carrier, email="a@example.com")
    await post.told(customer, refund_id="rf_1", round=1)
    await post.goes_out(sender)
    peer.becomes = Becomes.LOST

    for _ in range(3):
        await a_while_passes(post, sender)
    await post.told(customer, refund_id="rf_1", round=2)
    await post.goes_out(sender)
    for _ in range(2):
        await a_while_passes(post, sender)

    assert await channels(post) == [("sms", "undelivered"), ("email", "sent")] * 2
    assert (len(peer.taken), len(mail_server.letters), await post.operations_heard()) == (2, 2, [])


async def test_what_reached_nobody_and_has_no_other_way_operations_see_once(
    post: Post, sender: Deliveries, peer: Peer, carrier: str
) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]), refund_id="rf_1")
    await post.goes_out(sender)
    peer.becomes = Becomes.LOST

    for _ in range(3):
        await a_while_passes(post, sender)

    (heard,) = await post.operations_heard()
    assert "rf_1" in heard and "reached nobody" in heard and WORDS[carrier] in heard
    assert (peer.receipts, await channels(post)) == (1, [("sms", "undelivered")])


async def test_a_receipt_is_asked_for_until_it_has_arrived(
    post: Post, sender: Deliveries, peer: Peer, carrier: str
) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]))
    await post.goes_out(sender)

    await sender.receipts.ask_all(Channel.SMS)
    too_early = peer.receipts
    for _ in range(2):
        await a_while_passes(post, sender)
    peer.becomes = Becomes.DELIVERED
    for _ in range(2):
        await a_while_passes(post, sender)

    assert (too_early, peer.receipts) == (0, 3)
    assert (await channels(post), await post.operations_heard()) == ([("sms", "sent")], [])


async def test_nobody_asks_for_a_receipt_for_ever(post: Post, sender: Deliveries, peer: Peer, carrier: str) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]))
    await post.goes_out(sender)
    await post.runs("update deliveries set ended_at = ended_at - interval '4 days'")

    await a_while_passes(post, sender)

    assert (peer.receipts, await channels(post)) == (0, [("sms", "sent")])
    assert await post.runs("select 1 from deliveries where receipt_due_at is not null") == []


async def test_a_letter_that_is_refused_for_good_goes_by_sms_where_a_refund_turns_on_it(
    post: Post, sender: Deliveries, peer: Peer, carrier: str, mail_server: MailServer
) -> None:
    customer = await post.customer(phone=NUMBERS[carrier], email="gone@example.com")
    async with post.engine.begin() as connection:
        await preferences.put(connection, MERCHANT, customer, Preferences({"default": ["email"]}))
    for topic in ("paid", "points_restored"):
        await post.told(customer, topic=topic)
    mail_server.does(Does.REFUSES_THE_RECIPIENT, Does.REFUSES_THE_LETTER)

    for _ in range(2):
        await post.goes_out(sender)

    assert sorted(await channels(post)) == [("email", "refused"), ("email", "refused"), ("sms", "sent")]
    (heard,) = await post.operations_heard()
    assert "points_restored" in heard and len(peer.taken) == 1
