"""Mutants of what the activities do: as many ways in which they might be wrong, each of which must be found."""

from dataclasses import replace
from typing import Any

from activities.recollection import Decided
from domain.lifecycle import PaidBy, PayoutStatus
from domain.rights.review import Decision
from domain.steps import Step
from gateways.ports import GatewayStatus
from proof.simulation.activity_model import ModelActivities
from proof.simulation.figures import TIME_LEFT_S
from proof.simulation.model_before_payout import ModelBeforePayout
from proof.simulation.model_entitlements import ModelEntitlements
from proof.simulation.mutation import ActivityMutant
from proof.simulation.provider import ProviderRefund
from proof.simulation.refund_book import BookedPayout, RefundBook
from service.steps import RefundRef


def _forget_the_tombstone(self: RefundBook, step: str, result: Any = None) -> bool:
    if step in self.effects:
        return False
    self.effects[step] = result
    return True


def _hear_it_again(self: RefundBook, *said: Any) -> bool:
    self.words.pop(said[3].word_id if said[3] is not None else "", None)
    return _NOTES(self, *said)


def _take_a_repeat_for_new(self: RefundBook, step: str, result: Any = None) -> bool:
    self.effects[step] = result
    return True


def _make_the_key_of_the_attempt(self: ModelActivities, payout: BookedPayout) -> ProviderRefund:
    self.attempts = getattr(self, "attempts", 0) + 1  # type: ignore[attr-defined]
    key = f"{payout.key}:{self.attempts}"  # type: ignore[attr-defined]
    return self.books.provider.refund(key, payout.payment_id, payout.amount, self.now)


def _never_look(self: ModelActivities, payout: BookedPayout) -> None:
    """Whatever was asked before is forgotten."""


def _take_itself_for_the_first(self: ModelBeforePayout, command: Any) -> Any:
    """One that is told what is now instead of what it was told before is wrong in the names of its messages alone."""
    was_told, told = command.run in self.of(command.refund).told_to, _LOAD(self, command)
    return replace(told, is_first=True, decided=None, received=(), words=()) if was_told else told


def _take_it_for_a_request(self: ModelBeforePayout, refund: RefundBook) -> None:
    """It is settled and approved, as if somebody had asked for it."""
    _TAKE_EXTERNAL(self, refund)
    refund.decided = Decided(Decision.APPROVE, "the house", None, "", None)
    for payout in refund.payouts.values():
        payout.status, payout.paid_by = PayoutStatus.PLANNED, None


def _undo_what_is_paid(self: ModelBeforePayout, refund: RefundBook, ref: RefundRef) -> None:
    """Nothing is too late."""


def _keep_the_key(self: ModelActivities, payout: BookedPayout) -> None:
    """Nothing ends a key."""


def _book_without_looking(self: ModelActivities, payout: BookedPayout, key: str, answer: ProviderRefund) -> Any:
    _BOOK(self, payout, key, answer)
    if payout.key == key and answer.status is GatewayStatus.SUCCEEDED and payout.paid_by is None:
        payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.GATEWAY
    return _BOOK(self, payout, key, answer)


def _book_whatever_comes(self: ModelActivities, payout: BookedPayout, key: str, answer: ProviderRefund) -> Any:
    result = _BOOK(self, payout, key, answer)
    if answer.status is GatewayStatus.PENDING:
        payout.status = PayoutStatus.PENDING
    return result


def _keep_the_bonus(self: ModelActivities, refund: RefundBook) -> None:
    """What was given on top stays, though a share has failed."""


def _give_back_for_a_part(self: ModelEntitlements, ref: Any) -> None:
    refund = self.of(ref)
    if refund.first_time(ref.step(Step.REINSTATE_EXCLUSIVE_DISCOUNTS)):
        refund.is_discount_back = True


def _withdraw_everybodys(self: ModelEntitlements, ref: Any) -> None:
    _WITHDRAW_DISCOUNTS(self, ref)
    if self.of(ref).round == ref.round:
        for each in self.books.refunds.values():
            each.is_discount_back = False


def _give_back_on_top(self: ModelEntitlements) -> float:
    """From the end that an earlier reinstatement gave."""
    given = self.books.given_back
    return given[-1][0] + TIME_LEFT_S if given else self.now + TIME_LEFT_S


