"""What the suite of all messengers asks of a party: who carries, what has arrived there, and what it does next."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from domain import clock
from gateways.messengers.letters import Letter, Messenger
from tests.messages.sms_peers import Becomes


class Case(StrEnum):
    ARRIVES = "a letter arrives as it was written, and only after it was noted that it may"
    NOT_NOW = "not taken for now: asked again, after as long as they say"
    REFUSED = "refused for good, with their reason"
    BROKEN = "500, or no answer: nothing is said of the letter"
    OUR_FAULT = "a key that they do not take says nothing of the letter"
    ANSWER_LOST = "an answer that was lost: found, and not sent again"
    NOBODY_KNOWS = "an answer that was lost where nobody can be asked: nobody knows"
    NEVER_CAME = "what never came is not found"
    OTHERS = "another letter of the same text is not taken for it"
    RECEIPT = "what became of it: on its way, arrived, or reached nobody"


class Trouble(StrEnum):
    NOT_NOW = "does not take the next letter for now"
    REFUSES = "refuses the next letter for good"
    BREAKS_DOWN = "breaks down before it has the next letter"
    LOSES_THE_ANSWER = "takes the next letter, and its answer is lost"


@dataclass(frozen=True, slots=True)
class Arrived:
    to: str
    text: str


class Party(Protocol):
    """`to` is whom its letters go to, `another` somebody else who is reached there.

    `wrongly` is the same messenger with a key that they do not take.
    """

    messenger: Messenger
    wrongly: Messenger
    to: str
    another: str

    def does(self, trouble: Trouble) -> None: ...

    async def arrived(self) -> list[Arrived]: ...

    async def becomes(self, fate: Becomes) -> None:
        """Let this become of all that was taken."""
        ...


def a_letter(to: str, key: str = "m1:sms", text: str = "Your refund has been approved: ¥1.00 & 100%") -> Letter:
    """A letter as it is after an attempt that was not answered."""
    return Letter(key, to, "en", "Your refund", text, asked_at=clock.now() - timedelta(seconds=5))
