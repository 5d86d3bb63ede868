"""What is out of patience is seen by people and by nobody forgotten: weeks of it, played in an instant."""

from activities.reopening import Opening
from domain.claims.claims import ClaimState
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.rights.review import Decision
from proof.simulation import people
from proof.simulation.choices import Choices
from proof.simulation.moves import Resolve, ScheduleActivity
from proof.simulation.outcomes import AttemptOutcome
from proof.simulation.play import Play
from proof.simulation.refund_book import RefundBook
from workflows.contract import Resolution

_BY_RULE = (0, 0, 0, 0)
_FOR_A_REVIEWER = (0, 0, 0, 0, 1)
_WITH_GOODS = (0, 0, 0, 1)


class Outage(Play):
    """A world in which some activities fail until they are mended, and everything else works at once."""

    def __init__(self, decisions: tuple[int, ...], *broken: str) -> None:
        self.broken = set(broken)
        super().__init__(Choices(0, played=decisions))
        self.start("A", Opening.REQUESTED)

    def _at_once(self, schedule: ScheduleActivity) -> Resolve:
        return self._end(schedule, self._outcome(schedule))

    def _outcome(self, schedule: ScheduleActivity) -> AttemptOutcome:
        assesses = schedule.activity == "load" and schedule.argument.assesses
        is_broken = schedule.activity in self.broken or (assesses and "assess_refund" in self.broken)
        return AttemptOutcome.FAILS if is_broken else AttemptOutcome.OK

    @property
    def refund(self) -> RefundBook:
        return self.books.refunds["A"]

    def let_a_day_pass(self) -> None:
        timers = self.runs["A"].timers
        self.turn("A", self.fire("A", min(timers, key=lambda seq: timers[seq])))

    def resolve(self, action: Resolution) -> None:
        assert self.refund.attention is not None
        self.say("A", people.resolve(self.new_id(), self.refund.attention.step, action))
        self._finish_all()

    def _finish_all(self) -> None:
        """End what an answer in progress kept from ending at once."""
        run = self.runs["A"]
        while run.pending:
            seq, schedule = next(iter(run.pending.items()))
            del run.pending[seq]
            self.turn("A", self._end(schedule, self._outcome(schedule)))


def test_a_message_that_does_not_get_through_does_not_hold_up_the_money() -> None:
    world = Outage(_BY_RULE, "notify")

    assert all(payout.status is PayoutStatus.SUCCEEDED for payout in world.refund.payouts.values())
    assert world.refund.points == 1
    assert world.refund.attention is not None and world.refund.attention.step == "notify"


def test_messages_that_people_skip_let_the_refund_close() -> None:
    world = Outage(_BY_RULE, "notify")

    while world.refund.attention is not None:
        world.resolve(Resolution.SKIP)

    assert world.refund.status is RefundStatus.COMPLETED
    assert set(world.refund.resolved) == {("notify", "skip")}


def test_an_undo_that_is_stuck_strands_no_other_and_is_shown_to_people() -> None:
    world = Outage(_FOR_A_REVIEWER, "release_claims")
    world.say("A", people.review(world.new_id(), Decision.REJECT))
    world._finish_all()

    assert world.refund.attention is not None and world.refund.attention.step == "release_claims"
    assert world.refund.attention.actions == ("retry", "skip", "settle")
    world.broken.clear()
    world.resolve(Resolution.RETRY)
    assert world.refund.status is RefundStatus.REJECTED and world.refund.claims is ClaimState.RELEASED


def test_the_label_is_stuck_but_the_claims_are_free() -> None:
    world = Outage(_WITH_GOODS, "void_return")
    world.say("A", people.cancel(world.new_id()))
    world._finish_all()

    assert world.refund.claims is ClaimState.RELEASED
    assert world.refund.attention is not None and world.refund.attention.step == "void_return"


def test_a_restoration_may_be_skipped_with_a_note() -> None:
    world = Outage(_BY_RULE, "restore_points")
    assert world.refund.attention is not None and world.refund.attention.step == "restore_points"

    world.resolve(Resolution.SKIP)

    assert world.refund.status is RefundStatus.COMPLETED
    assert (world.refund.points, world.refund.rewards) == (0, 1)


def test_a_payout_that_nobody_answers_may_be_settled_by_hand() -> None:
    world = Outage(_BY_RULE, "pay_out")
    assert world.refund.attention is not None and world.refund.attention.actions == ("retry", "settle")

    world.resolve(Resolution.DONE_BY_HAND)

    assert [payout.paid_by for payout in world.refund.payouts.values()] == ["hand"]
    assert world.refund.status is RefundStatus.COMPLETED


def test_a_step_that_nobody_looks_at_is_tried_again_by_itself_after_a_day() -> None:
    world = Outage(_BY_RULE, "pay_out")
    world.let_a_day_pass()
    assert world.refund.attention is not None and ("pay_out", "retry") in world.refund.resolved

    world.broken.clear()
    world.let_a_day_pass()

    assert world.refund.status is RefundStatus.COMPLETED and world.refund.attention is None


def test_a_refund_whose_provider_forgot_the_key_is_looked_up_before_it_is_asked_for_again() -> None:
    world = Outage(_BY_RULE, "pay_out")
    payout = world.refund.payouts["p0"]
    payout.status = PayoutStatus.REQUESTED
    paid = world.activities.ask_provider(payout)
    world.now += 3 * 24 * 3600
    world.broken.clear()

    world.let_a_day_pass()

    assert world.books.provider.refunds == [paid]
    assert world.refund.status is RefundStatus.COMPLETED


def test_an_answer_that_is_noted_is_taken_although_the_workflow_is_cancelled_meanwhile() -> None:
    world = Outage(_FOR_A_REVIEWER, "assess_refund")
    assert world.refund.attention is not None and world.refund.attention.step == "assess_refund"
    said = world.new_id()

    world.say("A", people.resolve(said, "assess_refund", Resolution.RETRY))
    world.cancel_from_temporal("A")
    world._finish_all()

    assert world.refund.status is RefundStatus.CANCELLED
    assert ("resolve", said) in world.refund.said and said in world.answered
