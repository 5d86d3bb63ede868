"""What refunds give back and take back beside the money; the names are those of the real activities."""

from domain.claims.claims import ClaimState
from domain.steps import Step
from proof.simulation.books import Books
from proof.simulation.figures import COUPON_GRANTED, TIME_LEFT_S
from proof.simulation.model_systems import ModelSystems
from proof.simulation.refund_book import RefundBook
from service.steps import RefundRef


class ModelEntitlements(ModelSystems):
    """`now` is the simulated time, from which time is given back."""

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        self.now = 0.0

    def reinstate_coupons(self, ref: RefundRef) -> None:
        refund, key = self.of(ref), ref.step(Step.REINSTATE_COUPONS)
        is_due = self.books.all_paid and self.books.coupon == 0 and key not in refund.effects.keys() | refund.undone
        if self.books.scenario.has_systems and is_due:
            self.have_coupon_back(refund, ref)
        if refund.first_time(ref.step(Step.REINSTATE_COUPONS)):
            self._check_paid(refund, "coupons")
            if self.books.all_paid and self.books.coupon == 0:
                self.books.coupon += 1
                self.books.coupon_until = self.given_back_until()
                self.books.given_back.append((self.books.coupon_until, self.now))

    def withdraw_coupons(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round == ref.round:
            if self.books.scenario.has_systems:
                self.have_coupon_taken(refund, ref)
            refund.bury(ref.step(Step.REINSTATE_COUPONS))
            if not self.books.all_paid:
                self.books.coupon, self.books.coupon_until = 0, None

    def given_back_until(self) -> float:
        """The time that was left when it was used, from now on (rule 14)."""
        return self.now + TIME_LEFT_S

    def restore_points(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.first_time(ref.step(Step.RESTORE_POINTS)):
            self._check_paid(refund, "points")
            if not (
                refund.points and "withdraw_points" in refund.by_hand
            ):  # what people have not withdrawn is not given again
                refund.points += 1
            refund.held = "captured"

    def withdraw_points(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round == ref.round and refund.bury(ref.step(Step.RESTORE_POINTS)):
            refund.points -= 1
            refund.held = "held"

    def recalculate_campaigns(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.first_time(ref.step(Step.RECALCULATE_CAMPAIGNS)):
            self._check_paid(refund, "rewards")
            refund.rewards += 1
            refund.held = "captured"

    def give_rewards_again(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round == ref.round and refund.bury(ref.step(Step.RECALCULATE_CAMPAIGNS)):
            refund.rewards -= 1
            refund.held = "held"

    def withdraw_grants(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.first_time(ref.step(Step.WITHDRAW_GRANTS)):
            self._check_paid(refund, "grants")
            if ref.round_before.step(Step.WITHDRAW_GRANTS) not in refund.effects:
                refund.grants += 1
                self.take_coupon(refund)

    def take_coupon(self, refund: RefundBook) -> None:
        """The coupon that was to be revoked is; one that was used since the settlement is owed (rule 42)."""
        if refund.settled is not None and refund.settled.is_revoked:
            if self.books.is_coupon_used:
                refund.settled.is_revoked, refund.settled.coupon_owed = False, COUPON_GRANTED
            else:
                self.books.coupon_taken_by = refund.refund_id

    def grant_again(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round == ref.round and refund.bury(ref.step(Step.WITHDRAW_GRANTS)):
            refund.grants -= 1
            self.give_coupon_again(refund)

    def give_coupon_again(self, refund: RefundBook) -> None:
        """It is to be taken back again, once the money has moved (rule 35)."""
        if refund.settled is not None and refund.settled.coupon_owed:
            refund.settled.is_revoked, refund.settled.coupon_owed = True, 0
        if self.books.coupon_taken_by == refund.refund_id:
            self.books.coupon_taken_by = None

    def reinstate_exclusive_discounts(self, ref: RefundRef) -> None:
        """Every line has a discount of its own: those whose lines are wholly paid back are active again."""
        refund = self.of(ref)
        if refund.first_time(ref.step(Step.REINSTATE_EXCLUSIVE_DISCOUNTS)):
            self._check_paid(refund, "exclusive discounts")
            for each in self.books.refunds.values():
                if is_line_back(each) and not each.is_discount_back:
                    each.is_discount_back = True

    def withdraw_exclusive_discounts(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round == ref.round:
            refund.bury(ref.step(Step.REINSTATE_EXCLUSIVE_DISCOUNTS))
            for each in self.books.refunds.values():
                each.is_discount_back = each.is_discount_back and is_line_back(each)

    def recalculate_tier(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.first_time(ref.step(Step.RECALCULATE_TIER)):
            self._check_paid(refund, "the tier")

    def _check_withdrawn(self, refund: RefundBook) -> None:
        """A round begins when everything that this refund gave is withdrawn, and nothing that another gave."""
        by_hand = {step for step, _ in refund.resolved}
        is_owed = refund.settled is not None and refund.settled.coupon_owed > 0
        if (is_owed or self.books.coupon_taken_by == refund.refund_id) and "grant_again" not in by_hand:
            self.books.wrong(f"{refund.refund_id} keeps the granted coupon though its payout failed")
        if "withdraw_exclusive_discounts" in by_hand:
            return
        if refund.is_discount_back and not is_line_back(refund):
            self.books.wrong(f"the discount of {refund.refund_id} stays active though its payout failed")
        for other in self.books.refunds.values():
            gave = RefundRef(other.refund_id, "m", other.round).step(Step.REINSTATE_EXCLUSIVE_DISCOUNTS)
            if gave in other.effects and is_line_back(other) and not other.is_discount_back:
                self.books.wrong(f"{refund.refund_id} withdrew the discount that {other.refund_id} gave back")

    def _check_paid(self, refund: RefundBook, what: str) -> None:
        if not self.books.is_paid_out(refund):
            self.books.wrong(f"{what} of {refund.refund_id} moved before the money had")


def is_line_back(refund: RefundBook) -> bool:
    """Whether all units of a refund's line are paid back (rule 26)."""
    return bool(refund.line_id) and refund.claims is ClaimState.PAID and refund.units == refund.quantity
