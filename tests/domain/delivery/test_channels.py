"""By what a message goes: what its reader prefers, of what is served here and reaches them."""

from domain.delivery.channels import Channel, Preferences, Reader, channels_for
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
