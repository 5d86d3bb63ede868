"""What becomes of an order's books when the bank says something of a dispute: what the API and the keeper do."""

from enum import StrEnum

from domain.claims.claims import ClaimState
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.money.amounts import split
from domain.payout.keys import payout_key
from domain.sale.disputes import DisputeStatus
from domain.steps import Step
from gateways.ports import DISPUTED
from proof.simulation.activity_model import ModelActivities
from proof.simulation.books import Books
from proof.simulation.disputes import ModelDispute
from proof.simulation.order_lines import goods_left, lines_taken
from proof.simulation.refund_book import BookedPayout, RefundBook
from service.steps import RefundRef


class Answer(StrEnum):
    """What whoever tells of a dispute is answered: it is new, known already, or contradicts what is known."""

    HEARD = "heard"
    KNOWN = "known"
    REFUSED = "refused"


class ModelDisputes:
    def __init__(self, activities: ModelActivities) -> None:
        self._activities = activities

    @property
    def books(self) -> Books:
        return self._activities.books

    def hear(self, dispute: ModelDispute, status: DisputeStatus) -> Answer:
        """Hear what the bank says, once, with all that follows."""
        if status in dispute.said:
            return Answer.KNOWN
        if not dispute.may_follow(status) or not dispute.may_be_of(self.books.wares.payments):
            return Answer.REFUSED
        if status is DisputeStatus.WON:
            losses = [self.books.refunds[each] for each in dispute.losses]
            if any(each.status is not RefundStatus.COMPLETED for each in losses):
                return Answer.REFUSED
            for each in losses:
                self.give_up(each)
            dispute.uncounted = 0
        dispute.said.append(status)
        if status is DisputeStatus.LOST:
            self.count(dispute, dispute.amount)
        return Answer.HEARD

    def count(self, dispute: ModelDispute, amount: int) -> None:
        """Count of what the bank took what no other refund has; the rest stays uncounted, and holds the payment."""
        left = self.left_on(dispute.payment_id)
        lines = lines_taken(self.books, list(self.books.refunds.values()))
        price = min(amount, left)
        goods = min(price, sum(each.left for each in lines.values()), goods_left(self.books))
        beside = self._activities.sending_left() + self._activities.extra_left() + self._activities.overpaid_left()
        counts = min(price, goods + beside)
        beyond = min(amount - price, self._not_paid(dispute.payment_id))
        if counts > 0:
            shares = split(goods, [each.left for each in lines.values()]) if goods else [0] * len(lines)
            off = {line_id: share for line_id, share in zip(lines, shares, strict=True) if share}
            self._record(dispute, off, counts)
        dispute.uncounted = price - counts + beyond

    def left_on(self, payment_id: str) -> int:
        """What no refund has of a payment: neither paid nor to be paid."""
        payouts = (each.payouts.get(payment_id) for each in self.books.refunds.values())
        paid = self.books.wares.payments.own[int(payment_id[1:])]
        return paid - sum(each.amount for each in payouts if each is not None)

    def _not_paid(self, payment_id: str) -> int:
        payouts = (each.payouts.get(payment_id) for each in self.books.refunds.values())
        return sum(each.amount for each in payouts if each is not None and each.status is not PayoutStatus.SUCCEEDED)

    def _record(self, dispute: ModelDispute, off: dict[str, int], amount: int) -> None:
        """Make it a refund that is settled, held and paid."""
        refund_id = f"L{sum(len(each.losses) for each in self.books.disputes.values()) + 1}"
        payments = list(self.books.provider.captured)
        book = RefundBook(refund_id, quantity=0, status=RefundStatus.PAYING_OUT, claims=ClaimState.SETTLED, off=off)
        book.held, book.is_coupon_back = "held", self.books.coupon > 0
        book.are_discounts_back, book.asked_of = self.books.are_discounts_back, self.books.version
        book.first_time(RefundRef(refund_id, "m").step(Step.HOLD))
        shares = tuple(amount if each == dispute.payment_id else 0 for each in payments)
        book.settled = book.quoted = book.lost_as = self._activities.of_loss(book, shares)
        key = payout_key(refund_id, payments.index(dispute.payment_id), 0)
        payout = BookedPayout(dispute.payment_id, key, amount, amount)
        payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.EXTERNAL
        book.payouts[dispute.payment_id] = payout
        self.books.refunds[refund_id] = book
        dispute.losses.append(refund_id)

    def give_up(self, loss: RefundBook) -> None:
        """The dispute is won after all: what the loss took is unbooked, and its run gives all that followed again."""
        for payout in loss.payouts.values():
            self._activities.unbook(loss, payout, DISPUTED)

    def count_what_is_left(self) -> None:
        """What the keeper does: count what refunds under way have let go."""
        for dispute in self.books.disputes.values():
            if dispute.uncounted:
                self.count(dispute, dispute.uncounted)
