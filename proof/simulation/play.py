"""Plays one schedule: the workflows of the refunds of one order, the world around them, and a few disturbances."""

import contextlib
from typing import Any

from activities.reopening import Opening
from domain.lifecycle import PayoutStatus
from domain.money.amounts import Money
from domain.policy import Policy
from domain.rights.approvals import approvals_needed
from gateways.ports import GatewayStatus
from proof.simulation import people
from proof.simulation.activity_model import ModelActivities
from proof.simulation.bank import Bank
from proof.simulation.books import Books
from proof.simulation.callers import Callers
from proof.simulation.choices import Choices
from proof.simulation.late import ASKING, LateAttempts, refund_of
from proof.simulation.model_disputes import ModelDisputes
from proof.simulation.moves import Begin, CancelWorkflow, Fire, Job, Resolve, ScheduleActivity, Signal, Update
from proof.simulation.order_events import OrderEvents
from proof.simulation.outcomes import AttemptOutcome, cancelled, failure, refusal
from proof.simulation.provider import ProviderRefund
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.refusals import NotApproved, NotNow, RefusedByBooks
from proof.simulation.runs import Reply, Run
from proof.simulation.scenario import draw
from proof.simulation.systems import Answer
from proof.simulation.transfers import Transfers
from proof.simulation.wares import Edit
from service.steps import RefundRef
from workflows.contract import PayoutEvent, StartRefund
from workflows.refund import RefundWorkflow

_WITHOUT_ANSWER = (AttemptOutcome.FAILS, AttemptOutcome.LOST, AttemptOutcome.LATE)


