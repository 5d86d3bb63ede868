"""What is handed to those who carry messages to people, and what they may answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

HandingOver = Callable[[], Awaitable[None]]
IsThis = Callable[[str], Awaitable[bool]]
"""Notes that a letter is what they call so, and tells whether no other letter is."""


class NobodyKnows(Exception):
    """It was handed over before, no answer came, and they can't be asked what became of it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one person by one channel.

    key: names the intent (event, channel, round); the same for each attempt. `html` may be empty.
    template, facts: of one that the carrier keeps by this code, and what it is filled with; empty where it has none.
    asked_at: when an earlier attempt handed it over without an answer.
    """

    key: str
    to: str = field(repr=False)
    locale: str
    subject: str
    text: str
    html: str = ""
    template: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    asked_at: datetime | None = None


class Messenger(Protocol):
    async def send(self, letter: Letter, handing_over: HandingOver) -> str:
        """Hand a letter over, and return their name for it.

        `handing_over` is called once, right before they could take it: what fails before has not been sent, and after
        it only a no of theirs says so. Raises Declined where they never will take it and TryLater where they will not
        now; whatever else rises leaves it open.
        """
        ...

    async def look_up(self, letter: Letter, is_this: IsThis) -> str | None:
        """Find a letter that may have been handed over: their name for it, None where they never got it.

        Who knows it by less than our key asks `is_this` of each that it may be. Raises NobodyKnows where they can't be
        asked.
        """
        ...


class Fate(StrEnum):
    """What a carrier says became of a letter that it took."""

    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """`reason` is why it reached nobody, in their words."""

    fate: Fate
    reason: str = ""


@runtime_checkable
class GivesReceipts(Protocol):
    """A messenger who can be asked whether what it took has reached anybody."""

    async def receipt(self, letter: Letter, reference: str) -> DeliveryReceipt:
        """Say what became of a letter, by their name for it; whatever rises says nothing of it."""
        ...
