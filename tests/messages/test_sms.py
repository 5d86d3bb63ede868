"""Messages that leave by SMS, by Twilio's API and by Aliyun's: each once, also where an answer was lost."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from db import preferences
from domain.delivery.channels import Preferences
from domain.delivery.quiet_hours import QuietHours
from domain.delivery.templates import Template, Templates
from gateways.messengers.aliyun import Aliyun, AliyunAccount, Request
from gateways.messengers.letters import Letter
from gateways.messengers.registry import open_messengers
from gateways.messengers.texts import Texts
from gateways.messengers.twilio import Twilio, TwilioAccount
from gateways.ports import Declined
from tests.messages.post import MERCHANT, Post
from tests.messages.sms_peers import AliyunPeer, Does, Peer, TwilioPeer, serving, told_to
from upkeep.deliveries import Deliveries

NUMBERS = {"twilio": "+447700900123", "aliyun": "+8613800000000"}


@pytest.fixture
async def peers() -> AsyncIterator[dict[str, Peer]]:
    twilio, aliyun = TwilioPeer(), AliyunPeer()
    async with serving(twilio), serving(aliyun):
        yield {"twilio": twilio, "aliyun": aliyun}


@pytest.fixture(params=NUMBERS)
def carrier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def sender_of(post: Post, peers: dict[str, Peer]) -> Deliveries:
    account = TwilioAccount(TwilioPeer.SID, TwilioPeer.TOKEN, TwilioPeer.NUMBER, peers["twilio"].address)
    theirs = AliyunAccount(AliyunPeer.KEY, AliyunPeer.SECRET, AliyunPeer.SIGN, "SMS_1", peers["aliyun"].address)
    return post.sender(sms=Texts(Twilio(account), Aliyun(theirs)))


async def go_out(post: Post, peers: dict[str, Peer], times: int = 1) -> None:
    for _ in range(times):
        await post.goes_out(sender_of(post, peers))


async def test_a_message_arrives_as_it_stands_in_the_inbox(post: Post, peers: dict[str, Peer], carrier: str) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]), body="您的退款 & 100% €")

    await go_out(post, peers)

    assert told_to(peers[carrier]) == ["您的退款 & 100% €"]
    assert await post.ended() == [("sent", "")]
    other = next(peer for name, peer in peers.items() if name != carrier)
    assert other.asked == 0


async def test_what_they_do_not_take_for_now_is_sent_once_later(
    post: Post, peers: dict[str, Peer], carrier: str
) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]))
    peers[carrier].does(Does.IS_BUSY, Does.BREAKS_DOWN)

    await go_out(post, peers, times=4)

    assert len(peers[carrier].taken) == 1
    assert await post.ended() == [("sent", "")]


async def test_what_they_refuse_for_good_operations_see(post: Post, peers: dict[str, Peer], carrier: str) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]), refund_id="rf_1")
    peers[carrier].does(Does.REFUSES)

    await go_out(post, peers, times=2)

    assert peers[carrier].asked == 1
    ((outcome, reason),) = await post.ended()
    assert outcome == "refused"
    (heard,) = await post.operations_heard()
    assert "rf_1" in heard and str(reason) in heard


async def test_one_whose_answer_was_lost_is_found_and_not_sent_again(
    post: Post, peers: dict[str, Peer], carrier: str
) -> None:
    await post.told(await post.customer(phone=NUMBERS[carrier]))
    peers[carrier].does(Does.TAKES_IT_AND_BREAKS_OFF)

    await go_out(post, peers, times=3)

    assert len(peers[carrier].taken) == 1
    assert await post.ended() == [("sent", "")]


async def test_two_messages_of_one_text_are_two_although_both_answers_were_lost(
    post: Post, peers: dict[str, Peer], carrier: str
) -> None:
    customer = await post.customer(phone=NUMBERS[carrier])
    for _ in range(2):
        await post.told(customer, body="Your refund request has been approved.")
    peers[carrier].does(Does.TAKES_IT_AND_BREAKS_OFF, Does.BREAKS_DOWN)

    await go_out(post, peers, times=4)

    assert len(peers[carrier].taken) == 2
    assert await post.ended() == [("sent", "")] * 2


async def test_in_quiet_hours_nobody_is_woken_and_afterwards_they_are_told(post: Post, peers: dict[str, Peer]) -> None:
    customer = await post.customer(phone=NUMBERS["twilio"], email="a@example.com")
    await prefers(post, customer, Preferences({}, "Asia/Shanghai", await hours_around_now(post)))
    await post.told(customer)

    await go_out(post, peers)
    assert (peers["twilio"].asked, [ended for ended, _ in await post.ended()]) == (0, ["sent", None])
    assert await post.runs("select 1 from deliveries where channel = 'sms' and due_at > now() + interval '1 minute'")

    await prefers(post, customer, Preferences({}, "Asia/Shanghai"))
    await go_out(post, peers)

    assert len(peers["twilio"].taken) == 1


async def hours_around_now(post: Post) -> QuietHours:
    """The clocks of the database count; an hour before now until an hour after it, in Shanghai."""
    ((now,),) = await post.runs("select now() at time zone 'Asia/Shanghai'")
    return QuietHours(now.replace(hour=(now.hour - 1) % 24).time(), now.replace(hour=(now.hour + 1) % 24).time())


async def prefers(post: Post, customer_id: str, said: Preferences) -> None:
    async with post.engine.begin() as connection:
        await preferences.put(connection, MERCHANT, customer_id, said)


async def test_a_reader_gets_what_they_prefer(post: Post, peers: dict[str, Peer]) -> None:
    customer = await post.customer(phone=NUMBERS["twilio"], email="a@example.com")
    await prefers(post, customer, Preferences({"default": ["email"], "paid": ["sms"], "completed": []}))
    for topic in ("paid", "approved", "completed"):
        await post.told(customer, topic=topic)

    await go_out(post, peers)

    found = await post.runs(
        "select topic, channel from deliveries join messages using (message_id) order by message_id"
    )
    assert [tuple(row) for row in found] == [("paid", "sms"), ("approved", "email")]


async def test_a_merchants_words_and_the_template_that_aliyun_keeps_are_used(
    post: Post, peers: dict[str, Peer]
) -> None:
    own = {"paid": Template(sms="{total}!", aliyun="SMS_77")}
    post.templates = Templates({(MERCHANT, "en"): own})
    for number in NUMBERS.values():
        await post.told(await post.customer(phone=number), topic="paid", facts={"total": "1.00 EUR", "where": "card"})

    await go_out(post, peers)

    assert [each["body"] for each in peers["twilio"].taken] == ["1.00 EUR!"]
    (asked,) = peers["aliyun"].taken
    assert (asked["TemplateCode"], asked["SignName"]) == ("SMS_77", "水壶店")
    assert json.loads(asked["TemplateParam"]) == {"total": "1.00 EUR", "where": "card"}


def test_requests_to_aliyun_are_signed_as_their_description_shows() -> None:
    """The example of "Request syntax and signature method V3", read on 29 November 2026."""
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    request = Request(
        action="RunInstances",
        query=query,
        host="ecs.cn-shanghai.aliyuncs.com",
        date="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
        version="2014-05-26",
    )

    signed = request.signed("YourAccessKeyId", "YourAccessKeySecret")["Authorization"]

    assert signed.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


async def test_a_country_that_nobody_serves_is_refused_before_anybody_is_asked() -> None:
    theirs = AliyunAccount("key", "secret", "sign")
    letter = Letter("k", NUMBERS["twilio"], "en", "", "x")

    async def never() -> None:
        raise AssertionError("handed over")

    with pytest.raises(Declined, match="to this country"):
        await Texts(None, Aliyun(theirs)).send(letter, never)
    with pytest.raises(Declined, match="no template"):
        await Texts(None, Aliyun(theirs)).send(replace(letter, to=NUMBERS["aliyun"]), never)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"MAKEWHOLE_SMTP_URL": "smtp://h"}, "MAKEWHOLE_MAIL_FROM not set"),
        ({"MAKEWHOLE_TWILIO_FROM": "+1"}, "MAKEWHOLE_TWILIO_ACCOUNT_SID and MAKEWHOLE_TWILIO_AUTH_TOKEN not set"),
        ({"MAKEWHOLE_SMTP_URL": "http://h", "MAKEWHOLE_MAIL_FROM": "a@b.example"}, "MAKEWHOLE_SMTP_URL is smtp://"),
        (
            {"MAKEWHOLE_SMTP_URL": "smtp://h:x", "MAKEWHOLE_MAIL_FROM": "a@b.example"},
            "MAKEWHOLE_SMTP_URL is no address",
        ),
        ({"MAKEWHOLE_SMTP_URL": "smtp://h", "MAKEWHOLE_MAIL_FROM": "nobody"}, "MAKEWHOLE_MAIL_FROM is 'nobody'"),
        (
            {
                "MAKEWHOLE_TWILIO_ACCOUNT_SID": "AC",
                "MAKEWHOLE_TWILIO_AUTH_TOKEN": "t",
                "MAKEWHOLE_TWILIO_FROM": "+1",
                "MAKEWHOLE_TWILIO_ADDRESS": "http://sms.example",
            },
            "MAKEWHOLE_TWILIO_ADDRESS is 'http://sms.example': write https",
        ),
    ],
)
def test_what_is_set_up_in_parts_or_wrongly_is_said_at_the_start(told: dict[str, str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        open_messengers(told)
