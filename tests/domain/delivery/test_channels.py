"""By what a message goes: what its reader prefers, of what is served here and reaches them."""

from domain.delivery.channels import Channel, Preferences, Reader, another_channel, channels_for
from domain.explain.messages import Topic

EVERY = frozenset(Channel)
ADDRESSES = {Channel.EMAIL: "a@example.com", Channel.SMS: "+8613800000000"}


def goes_by(topic: Topic, prefers: Preferences | None = None, served: frozenset[Channel] = EVERY) -> list[str]:
    return [*channels_for(Reader(ADDRESSES, prefers or Preferences()), topic, served)]


def test_who_said_nothing_gets_all_by_email_and_by_sms_what_the_refund_turns_on() -> None:
    assert goes_by(Topic.PAID) == ["email", "sms"]
    assert goes_by(Topic.POINTS_RESTORED) == ["email"]


def test_a_topic_goes_by_what_was_said_of_it_and_else_by_what_was_said_of_all() -> None:
    prefers = Preferences({"paid": ["sms"], "default": ["inbox"]})

    assert goes_by(Topic.PAID, prefers) == ["sms"]
    assert goes_by(Topic.COMPLETED, prefers) == []
    assert goes_by(Topic.COMPLETED, Preferences({"paid": []})) == ["email", "sms"]


def test_what_is_not_served_here_or_has_no_address_is_no_way() -> None:
    assert goes_by(Topic.PAID, served=frozenset({Channel.SMS})) == ["sms"]
    assert channels_for(Reader({Channel.EMAIL: None, Channel.SMS: ""}), Topic.PAID, EVERY) == []


def goes_instead(topic: Topic, gone: set[Channel], served: frozenset[Channel] = EVERY) -> Channel | None:
    reader = Reader(ADDRESSES, Preferences({"default": ["sms"]}))
    return another_channel(reader, topic, served, gone)


def test_what_one_channel_did_not_deliver_goes_by_another_whatever_was_preferred() -> None:
    assert goes_instead(Topic.PAID, {Channel.SMS}) is Channel.EMAIL
    assert goes_instead(Topic.PAID, {Channel.EMAIL}) is Channel.SMS
    assert goes_instead(Topic.POINTS_RESTORED, {Channel.EMAIL}) is None


def test_where_it_has_gone_by_all_that_reach_its_reader_there_is_no_other() -> None:
    assert goes_instead(Topic.PAID, {Channel.EMAIL, Channel.SMS}) is None
    assert goes_instead(Topic.PAID, {Channel.SMS}, frozenset({Channel.SMS})) is None
    assert another_channel(Reader({Channel.EMAIL: None}), Topic.PAID, EVERY, {Channel.SMS}) is None
