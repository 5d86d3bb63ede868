"""Mutants of what is done about disputes, each of which must be found (rules 6, 46 and 52).

And of what is done where a refund pays nothing, as one does of which the bank has taken everything.
"""

from dataclasses import replace
from typing import Any

from domain.sale.disputes import DisputeStatus
from proof.simulation.activity_model import ModelActivities
from proof.simulation.disputes import ModelDispute
from proof.simulation.model_disputes import Answer, ModelDisputes
from proof.simulation.mutation import ActivityMutant, Mutant, WorkflowMutant
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.settled import Settled
from proof.simulation.versions import ModelVersions
from proof.simulation.wares import Wares


def _hold_nothing(*_: object) -> bool:
    return False


def _hear_it_again(self: ModelDisputes, dispute: ModelDispute, status: DisputeStatus) -> Answer:
    if status in dispute.said and status is dispute.status:
        dispute.said.remove(status)
    return _HEAR(self, dispute, status)


def _count_twice(self: ModelDisputes, dispute: ModelDispute, off: dict[str, int], amount: int) -> None:
    _RECORD(self, dispute, off, amount)
    _RECORD(self, dispute, off, amount)


def _give_nothing_back(self: ModelDisputes, loss: RefundBook) -> None:
    """The dispute is won, and what it took stays away."""


def _count_never(self: ModelDisputes) -> None:
    """What refunds under way had claimed is lost for good."""


def _forget_what_was_paid(self: ModelDisputes, payment_id: str) -> int:
    return self.books.provider.captured[payment_id]


def _forget_what_is_to_be_paid(*_: object) -> int:
    return 0


def _ask_for_what_was_won(self: ModelActivities, refund: RefundBook, payout: BookedPayout) -> None:
    """A run that has not heard of it pays it as if it had been declined."""


def _pay_the_whole_unit(self: Any, refund: RefundBook, units: int, **kept: Any) -> Any:
    settled = _WORK_OUT(self, refund, units, **kept)
    refund.absorbed = {}
    return settled


def _leave_it_be(self: ModelActivities, given_up: RefundBook) -> None:
    """Whoever brought units for less may ask for the rest."""


def _take_all_points(self: ModelActivities, loss: RefundBook, shares: tuple[int, ...]) -> Settled:
    settled = _OF_LOSS(self, loss, shares)
    return replace(settled, points=2 * settled.points, clawed_back=2 * settled.clawed_back)


def _take_back_nothing_granted(self: ModelActivities, loss: RefundBook, shares: tuple[int, ...]) -> Settled:
    settled = _OF_LOSS(self, loss, shares)
    return replace(settled, credit={}, owed_for_coupon=0, is_revoked=False, takes_grants=False)


def _leave_the_shipping(self: ModelActivities, loss: RefundBook, shares: tuple[int, ...]) -> Settled:
    settled = _OF_LOSS(self, loss, shares)
    return replace(settled, sending_lost=0)


def _forget_disputes(_: ModelVersions, __: Wares) -> bool:
    return False


_HEAR = ModelDisputes.hear
_RECORD = ModelDisputes._record
_WORK_OUT = ModelActivities.work_out
_OF_LOSS = ModelActivities.of_loss

DISPUTE_MUTANTS: tuple[Mutant, ...] = (
    ActivityMutant("a held share asks the provider, or is credited", ModelActivities, "is_held", _hold_nothing),
    ActivityMutant("a dispute heard twice is two losses", ModelDisputes, "hear", _hear_it_again),
    ActivityMutant("a lost dispute takes back twice", ModelDisputes, "_record", _count_twice),
    ActivityMutant("a won dispute gives nothing back", ModelDisputes, "give_up", _give_nothing_back),
    ActivityMutant("what refunds let go is never counted as lost", ModelDisputes, "count_what_is_left", _count_never),
    ActivityMutant("what was paid back is lost once more", ModelDisputes, "left_on", _forget_what_was_paid),
    ActivityMutant(
        "what refunds are to pay to a payment is not held", ModelDisputes, "_not_paid", _forget_what_is_to_be_paid
    ),
    ActivityMutant(
        "a loss that is won is asked for by a run that has not heard of it",
        ModelActivities,
        "refuse_if_given_up",
        _ask_for_what_was_won,
    ),
    ActivityMutant("a unit is paid as if nothing of it was lost", ModelActivities, "work_out", _pay_the_whole_unit),
    ActivityMutant("a loss takes back more than its share of points", ModelActivities, "of_loss", _take_all_points),
    ActivityMutant(
        "a loss takes nothing back of what the order granted", ModelActivities, "of_loss", _take_back_nothing_granted
    ),
    ActivityMutant(
        "what is lost of the shipping comes back all the same", ModelActivities, "of_loss", _leave_the_shipping
    ),
    ActivityMutant(
        "what units paid less for a loss that is won is asked for by nobody",
        ModelActivities,
        "ask_for_what_was_paid_less",
        _leave_it_be,
    ),
    ActivityMutant(
        "a payment is made less than what is disputed of it", ModelVersions, "is_disputed", _forget_disputes
    ),
    WorkflowMutant(
        "a dispute that is won after all is paid once more",
        "refund.RefundWorkflow._take_up",
        "known.is_given_up",
        "False",
    ),
    WorkflowMutant(
        "what a lost dispute took stays taken when it is won",
        "refund.RefundWorkflow._give_up",
        "known.was_taken_back",
        "False",
    ),
)