class Play(Callers, LateAttempts, Bank, Transfers, OrderEvents):
    """State and moves; `proof/simulation/schedule.py` decides which move comes next."""

    run_class: type[Run] = Run

    def __init__(self, choices: Choices, workflow: type = RefundWorkflow) -> None:
        Callers.__init__(self)
        LateAttempts.__init__(self)
        Bank.__init__(self)
        Transfers.__init__(self)
        self.choices = choices
        self.scenario = draw(choices)
        self.books = Books(self.scenario)
        self.activities = ModelActivities(self.books)
        self.activities.line = self._comes_of_a_request
        self.desk = ModelDisputes(self.activities)
        self.open_disputes()
        self.runs: dict[str, Run] = {}
        self.told: list[tuple[str, ...]] = []
        self.copy: Books | None = None
        self.now = 1_793_500_000.0
        self._workflow = workflow
        self.parcels_late = 0
        self._starts = 0

    def note(self, *what: str) -> None:
        """Tell the story of this schedule, which is also what makes it distinct."""
        self.told.append(what)

    # Runs

    def start(self, refund_id: str, opening: Opening, *jobs: Job) -> None:
        """Start a run of a refund's workflow, its first words in the same task."""
        if opening is Opening.REQUESTED and refund_id not in self.books.refunds:
            opening = self._request(refund_id)
        if refund_id not in self.books.refunds:
            self.note(refund_id, "is refused: its payments are disputed")
            return
        book = self.books.refunds[refund_id]
        self._starts += 1
        start = StartRefund(
            RefundRef(refund_id, "m", book.round),
            "o1",
            self.scenario.kind.reason,
            _TOTAL,
            book.lines,
            False,
            opening,
            approvals_needed=book.approvals_needed,
        )
        at_once = None if self.scenario.is_interleaved else self._at_once
        begin = Begin(start)
        self.note(refund_id, "starts", opening)
        self.runs[refund_id] = self.run_class(self._workflow, f"{SAME_MINUTE}{self._starts:012d}", begin, at_once)
        self.turn(refund_id, begin, *jobs)

    def _request(self, refund_id: str) -> Opening:
        """The first refund is the one that may bring the gift."""
        has_gift = self.scenario.gift_comes and not self.books.refunds
        book = RefundBook(refund_id, gift_is_broken=has_gift and self.scenario.gift_is_broken)
        book.approvals_needed = approvals_needed(self.scenario.refund_to, Policy(), _TOTAL, _TOTAL)
        self.activities.claim(book, with_gift=has_gift)
        if self.is_refused(book):
            return Opening.REQUESTED
        self.books.refunds[refund_id] = book
        if refund_id == self.scenario.external:
            self.activities.take_external(book)
            return Opening.EXTERNAL
        self.activities.request(book)
        return Opening.REQUESTED

    def is_refused(self, refund: RefundBook) -> bool:
        """Whether all that a refund would pay now would go to disputed payments (rule 46)."""
        if not any(each.holds_its_payment for each in self.books.disputes.values()):
            return False
        shares = self.activities.quote(refund).shares
        named = {payment_id for payment_id, share in zip(self.books.provider.captured, shares, strict=True) if share}
        held = {each.payment_id for each in self.books.disputes.values() if each.holds_its_payment}
        return bool(named) and named <= held

    def turn(self, refund_id: str, *jobs: Job) -> None:
        """Give a workflow one task, and the ends of the activities it cancelled in the next."""
        self.now += 1
        run = self.runs[refund_id]
        reply = run.turn(self.now, *jobs)
        self._hear(refund_id, reply)
        ends = [self._end_cancelled(run, seq) for seq in reply.cancelled if seq in run.pending]
        if ends and run.finished is None:
            self.turn(refund_id, *ends)

    def lose(self, refund_id: str, *jobs: Job) -> None:
        """A worker dies in a task: what the server knows of comes again in the next one, what people said perhaps."""
        self.now += 1
        run = self.runs[refund_id]
        self.note(refund_id, "loses its task")
        under_way = [each for each in run.pending.values() if each.is_local]
        again = self.forget_task(refund_id, *jobs)
        for each in under_way:
            if self.choices.toss(2):
                self._delay(each)
        if any(isinstance(job, Update) for job in again) and self.choices.toss(2):
            again = tuple(job for job in again if not isinstance(job, Update))
            self.forgotten[refund_id] += 1
        if again:
            self.turn(refund_id, *again)

    def forget_task(self, refund_id: str, *jobs: Job) -> tuple[Job, ...]:
        """A run never had this task, though the books may know what was done in it; returns what comes again."""
        self.books.has_lost_tasks = True
        return self.runs[refund_id].lose(self.now, *jobs)

    def lose_words(self, refund_id: str, *jobs: Job) -> None:
        """A worker dies in a task, and what people said in it does not come again; all else does."""
        again = tuple(job for job in self.forget_task(refund_id, *jobs) if not isinstance(job, Update))
        self.forgotten[refund_id] += 1
        if again:
            self.turn(refund_id, *again)

    def wake(self, refund_id: str) -> None:
        """What the worker does where a word was noted and nobody is known to go on with it."""
        self.note(refund_id, "is woken")
        self.turn(refund_id, Signal("wake"))

    def is_unheard(self, refund_id: str, word: Update) -> bool:
        """Whether a word was noted in a task that was lost, and did not come again."""
        row = self.books.refunds[refund_id].words.get(word.update_id)
        return row is not None and not row.is_taken_up and word.update_id not in self.runs[refund_id].accepted

    def is_to_be_woken(self, refund_id: str) -> bool:
        """Whether a word waits to be taken up, or people are asked in the database or by the run alone."""
        run, book = self.runs[refund_id], self.books.refunds[refund_id]
        if run.finished is not None or run.pending:
            return False
        is_waiting = any(not each.is_taken_up for each in book.words.values())
        return is_waiting or (not book.status.is_final and run.asks != (book.attention is not None))

    def _hear(self, refund_id: str, reply: Reply) -> None:
        self._are_answered(refund_id, self.runs[refund_id], reply)
        if reply.finished == "continued":
            self._let_go(refund_id)
            self.start(refund_id, reply.then.opening)
        elif reply.finished not in (None, "completed"):
            self.books.wrong(f"the workflow of {refund_id} {reply.finished}")

    def _end_cancelled(self, run: Run, seq: int) -> Resolve:
        """A cancelled activity may have taken effect, may do so later, or never."""
        schedule = run.pending.pop(seq)
        if self.choices.toss(2):
            self._delay(schedule)
        return Resolve(seq, failure=cancelled(schedule))

    # Activities

    def _at_once(self, schedule: ScheduleActivity) -> Resolve | None:
        outcome = _OUTCOMES[self.choices.pick(_WAYS_TO_END)]
        if outcome is AttemptOutcome.WAITS:
            return None
        return self._end(schedule, outcome)

    def finish(self, refund_id: str, seq: int) -> Resolve:
        """End a pending activity one way or another."""
        outcome = _OUTCOMES[self.choices.pick(_WAYS_TO_END)]
        return self._end(
            self.runs[refund_id].pending.pop(seq), AttemptOutcome.OK if outcome is AttemptOutcome.WAITS else outcome
        )

    def _end(self, schedule: ScheduleActivity, outcome: AttemptOutcome) -> Resolve:
        if schedule.is_patient and outcome in _WITHOUT_ANSWER:
            outcome = AttemptOutcome.TWICE
        if self.is_to_be_won(schedule):
            outcome = AttemptOutcome.LOST
        self.told.append((refund_of(schedule), schedule.activity, _NAMES[outcome]))
        if outcome is AttemptOutcome.LATE or outcome is AttemptOutcome.TWICE:
            self._delay(schedule)
        if outcome in _WITHOUT_ANSWER:
            if outcome is AttemptOutcome.LOST and not self._only_asks(schedule):
                self.attempt(schedule)
                self.win_unheard(schedule)
            return Resolve(schedule.seq, failure=failure(schedule, is_timeout=outcome is not AttemptOutcome.FAILS))
        try:
            return Resolve(schedule.seq, self._do_until_known(schedule))
        except NotNow:
            return Resolve(schedule.seq, failure=failure(schedule, is_timeout=True))
        except RefusedByBooks as refused:
            self._check_refusal(refused)
            return Resolve(schedule.seq, failure=refusal(schedule, type(refused).__name__, str(refused)))

    def _only_asks(self, schedule: ScheduleActivity) -> bool:
        """Perhaps a worker dies between the yes of the provider, or of the carrier, and our books."""
        if schedule.activity == "issue_return" and self.choices.toss(2):
            self._label_and_died(schedule)
            return True
        if schedule.activity not in ASKING or self.choices.toss(2):
            return False
        payout = self.books.refunds[refund_of(schedule)].payouts.get(schedule.argument.payment_id)
        if payout is None or payout.status is not PayoutStatus.PLANNED or not self.activities.asks(payout):
            return False
        self._asked_and_died(schedule, payout)
        return True

    def _asked_and_died(self, _: ScheduleActivity, payout: BookedPayout) -> None:
        payout.status = PayoutStatus.REQUESTED
        self.activities.now = self.now
        self.activities.ask_provider(payout)

    def _label_and_died(self, schedule: ScheduleActivity) -> None:
        with contextlib.suppress(RefusedByBooks):
            self.activities.ask_for_label(schedule.argument)

    def attempt(self, schedule: ScheduleActivity) -> None:
        """An attempt whose end nobody hears of."""
        try:
            self._do(schedule)
        except (RefusedByBooks, NotNow):
            return

    def _check_refusal(self, refused: RefusedByBooks) -> None:
        """Only a run that lost a task may try to settle what nobody has approved."""
        if isinstance(refused, NotApproved) and not self.books.has_lost_tasks:
            self.books.wrong(f"a run that knew better: {refused}")

    def _do_until_known(self, schedule: ScheduleActivity) -> Any:
        """Temporal tries again what does not know yet, for a while."""
        for _ in range(_TRIES):
            with contextlib.suppress(NotNow):
                return self._do(schedule)
            self.now += _PAUSE_S
        return self._do(schedule)

    def _comes_of_a_request(self) -> Answer:
        """What comes of a request to a system of the merchant's."""
        answer = Answer(self.choices.pick(len(Answer)))
        self.note("a system elsewhere", answer.name)
        return answer

    def _do(self, schedule: ScheduleActivity) -> Any:
        if self.books.line.on_their_way and self.choices.toss(2):
            self.books.line.land(self.now)
        self.activities.now = self.now
        if self.scenario.kind.edit:
            self.perhaps_change(_MOMENTS)
        return getattr(self.activities, schedule.activity)(schedule.argument)

    def provider_decides(self, refund: ProviderRefund) -> None:
        """What was pending at the provider comes to an end."""
        self.books.provider.decide(refund)
        self.note("provider", "decides", refund.payment_id)

    def provider_takes_back(self, refund: ProviderRefund) -> None:
        self.note("provider", "takes back", refund.payment_id)
        self.books.provider.take_back(refund)

    # Words

    def payout_event(self, refund_id: str, payment_id: str, status: GatewayStatus) -> None:
        """What `temporal_client/payout_events.py` does: wake the refund, or open it again."""
        self.note(refund_id, "hears of", payment_id, status)
        signal = Signal("payout_event", PayoutEvent(payment_id, status))
        run, book = self.runs[refund_id], self.books.refunds[refund_id]
        if run.finished is None:
            self.turn(refund_id, signal)
        elif book.status.is_final and status is GatewayStatus.FAILED:
            self.start(refund_id, Opening.REOPENED_FOR_PAYOUT, signal)

    def fire(self, refund_id: str, seq: int) -> Fire:
        run = self.runs[refund_id]
        self.now = max(self.now, run.timers.pop(seq))
        self.note(refund_id, "timer")
        return Fire(seq)

    def cancel_from_temporal(self, refund_id: str) -> None:
        self.note(refund_id, "is cancelled from Temporal")
        self.books.refunds[refund_id].is_cancelled_in_temporal = True
        self.turn(refund_id, CancelWorkflow())

    def terminate(self, refund_id: str) -> None:
        """Somebody ends the workflow in Temporal; what was under way may still arrive."""
        self.note(refund_id, "is terminated")
        self._end_unanswered(self.runs[refund_id])
        self._let_go(refund_id)
        self.runs[refund_id].finished = "terminated"

    def void_label(self, refund_id: str) -> None:
        """The label is void at the carrier, of which our books know nothing: they are those of an older copy."""
        self.note(refund_id, "has a label that is void")
        self.books.carrier.void(refund_id, self.books.refunds[refund_id].rmas)
        if self.runs[refund_id].finished is None:
            self.terminate(refund_id)

    def restore_postgres(self) -> bool:
        """Copy Postgres, the second time restore the copy; False where a refund would be lost with all that it was.

        What docs/operations.md says: workers and API are stopped, and Temporal begins empty.
        """
        if self.scenario.disputes or self.scenario.kind.edit is Edit.PAID or self.scenario.has_systems:
            return False
        if self.copy is None:
            self.note("Postgres is copied")
            self.copy = self.books.copied()
            return True
        if self.copy.refunds.keys() != self.books.refunds.keys():
            return False
        self.note("Postgres is restored from its copy, and Temporal begins empty")
        self.books = self.activities.books = self.copy.copied()
        self.books.is_restored()
        self.late.clear()
        self.forget_all()
        for refund_id, run in self.runs.items():
            self._let_go(refund_id, goes_on=False)
            run.finished = "terminated"
        return True

    def _let_go(self, refund_id: str, *, goes_on: bool = True) -> None:
        run = self.runs[refund_id]
        for each in run.pending.values():
            if goes_on and self.choices.toss(2):
                self._delay(each)
        run.end()

    def late_parcel(self, refund_id: str) -> None:
        """What the warehouse's receipt of an expired return does: it opens the refund again."""
        book = self.books.refunds[refund_id]
        self._reopen(refund_id, people.receipt(self.new_id(), book.missing_lines))
        self.parcels_late += 1

    def late_loss(self, refund_id: str) -> None:
        """The parcel of a refund that came to nothing is found to be lost."""
        self._reopen(refund_id, people.loss(self.new_id()))

    def _reopen(self, refund_id: str, word: Update) -> None:
        self.remember(refund_id, word)
        self.start(refund_id, Opening.REOPENED_FOR_PARCEL, word)

    def new_id(self) -> str:
        return f"u{len(self.updates)}"

    def word(self, refund_id: str) -> Update | None:
        return people.next_word(self.books.refunds[refund_id], self.runs[refund_id].needs, self.new_id())


_OUTCOMES = tuple(AttemptOutcome)
_MOMENTS = 10
"""Of so many steps an order that changes does so before one."""
_WAYS_TO_END = len(_OUTCOMES)
_TRIES, _PAUSE_S = 3, 7.0
_NAMES = tuple(outcome.name for outcome in _OUTCOMES)
_TOTAL = Money("CNY", 100)
SAME_MINUTE = "019ab3c4-7000-7000-8000-"
"""Ids of runs begin with the time: those of one minute begin alike."""
