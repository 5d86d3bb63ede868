"""The bank that decides about disputes: what it says comes in its order, late, twice, or before its time."""

from typing import Any

from activities.reopening import Opening
from domain.lifecycle import RefundStatus
from domain.sale.disputes import DisputeStatus
from proof.simulation.books import Books
from proof.simulation.choices import Choices
from proof.simulation.disputes import ModelDispute
from proof.simulation.late import refund_of
from proof.simulation.model_disputes import Answer, ModelDisputes
from proof.simulation.moves import ScheduleActivity
from proof.simulation.runs import Run
from proof.simulation.scenario import Scenario


class Bank:
    """The part of a world (`play.py`) in which disputes are decided."""

    choices: Choices
    scenario: Scenario
    books: Books
    runs: dict[str, Run]
    opened_late: set[str]
    now: float
    desk: ModelDisputes

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def note(self, *what: str) -> None:
        raise NotImplementedError

    def start(self, refund_id: str, opening: Opening, *jobs: Any) -> None:
        raise NotImplementedError

    def open_disputes(self) -> None:
        """Note what the bank will say of which payments."""
        for place, each in enumerate(self.scenario.disputes, start=1):
            payment_id = f"p{each.payment}"
            amount = self.books.provider.captured[payment_id] // (1 if each.is_whole else 2)
            dispute = ModelDispute(f"d{place}", payment_id, amount)
            self.books.disputes[dispute.dispute_id] = dispute
            self._told[dispute.dispute_id] = 0

    def bank_goes_on(self) -> bool:
        """The bank says what comes next of a dispute; False where it has said everything, or is to say it later."""
        open_ones = [each for each in self.books.disputes.values() if self._is_open(each)]
        if not open_ones:
            return False
        dispute = open_ones[self.choices.toss(len(open_ones))]
        return self._say_next(dispute)

    def bank_finishes(self) -> bool:
        """The same at last, of the first dispute of which it has something to say that can be heard."""
        return any(self._is_open(each) and self._say_next(each) for each in self.books.disputes.values())

    def bank_says_anything(self) -> bool:
        """Something of a dispute comes once more, or before its time."""
        if not self.books.disputes:
            return False
        disputes = list(self.books.disputes.values())
        dispute = disputes[self.choices.toss(len(disputes))]
        course = self._course(dispute)
        self.bank_says(dispute, course[self.choices.toss(len(course))])
        return True

    def is_to_be_won(self, schedule: ScheduleActivity) -> bool:
        """Whether a run is not to hear that it has closed the refund of a loss, so that this is won meanwhile."""
        return self._loss_to_be_won(schedule) is not None and self.choices.toss(4) == 1

    def win_unheard(self, schedule: ScheduleActivity) -> None:
        """A dispute is won after all when its loss is closed, and the run that closed it has not heard of either."""
        dispute = self._loss_to_be_won(schedule)
        if dispute is not None and self.books.refunds[refund_of(schedule)].status is RefundStatus.COMPLETED:
            self._say_next(dispute)

    def _loss_to_be_won(self, schedule: ScheduleActivity) -> ModelDispute | None:
        if schedule.activity != "close_refund" or not self.books.disputes:
            return None
        refund_id, won = refund_of(schedule), (DisputeStatus.WON,)
        of_loss = (each for each in self.books.disputes.values() if refund_id in each.losses)
        return next((each for each in of_loss if self._course(each)[self._told[each.dispute_id] :] == won), None)

    def _is_open(self, dispute: ModelDispute) -> bool:
        return self._told[dispute.dispute_id] < len(self._course(dispute))

    def _course(self, dispute: ModelDispute) -> tuple[DisputeStatus, ...]:
        return self.scenario.disputes[int(dispute.dispute_id[1:]) - 1].course

    def _say_next(self, dispute: ModelDispute) -> bool:
        status = self._course(dispute)[self._told[dispute.dispute_id]]
        answer = self.bank_says(dispute, status)
        if answer is Answer.REFUSED and dispute.may_follow(status):
            return False
        self._told[dispute.dispute_id] += 1
        return True

    def bank_says(self, dispute: ModelDispute, status: DisputeStatus) -> Answer:
        """Tell of a dispute, and see to the refunds that it is now, or is no more."""
        self.now += 1
        answer = self.hear_of(dispute, status)
        self.note("the bank says", dispute.dispute_id, status, answer)
        self._note_held()
        self._start_losses()
        if answer is Answer.HEARD and status is DisputeStatus.WON:
            self.opened_late |= set(dispute.losses)  # their runs are over, or about to end: others go on
        return answer

    def hear_of(self, dispute: ModelDispute, status: DisputeStatus) -> Answer:
        return self.desk.hear(dispute, status)

    def count_losses(self) -> bool:
        """The keeper counts what was lost and others had claimed; tell whether there was anything to look at."""
        before = [(each.uncounted, len(each.losses)) for each in self.books.disputes.values()]
        if not any(uncounted for uncounted, _ in before):
            return False
        self.now += 1
        self.note("the keeper", "counts losses")
        self.count_what_is_left()
        self._note_held()
        self._start_losses()
        return before != [(each.uncounted, len(each.losses)) for each in self.books.disputes.values()]

    def count_what_is_left(self) -> None:
        self.desk.count_what_is_left()

    def _start_losses(self) -> None:
        for refund_id in self._not_begun():
            if self.books.refunds[refund_id].is_loss:
                self.start(refund_id, Opening.EXTERNAL)

    def sweep(self) -> bool:
        """Start what makewhole has asked for by itself."""
        for refund_id in self._not_begun():
            self.start(refund_id, Opening.REQUESTED)
            return True
        return False

    def _not_begun(self) -> list[str]:
        return [each for each in self.books.refunds if each not in self.runs]

    def _note_held(self) -> None:
        """Note from when to when which payments were held, for the auditor."""
        held = {each.payment_id for each in self.books.disputes.values() if each.holds_its_payment}
        for payment_id in self.books.provider.captured:
            self.books.held.note(payment_id, self.now, is_held=payment_id in held)
