"""Mutants of what a refund takes off for what the order granted and gave, each of which must be found."""

from collections.abc import Sequence
from dataclasses import replace

from domain.claims.claims import ClaimState
from domain.steps import Step
from proof.simulation.figures import COUPON_GRANTED, GIFT_VALUE
from proof.simulation.model_entitlements import ModelEntitlements
from proof.simulation.model_settlement import CouponPart, ModelSettlement
from proof.simulation.mutation import ActivityMutant
from proof.simulation.refund_book import RefundBook
from proof.simulation.settled import Settled
from service.steps import RefundRef


def _take_for_unused(self: ModelSettlement, others: Sequence[RefundBook], units: int) -> CouponPart:
    return CouponPart() if self.books.is_coupon_used else _PART(self, others, units)


def _revoke_and_charge(self: ModelSettlement, others: Sequence[RefundBook], units: int) -> CouponPart:
    part = _PART(self, others, units)
    return replace(part, off=part.off + COUPON_GRANTED) if part.is_revoked else part


def _keep_what_was_deducted(self: ModelSettlement, others: Sequence[RefundBook], units: int) -> CouponPart:
    part = _PART(self, others, units)
    return replace(part, off=max(part.off, 0))


def _forget_what_others_took(self: ModelSettlement, others: Sequence[RefundBook], units: int) -> CouponPart:
    return _PART(self, [each for each in others if each.claims is ClaimState.PAID], units)


def _charge_each_time(self: ModelSettlement, others: Sequence[RefundBook], units: int) -> CouponPart:
    part = _PART(self, others, units)
    return part if part.is_revoked else replace(part, off=COUPON_GRANTED * units // self.whole)


def _revoke_what_is_used(self: ModelEntitlements, refund: RefundBook) -> None:
    if refund.settled is not None and refund.settled.is_revoked:
        self.books.coupon_taken_by = refund.refund_id


def _let_it_be_spent(self: ModelEntitlements, refund: RefundBook) -> None:
    if not self.books.is_coupon_used:
        _TAKE(self, refund)


def _keep_it_taken(self: ModelEntitlements, refund: RefundBook) -> None:
    """The payout failed, and the coupon stays away."""


def _give_only_the_coupon(self: ModelEntitlements, refund: RefundBook) -> None:
    if self.books.coupon_taken_by == refund.refund_id:
        self.books.coupon_taken_by = None


def _take_twice(self: ModelEntitlements, ref: RefundRef) -> None:
    refund = self.of(ref)
    _WITHDRAW(self, ref)
    if refund.round > 1 and refund.grants == 1:
        refund.grants += 1


def _charge_the_gift_that_comes(self: ModelSettlement, refund: RefundBook, units: int, **_: bool) -> int:
    return _GIFT(self, refund, units, gift_comes=False)


def _let_the_gift_be(*_: object, **__: bool) -> int:
    return 0


def _charge_the_gift_early(*_: object, gift_comes: bool) -> int:
    return 0 if gift_comes else GIFT_VALUE


def _ask_for_what_was_promised(self: ModelSettlement, refund: RefundBook, units: int, **_: bool) -> Settled:
    return _WORK_OUT(self, refund, units, beside_comes=bool(refund.beside))


_PART = ModelSettlement.coupon_part
_GIFT = ModelSettlement.gift_off
_WORK_OUT = ModelSettlement.work_out
_TAKE = ModelEntitlements.take_coupon
_WITHDRAW = ModelEntitlements.withdraw_grants


def _leave_a_friend_alone(self: ModelEntitlements, ref: RefundRef) -> None:
    if self.books.scenario.grants_a_friend:
        self.of(ref).first_time(ref.step(Step.WITHDRAW_GRANTS))
    else:
        _WITHDRAW_GRANTS(self, ref)


_WITHDRAW_GRANTS = ModelEntitlements.withdraw_grants

SETTLEMENT_MUTANTS = (
    ActivityMutant(
        "what was granted to a friend stays with them", ModelEntitlements, "withdraw_grants", _leave_a_friend_alone
    ),
    ActivityMutant("a granted coupon that was used is not charged", ModelSettlement, "coupon_part", _take_for_unused),
    ActivityMutant(
        "a granted coupon is taken back and charged as well", ModelSettlement, "coupon_part", _revoke_and_charge
    ),
    ActivityMutant(
        "what was deducted for a part of a coupon does not come back when it is revoked",
        ModelSettlement,
        "coupon_part",
        _keep_what_was_deducted,
    ),
    ActivityMutant(
        "what a refund that is not paid yet takes of a coupon is forgotten",
        ModelSettlement,
        "coupon_part",
        _forget_what_others_took,
    ),
    ActivityMutant(
        "each refund charges its own share of a coupon, whatever was taken before",
        ModelSettlement,
        "coupon_part",
        _charge_each_time,
    ),
    ActivityMutant(
        "a coupon that was spent while it was held is revoked", ModelEntitlements, "take_coupon", _revoke_what_is_used
    ),
    ActivityMutant(
        "a coupon that was spent while it was held is not owed", ModelEntitlements, "take_coupon", _let_it_be_spent
    ),
    ActivityMutant(
        "a granted coupon stays taken back after a late failure",
        ModelEntitlements,
        "give_coupon_again",
        _keep_it_taken,
    ),
    ActivityMutant(
        "what is owed for a coupon stays owed after a late failure",
        ModelEntitlements,
        "give_coupon_again",
        _give_only_the_coupon,
    ),
    ActivityMutant("a grant is taken back twice in a second round", ModelEntitlements, "withdraw_grants", _take_twice),
    ActivityMutant(
        "a gift is charged although it comes back", ModelSettlement, "gift_off", _charge_the_gift_that_comes
    ),
    ActivityMutant("a gift that stays is not charged", ModelSettlement, "gift_off", _let_the_gift_be),
    ActivityMutant("a gift is charged while goods are kept", ModelSettlement, "gift_off", _charge_the_gift_early),
    ActivityMutant(
        "a gift that the inspection refuses counts as returned",
        ModelSettlement,
        "work_out",
        _ask_for_what_was_promised,
    ),
)