def _pay_what_was_asked_for(self: ModelBeforePayout, command: Any) -> Any:
    return _HOLD(self, replace(command, accepted=None))


def _keep_the_tombstone(self: ModelBeforePayout, command: Any) -> Any:
    refund, key = self.of(command.refund), command.refund.next_round.step(Step.CLAIM_AGAIN)
    was_buried = key in refund.undone
    told = _LOAD(self, command)
    if was_buried:
        refund.undone.add(key)
    return told


def _take_any_label(self: ModelBeforePayout, command: Any) -> int | None:
    refund = self.of(command.refund)
    self.books.carrier.issue(refund.refund_id, refund.rmas)
    return refund.rmas


def _void_the_first(self: ModelBeforePayout, command: Any) -> None:
    self.books.carrier.void(command.refund.refund_id, 1)
    self.of(command.refund).bury(command.refund.step(Step.ISSUE_RETURN))


def _never_write_it_down(self: ModelBeforePayout, refund: RefundBook, ref: Any, number: int) -> int | None:
    after = _NUMBER_AFTER(self, refund, ref, number)
    refund.rmas = number
    return after


_NUMBER_AFTER = ModelBeforePayout.number_after
_HOLD = ModelBeforePayout.hold_settlement
_TAKE_EXTERNAL = ModelBeforePayout.take_external
_WITHDRAW_DISCOUNTS = ModelEntitlements.withdraw_exclusive_discounts
_BOOK = ModelActivities.book
_LOAD = ModelBeforePayout.load
_NOTES = RefundBook.notes

ACTIVITY_MUTANTS = (
    ActivityMutant("a word that comes again is new", RefundBook, "notes", _hear_it_again),
    ActivityMutant("tombstones are ignored", RefundBook, "first_time", _forget_the_tombstone),
    ActivityMutant("repeated attempts do it again", RefundBook, "first_time", _take_a_repeat_for_new),
    ActivityMutant(
        "the payout's key is made of the attempt", ModelActivities, "ask_provider", _make_the_key_of_the_attempt
    ),
    ActivityMutant(
        "a run that lost its task takes itself for the first", ModelBeforePayout, "load", _take_itself_for_the_first
    ),
    ActivityMutant(
        "a run whose task was lost undoes what was paid in it", ModelBeforePayout, "_refuse_if_paid", _undo_what_is_paid
    ),
    ActivityMutant(
        "what went back elsewhere is paid once more", ModelBeforePayout, "take_external", _take_it_for_a_request
    ),
    ActivityMutant("a payout is asked for again without a look-up", ModelActivities, "found", _never_look),
    ActivityMutant("a key that got a no is asked again", ModelActivities, "end_key", _keep_the_key),
    ActivityMutant("an old yes is booked after a no without a look-up", ModelActivities, "book", _book_without_looking),
    ActivityMutant(
        "a discount comes back for a part of its line",
        ModelEntitlements,
        "reinstate_exclusive_discounts",
        _give_back_for_a_part,
    ),
    ActivityMutant(
        "a withdrawal takes what another refund gave",
        ModelEntitlements,
        "withdraw_exclusive_discounts",
        _withdraw_everybodys,
    ),
    ActivityMutant(
        "time is given back on top of time given back", ModelEntitlements, "given_back_until", _give_back_on_top
    ),
    ActivityMutant(
        "what is accepted in part is paid in full", ModelBeforePayout, "hold_settlement", _pay_what_was_asked_for
    ),
    ActivityMutant(
        "a refund that was taken over once takes no parcel any more",
        ModelBeforePayout,
        "load",
        _keep_the_tombstone,
    ),
    ActivityMutant("a void label is taken as if it stood", ModelBeforePayout, "ask_for_label", _take_any_label),
    ActivityMutant("only the first of several RMAs is voided", ModelBeforePayout, "void_return", _void_the_first),
    ActivityMutant("another RMA is never written down", ModelBeforePayout, "number_after", _never_write_it_down),
    ActivityMutant("a bonus stays when a share fails later", ModelActivities, "reverse_bonus", _keep_the_bonus),
    ActivityMutant("a late pending is booked over a yes", ModelActivities, "book", _book_whatever_comes),
)
