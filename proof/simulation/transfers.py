"""Transfers that people make: the customer's bank may send one back days after they said that it is paid."""

from activities.late_failures import PAYOUT_REVERSED
from activities.reopening import Opening
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.said import NO_RUN, Word, WordKind, fingerprint, word_id
from proof.simulation.activity_model import ModelActivities
from proof.simulation.books import Books
from proof.simulation.choices import Choices
from proof.simulation.refund_book import BookedPayout, RefundBook, WordRow
from proof.simulation.runs import Run
from workflows.contract import PAY_OUT, Resolution, ResolveInput


class Transfers:
    """The part of a world (`play.py`) in which operations say that a transfer came back."""

    choices: Choices
    books: Books
    activities: ModelActivities
    runs: dict[str, Run]
    opened_late: set[str]
    now: float

    def __init__(self) -> None:
        self._times = 0

    def note(self, *what: str) -> None:
        raise NotImplementedError

    def start(self, refund_id: str, opening: Opening) -> None:
        raise NotImplementedError

    def bank_sends_back(self, refund_id: str) -> bool:
        """What people had paid of a refund that is complete comes back; False where they have paid nothing.

        The API unbooks it and starts a run, unless one is about to end, or it dies before: then the worker does.
        """
        book = self.books.refunds[refund_id]
        payout = next(filter(_is_paid_by_people, book.payouts.values()), None)
        if book.status is not RefundStatus.COMPLETED or payout is None:
            return False
        self.now += 1
        self.note("the bank", "sends back", refund_id, payout.payment_id)
        said = ResolveInput(PAY_OUT, Resolution.FAILED, "ops", "sent back", payment_id=payout.payment_id)
        word = Word(word_id(WordKind.RESOLVE, f"back-{self._times}"), WordKind.RESOLVE, fingerprint(said), NO_RUN, 0)
        self._times += 1
        self.unbook_transfer(book, payout, said, word)
        if self.runs[refund_id].finished is None or self.choices.toss(2):
            self.opened_late.add(refund_id)
        else:
            self.start(refund_id, Opening.REOPENED_FOR_PAYOUT)
        return True

    def unbook_transfer(self, refund: RefundBook, payout: BookedPayout, said: ResolveInput, word: Word) -> None:
        """Note the word, and what it does."""
        refund.words[word.word_id] = WordRow(word, refund.round, said, is_taken_up=True)
        self.books.sent_back.append((refund.refund_id, refund.round, len(refund.resolved)))
        self.activities.unbook(refund, payout, PAYOUT_REVERSED)


def _is_paid_by_people(payout: BookedPayout) -> bool:
    return payout.status is PayoutStatus.SUCCEEDED and payout.paid_by is PaidBy.HAND
