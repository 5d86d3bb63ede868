"""Those who say something: what they are answered, and what they say again because nobody could tell them."""

from collections import Counter
from dataclasses import replace
from typing import Any

from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from domain.said import CONFLICTING_STATE, REFUSED, Overruled, Word, WordKind
from proof.simulation.books import Books
from proof.simulation.choices import Choices
from proof.simulation.moves import Job, Update, UpdateRefused, key_of
from proof.simulation.refund_book import RefundBook, WordRow
from proof.simulation.runs import Reply, Run
from proof.simulation.scenario import Scenario
from workflows.contract import NOT_YET, OVERTAKEN, ReviewSaid

_PARTS = {"review": "note", "cancel": "note", "resolve": "note", "shipment": "carrier"}
"""What of a word is another where something else is said."""


class Callers:
    """The part of a world (`play.py`) that speaks. Whoever got no answer is `unsure`, and says the word again.

    All are told apart by their keys.
    """

    choices: Choices
    scenario: Scenario
    books: Books
    runs: dict[str, Run]

    def __init__(self) -> None:
        self.updates: dict[str, tuple[str, Update]] = {}
        self.answered: set[str] = set()
        self.refused: set[str] = set()
        self.unsure: set[str] = set()
        self.forgotten: Counter[str] = Counter()
        self._reused: set[tuple[str, str]] = set()

    def note(self, *what: str) -> None:
        raise NotImplementedError

    def _reopen(self, refund_id: str, word: Update) -> None:
        raise NotImplementedError

    def turn(self, refund_id: str, *jobs: Job) -> None:
        raise NotImplementedError

    def say(self, refund_id: str, update: Update, *with_: Job) -> None:
        """Send an update, perhaps in one task with something else that happened."""
        self.remember(refund_id, update)
        self.note(refund_id, "is told", update.name, str(getattr(update.argument, "decision", "")))
        run = self.runs[refund_id]
        is_too_late = update.name == "cancel" and run.is_paying
        self.turn(refund_id, *with_, update)
        if is_too_late and update.update_id in run.accepted:
            self.books.wrong(f"cancel {update.update_id} was taken of {refund_id} during its payout")

    def remember(self, refund_id: str, update: Update) -> None:
        self.updates[update.key] = refund_id, update

    def say_again(self, refund_id: str, *, to_be_sure: bool = False) -> bool:
        """A word comes again under its id, to whichever run there is: nobody knows of it, or a program repeats itself.

        What was refused is judged anew. `to_be_sure` says only what a run took that ended before it answered.
        """
        run, book = self.runs[refund_id], self.books.refunds[refund_id]
        if run.finished is not None and not book.status.is_final:
            return False
        words = [
            each
            for of, each in self.updates.values()
            if of == refund_id and self._may_come_again(run, each, to_be_sure=to_be_sure)
        ]
        if not words:
            return False
        self.repeat(refund_id, words[0] if to_be_sure else words[self.choices.toss(len(words))])
        return True

    def repeat(self, refund_id: str, word: Update) -> None:
        """Say this word once more, to the run or after the end."""
        self.refused.discard(word.key)
        self.note(refund_id, "is told again", word.name)
        if self.runs[refund_id].finished is None:
            self.turn(refund_id, word)
        elif self.books.refunds[refund_id].status.is_final:
            self._answer_from_the_row(refund_id, word)

    def _may_come_again(self, run: Run, word: Update, *, to_be_sure: bool) -> bool:
        if run.finished is None and word.update_id in run.accepted:
            return False  # Temporal answers it by itself
        return word.key in self.unsure or not to_be_sure

    def say_something_else(self, refund_id: str) -> bool:
        """Something else comes under the id of a word that an earlier run noted: nobody must say yes to it."""
        run, rows = self.runs[refund_id], self.books.refunds[refund_id].words
        known = {word_id for word_id, row in rows.items() if row.word.run != run.run_id} - run.accepted
        words = [each for _, each in self.updates.values() if each.update_id in known and each.name in _PARTS]
        if run.finished is not None or not words:
            return False
        word = words[self.choices.toss(len(words))]
        said = replace(word.argument, **{_PARTS[word.name]: "something else"})
        self.note(refund_id, "is told something else under an id of before", word.name)
        self._reused.add((run.run_id, word.update_id))
        self.turn(refund_id, Update(word.update_id, word.name, said))
        return True

    def _are_answered(self, refund_id: str, run: Run, reply: Reply) -> None:
        for update_id in reply.answered:
            if (run.run_id, update_id) in self._reused:
                self.books.wrong(f"{update_id} was said before, and something else was taken under its id")
            self._says_yes(refund_id, update_id)
            self._confirm(refund_id, update_id)
        for each in reply.refused:
            if (run.run_id, each.update_id) in self._reused:
                self._reused.remove((run.run_id, each.update_id))
            elif each.why.startswith((NOT_YET, OVERTAKEN)) or self._may_know_too_little(refund_id, each):
                self.unsure.add(key_of(each.update_id))
            else:
                self._says_no(refund_id, each.update_id)
        if reply.finished not in (None, "completed"):
            self._end_unanswered(run)

    def _may_know_too_little(self, refund_id: str, refused: UpdateRefused) -> bool:
        """Whether the API wakes a run that says no, and says the word again: some other waits to be taken up."""
        rows = self.books.refunds[refund_id].words.values()
        return not refused.was_accepted and any(not row.is_taken_up for row in rows)

    def _end_unanswered(self, run: Run) -> None:
        """A run ends: whoever waits for its answer is told that nobody knows."""
        self.unsure |= set(map(key_of, run.accepted)) - self.answered - self.refused

    def forget_all(self) -> None:
        """What was answered does not hold any more, and is said again as if it were new."""
        for said in (self.answered, self.refused, self.unsure):
            said.clear()
        self.forgotten.update(self.runs.keys())

    def _says_yes(self, refund_id: str, update_id: str) -> None:
        key = key_of(update_id)
        self.answered.add(key)
        self.refused.discard(key)
        self.unsure.discard(key)
        self._check_answer(refund_id, key)

    def _says_no(self, refund_id: str, update_id: str) -> None:
        """Refuse for good what is written down as refused first, so that no late attempt of it is noted."""
        key, book = key_of(update_id), self.books.refunds[refund_id]
        row = book.words.get(update_id)
        if row is None:
            self._refuse(refund_id, self.updates[key][1])
        elif row.overruled is None and not row.is_taken_up:
            self.unsure.add(key)
            return
        self.unsure.discard(key)
        name = self.updates[key][1].name
        if key not in self.answered:
            self.refused.add(key)
        elif not (name == "cancel" and book.round > 1) and not self._is_question(key):
            # which was a yes of a round before, or a question that was put while another took its place
            self.books.wrong(f"{name} {key} was answered yes to {refund_id}, and no when it came again")

    def _refuse(self, refund_id: str, word: Update) -> None:
        book = self.books.refunds[refund_id]
        refused = Word(word.update_id, WordKind(word.name), "", REFUSED, 0)
        book.words[word.update_id] = WordRow(refused, book.round, {}, True, Overruled(CONFLICTING_STATE, "refused"))
        self.remember(refund_id, replace(word, update_id=word.next_id))

    def _is_question(self, key: str) -> bool:
        said = self.updates[key][1].argument
        return isinstance(said, ReviewSaid) and said.decision == Decision.REQUEST_EVIDENCE

    def _confirm(self, refund_id: str, update_id: str) -> None:
        """What the API does with an answer, if it lives: the word is taken up."""
        word = self.books.refunds[refund_id].words.get(update_id)
        if word is not None and not self.choices.pick(2):
            word.is_taken_up = True

    def _check_answer(self, refund_id: str, key: str) -> None:
        """An update may be answered when the books show its effect, not before."""
        book, name = self.books.refunds[refund_id], self.updates[key][1].name
        if name == "cancel":
            has_happened = book.status.is_final and book.status is not RefundStatus.COMPLETED
        else:
            has_happened = any(word[-1] == key for word in book.said)
        if not has_happened:
            self.books.wrong(f"{name} {key} was answered while {refund_id} was {book.status}, without effect")

    def _answer_from_the_row(self, refund_id: str, word: Update) -> None:
        """What the API answers after the end."""
        book = self.books.refunds[refund_id]
        row: Any = book.words.get(word.update_id)
        is_too_late = word.name == "cancel" and book.status is RefundStatus.COMPLETED
        if row is None and self._opens_again(book, word):
            self._reopen(refund_id, word)
        elif row is None or row.overruled is not None or is_too_late:
            self._says_no(refund_id, word.update_id)
        else:
            self._says_yes(refund_id, word.update_id)

    def _opens_again(self, book: RefundBook, word: Update) -> bool:
        """Whether a parcel comes, or is lost, after the end of a refund that came to nothing (rule 31)."""
        most_received = {"receipt": book.quantity - 1, "loss": 0}.get(word.name, -1)
        came_to_nothing = book.status.is_final and book.status is not RefundStatus.COMPLETED
        is_of_a_part = word.name == "loss" and dict(getattr(word.argument, "lines", ())) not in ({}, dict(book.lines))
        is_open_to_it = came_to_nothing and not is_of_a_part and book.received <= most_received
        return self.scenario.goods_come_back and is_open_to_it and bool(book.line_id)
