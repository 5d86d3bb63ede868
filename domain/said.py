"""What people say to a refund: each word has an id of its caller's, and is heard once, whichever run hears it."""

import dataclasses
import hashlib
import json
from enum import StrEnum
from typing import Any


class WordKind(StrEnum):
    """The kinds of words; each is the name of an update, and as it stands in the database."""

    REVIEW = "review"
    CANCEL = "cancel"
    SHIPMENT = "shipment"
    RECEIPT = "receipt"
    LOSS = "loss"
    INSPECTION = "inspection"
    RESOLVE = "resolve"

    @property
    def is_of_goods(self) -> bool:
        """Whether it says what became of goods: what travelled has travelled, however late it is heard."""
        return self in (self.SHIPMENT, self.RECEIPT)


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """Something that was said: `sha256` is the fingerprint of it.

    `run` is the run of the workflow that heard it, `events` how many events its history had before: numbers of
    Temporal's own, by which a run from an older copy is known.
    """

    word_id: str
    kind: WordKind
    sha256: str
    run: str
    events: int


HOUSE, BY_RULE, TIMED_OUT = HOUSE_NAMES = ("makewhole", "auto", "timeout")
"""Who did what nobody has said: the house, a rule, or the end of patience. No person is recorded as one (rule 39)."""

OPERATOR = "command line"
"""Who did what whoever runs the service has done by a command of makewhole's, without any key."""

GATEWAY = "gateway"
"""Who did what a payment provider has told."""

_UNNAMED = "temporal"
"""What somebody at Temporal is called who says no name."""


def said_by(name: str) -> str:
    """Name who spoke at Temporal, which nobody has checked: it came from there, whoever they say they are (rule 39)."""
    return name if name == _UNNAMED else f"{_UNNAMED}:{name}"


@dataclasses.dataclass(frozen=True, slots=True)
class NotedWord:
    """A word as it was noted; `body` is what was said, in plain JSON values, None where a run has taken it up."""

    word: Word
    body: Any
    is_taken_up: bool


def word_id(kind: WordKind, key: str, refusals: int = 0) -> str:
    """Name a word after its caller's key. One that was refused is judged anew, as another word."""
    return f"{kind}.{refusals + 1}-{key}" if refusals else f"{kind}-{key}"


CONFLICTING_STATE = "ConflictingState"
"""The error type of a word that comes too late, too early or twice."""

NOT_AVAILABLE = "QuantityNotAvailable"
"""The error type of a parcel or an inspection with more units than the refund is about."""

TOO_LATE = "something else was done before this could take effect"
"""Why a word came to nothing that was heard in a task that was lost."""

REFUSED = "refused"
"""In place of the run of a word that was refused: no attempt of it that is late must do it after all."""

NO_RUN = ""
"""In place of the run of a word that the API has acted upon itself, after the end of its refund."""

REUSED = "WordReused"
"""The error type of a word under an id under which something else was said before."""


@dataclasses.dataclass(frozen=True, slots=True)
class Overruled:
    """Why a word came to nothing after it had been taken: the type of the error that says so, and its sentence."""

    type: str
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class KnownWord:
    """A word that was noted; `overruled` says why it came to nothing, where it did."""

    word_id: str
    kind: WordKind
    sha256: str
    overruled: Overruled | None = None


def fingerprint(said: object) -> str:
    """Hash what is said, a dataclass or plain values: what is left out is as good as its default.

    So a word of before stays the same word when it can say more.
    """
    return hashlib.sha256(json.dumps(_plain(said), sort_keys=True).encode()).hexdigest()


def _plain(said: Any) -> Any:
    if dataclasses.is_dataclass(said):
        values = {field.name: getattr(said, field.name) for field in dataclasses.fields(said)}
        defaults = {field.name: field.default for field in dataclasses.fields(said)}
        return {name: _plain(value) for name, value in values.items() if value != defaults[name]}
    if isinstance(said, (list, tuple)):
        return [_plain(each) for each in said]
    return said
