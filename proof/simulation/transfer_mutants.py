"""Mutants of transfers that two approve and people make, each of which must be found."""

from activities.payout_books import PayOut, PayoutResult
from activities.review import ReviewDecision
from domain.lifecycle import PayoutStatus
from proof.simulation.activity_model import ModelActivities
from proof.simulation.model_before_payout import ModelBeforePayout
from proof.simulation.mutation import ActivityMutant, WorkflowMutant
from proof.simulation.refund_book import BookedPayout, RefundBook

_TELLS = "self._steps.notify(Topic.PAYOUT_FAILED)"


def _ask_the_provider(self: ModelActivities, command: PayOut) -> PayoutResult:
    payout = self.of(command.refund).payouts.get(command.payment_id)
    if payout is None or not payout.is_to_bank or payout.status is not PayoutStatus.PLANNED:
        return _PAY_OUT(self, command)
    payout.status = PayoutStatus.REQUESTED
    return self.book(payout, payout.key, self.ask_provider(payout))


def _leave_it_paid(self: ModelActivities, refund: RefundBook, payout: BookedPayout, decline_code: str) -> None:
    before = payout.status, payout.paid_by
    _UNBOOK(self, refund, payout, decline_code)
    payout.status, payout.paid_by = before


def _take_it_for_the_decision(self: ModelBeforePayout, command: ReviewDecision) -> None:
    """The first of two approvals approves."""
    self.of(command.refund).approvals = command.approvals
    _RECORD(self, _alone(command))


def _alone(command: ReviewDecision) -> ReviewDecision:
    changed = object.__new__(ReviewDecision)
    for name in ReviewDecision.__slots__:
        object.__setattr__(changed, name, getattr(command, name))
    object.__setattr__(changed, "approvals_needed", 1)
    return changed


_PAY_OUT, _UNBOOK, _RECORD = ModelActivities.pay_out, ModelActivities.unbook, ModelBeforePayout.record_decision

TRANSFER_MUTANTS = (
    WorkflowMutant(
        "one approval is enough",
        "approvals.ApprovalsGiven.is_in_part",
        "len(self.given) + 1 < self.needed",
        "False",
    ),
    WorkflowMutant("the same key counts twice", "approvals.ApprovalsGiven.check", "wrong", "False"),
    WorkflowMutant(
        "the next run forgets who has approved",
        "intake.Intake._go_on_from",
        "self.approvals.given = known.approvals",
        "pass",
    ),
    WorkflowMutant(
        "nobody is asked to transfer",
        "paying.Paying._transferred",
        "said = await self._steps.ask_until_resolved(PAY_OUT, reason, _TRANSFER_ACTIONS, payment_id=payment_id)",
        "return _BY_HAND",
    ),
    WorkflowMutant(
        "a transfer that failed is taken for paid",
        "paying.Paying._transferred",
        "said.action is Resolution.DONE_BY_HAND",
        "True",
    ),
    WorkflowMutant("what came back before is not told", "refund.RefundWorkflow._take_up", _TELLS, "pass"),
    WorkflowMutant(
        "what came back is paid again in the same round",
        "refund.RefundWorkflow._take_up",
        "known.was_taken_back",
        "False",
    ),
    ActivityMutant("the provider is asked for a transfer", ModelActivities, "pay_out", _ask_the_provider),
    ActivityMutant("what came back stays paid", ModelActivities, "unbook", _leave_it_paid),
    ActivityMutant(
        "the first of two approvals approves", ModelBeforePayout, "record_decision", _take_it_for_the_decision
    ),
)
