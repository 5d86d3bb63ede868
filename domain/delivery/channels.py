"""By what a message reaches its reader besides the inbox, where every message is."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum

from domain.delivery.quiet_hours import QuietHours
from domain.explain.messages import Topic


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


INBOX = "inbox"
"""No channel that anything leaves by: where every message is, whatever its reader prefers."""

DEFAULT = "default"
"""What a reader prefers for all topics that they say nothing else of."""


class Outcome(StrEnum):
    """How the delivery of a message by one channel ended.

    SENT: they took it. REFUSED: they never will. GIVEN_UP: they did not for days. UNKNOWN: it was handed over and no
    answer came, so that once more might be twice. UNDELIVERED: they took it, and say that it reached nobody.
    """

    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    UNKNOWN = "unknown"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader wants: channels by topic or `default`, and when not to be woken, by whose clocks.

    Without a word for a topic or `default` they get every message by e-mail, and by SMS those that a refund turns on.
    """

    channels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    time_zone: str | None = None
    quiet: QuietHours | None = None

    def wants(self, channel: Channel, topic: Topic) -> bool:
        for said in (topic, DEFAULT):
            if said in self.channels:
                return channel in self.channels[said]
        return channel is not Channel.SMS or topic in TEXTED


TEXTED = frozenset(
    {
        Topic.RECEIVED,
        Topic.EVIDENCE_REQUESTED,
        Topic.APPROVED,
        Topic.REJECTED,
        Topic.CANCELLED,
        Topic.EXPIRED,
        Topic.REOPENED,
        Topic.PARCEL_LOST,
        Topic.LABEL_READY,
        Topic.RETURN_REMINDER,
        Topic.INSPECTED,
        Topic.PAYOUT_FAILED,
        Topic.PAID,
        Topic.COMPLETED,
        Topic.SUSPENDED,
    }
)
"""What is told by SMS too where nothing else is said: an SMS costs money, and a refund has a dozen messages more."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message is for: where they are reached, None where they are not."""

    addresses: Mapping[Channel, str | None]
    prefers: Preferences = field(default_factory=Preferences)


def channels_for(reader: Reader, topic: Topic, served: frozenset[Channel]) -> list[Channel]:
    """Name the channels that a message goes by: wanted, served here, and with an address."""
    return [
        channel
        for channel in Channel
        if channel in served and reader.addresses.get(channel) and reader.prefers.wants(channel, topic)
    ]


def another_channel(reader: Reader, topic: Topic, served: frozenset[Channel], gone: Set[Channel]) -> Channel | None:
    """Name a channel for what was not delivered by those that it has gone by; None where there is no other.

    Better by a channel that its reader did not name than not at all; by SMS only what a refund turns on.
    """
    for channel in Channel:
        is_open = channel in served and channel not in gone and reader.addresses.get(channel)
        if is_open and (channel is not Channel.SMS or topic in TEXTED):
            return channel
    return None
