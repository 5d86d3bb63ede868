"""By what a message reaches its reader besides the inbox, where every message is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"


class Outcome(StrEnum):
    """How the delivery of a message by one channel ended.

    SENT: they took it. REFUSED: they never will. GIVEN_UP: they did not for days. UNKNOWN: it was handed over and no
    answer came, so that once more might be twice.
    """

    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message is for: where they are reached, None where they are not."""

    addresses: Mapping[Channel, str | None]


def channels_for(reader: Reader, served: frozenset[Channel]) -> list[Channel]:
    """Name the channels that a message goes by: those that are served here and at which they have an address."""
    return [channel for channel in Channel if channel in served and reader.addresses.get(channel)]
