"""What a run knows of all that was said to its refund: a word is heard once, whichever run hears it.

Temporal knows the ids of updates for as long as a run lives; ours stand in the database (`db/words.py`).
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.listening import Listen
    from domain.lifecycle import RefundStatus
    from domain.said import CONFLICTING_STATE, REUSED, TOO_LATE, KnownWord, Overruled, Word, WordKind, fingerprint
    from service.steps import RefundRef

What = TypeVar("What")


@dataclass(slots=True, eq=False)
class Said(Generic[What]):
    """Something that was said, with its word; what the house says by itself is no word."""

    what: What
    word: Word | None = None


class Words:
    def __init__(self) -> None:
        self._run = workflow.info().run_id
        self._known: dict[str, KnownWord] = {}
        self._heard: dict[str, int | None] = {}
        self._overruled: list[str] = []
        self._loaded = 0
        self._signals = 0

    def recall(self, known: tuple[KnownWord, ...]) -> None:
        """Know what was said to earlier runs, and what this one has heard while it could not load."""
        self._known = {each.word_id: each for each in known}
        self._loaded = sum(each.word_id not in self._heard for each in known)

    def before(self, said: object) -> KnownWord | None:
        """Return the word that this update repeats, if it was said to an earlier run; raises ApplicationError where
        something else was said under its id.
        """
        known = self._known.get(_update_id())
        if known is not None and known.sha256 != fingerprint(said):
            message = f"something else was said under the id {known.word_id!r} before"
            raise ApplicationError(message, type=REUSED, non_retryable=True)
        return known

    def note_event(self, kind: WordKind, said: object, what: What) -> Said[What]:
        """Hear an update: `what` is how `said` is understood."""
        return self._hear(_update_id(), kind, said, what)

    def hear_signal(self, kind: WordKind, said: object, what: What) -> Said[What]:
        """Hear a signal, which has no id but its place among those of its run."""
        self._signals += 1
        return self._hear(f"{self._run}.{self._signals}", kind, said, what)

    def hear_again(self, word: Word, what: What) -> Said[What]:
        """Hear what the database knows and no history."""
        self._heard[word.word_id] = None
        self._known[word.word_id] = KnownWord(word.word_id, word.kind, word.sha256)
        return Said(what, word)

    def noted(self, said: Said[Any]) -> None:
        """A word stands in the database by now."""
        if said.word is not None:
            self._heard[said.word.word_id] = workflow.info().get_current_history_length()

    def forget(self, said: Said[Any]) -> None:
        """A word is not acted upon: where it stands in the database, this run hears of it again."""
        if said.word is not None:
            self._heard.pop(said.word.word_id, None)
            self._known.pop(said.word.word_id, None)

    def come_to_nothing(self, word: Word) -> None:
        """A word is heard too late: something else was done meanwhile. But what travelled has travelled."""
        overruled = None
        if word.kind.is_of_goods:
            self._heard[word.word_id] = 0
        else:
            self._overruled.append(word.word_id)
            overruled = Overruled(CONFLICTING_STATE, TOO_LATE)
        self._known[word.word_id] = KnownWord(word.word_id, word.kind, word.sha256, overruled)

    @property
    def heard(self) -> tuple[str, ...]:
        """The ids of the words that this run has noted."""
        return tuple(word_id for word_id, noted in self._heard.items() if noted is not None)

    @property
    def heard_just_now(self) -> tuple[str, ...]:
        """Those of them that this run has noted in this very task: it may be lost, and the word with it."""
        events = workflow.info().get_current_history_length()
        return tuple(word_id for word_id, noted in self._heard.items() if noted is not None and noted >= events)

    def listen(self, refund: RefundRef, status: RefundStatus, *, asks: bool) -> Listen:
        """Ask what was said that this run does not know, and tell what it has taken up.

        That is what it had noted before this task: else the task may be lost, and the word with it.
        """
        events = workflow.info().get_current_history_length()
        taken_up = tuple(word_id for word_id, noted in self._heard.items() if noted is not None and noted < events)
        heard, overruled = tuple(self._heard), tuple(self._overruled)
        return Listen(refund, self._run, self._loaded, heard, taken_up, overruled, asks, status)

    def _hear(self, word_id: str, kind: WordKind, said: object, what: What) -> Said[What]:
        self._heard[word_id] = None
        events = workflow.info().get_current_history_length()
        return Said(what, Word(word_id, kind, fingerprint(said), self._run, events))


def _update_id() -> str:
    info = workflow.current_update_info()
    assert info is not None
    return info.id


def overruled(known: KnownWord) -> ApplicationError:
    """How a word that came to nothing is answered again."""
    said = known.overruled or Overruled(CONFLICTING_STATE, "it came to nothing")
    return ApplicationError(said.message, type=said.type, non_retryable=True)
