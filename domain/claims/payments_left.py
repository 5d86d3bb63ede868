"""What live refunds leave of an order's payments, and of what is not paid yet (rules 6, 50 and 53)."""

from abc import ABC
from collections.abc import Iterable

from domain.claims.live_refunds import LiveRefund
from domain.money.amounts import Money
from domain.payout.owed import PaidBefore, PaymentPart
from domain.sale.orders import Order
from domain.sale.payments import Payment


class PaymentsLeft(ABC):
    """How an order that live refunds have taken money of stands with its payments."""

    __slots__ = ()

    order: Order
    refunds: tuple[LiveRefund, ...]

    @property
    def payments_left(self) -> tuple[tuple[Payment, Money], ...]:
        """Every captured payment with what is still left on it, in the order they were given (rule 6).

        The interest on it that has not come back is kept by whoever lent the money (rule 50).
        """
        return tuple(
            (payment, payment.paid_for_the_order + self.interest_returned(payment) - self._paid_to(payment))
            for payment in self.order.payments
            if payment.is_captured
        )

    def paid_before(self, payment: Payment) -> PaidBefore:
        """What refunds paid to a payment, in the order's currency and in its own (rule 53)."""
        own = (part.amount for each in self.refunds for part in each.converted if part.payment_id == payment.payment_id)
        return PaidBefore(self._paid_to(payment), Money.total(own, payment.amount.currency))

    @property
    def owed_left(self) -> Money:
        """What the order still owes, after what refunds have taken off it (rule 50)."""
        return self._still_open[0]

    @property
    def uncaptured_left(self) -> tuple[tuple[Payment, Money], ...]:
        """Every payment that is not captured, with what of it refunds leave to capture (rule 50)."""
        return tuple(zip(self._not_captured, self._still_open[1:], strict=True))

    @property
    def lessened(self) -> Money:
        """What refunds took off what was not paid yet when they were settled."""
        return Money.total((each.lessened.total for each in self.refunds if each.lessened), self.order.currency)

    @property
    def not_paid_yet(self) -> Money:
        """What the order owes and what is not captured, whatever refunds have taken off it."""
        promised = (payment.paid_for_the_order for payment in self._not_captured)
        return self.order.not_paid_yet + Money.total(promised, self.order.currency)

    @property
    def paid_after_all(self) -> Money:
        """What was paid although refunds had taken it off what was to be paid, and has not come back (rule 50)."""
        returned = (each.paid_after_all for each in self.refunds if each.paid_after_all)
        paid = (self.lessened - self.not_paid_yet).not_below_zero()
        return paid - Money.total(returned, self.order.currency)

    @property
    def _not_captured(self) -> list[Payment]:
        return [payment for payment in self.order.payments if not payment.is_captured]

    @property
    def _still_open(self) -> list[Money]:
        """What refunds leave of what is owed, and of each payment that is not captured.

        What was taken off one of them that is less by now, as it was paid or captured, is off the others: the order as
        it is now need not part what is not paid yet as the one before did (rule 57).
        """
        lessened = [each.lessened for each in self.refunds if each.lessened]
        owed = self.order.not_paid_yet - Money.total((each.owed for each in lessened), self.order.currency)
        captures = (
            payment.paid_for_the_order - self._part_of(payment, (each.released for each in lessened))
            for payment in self._not_captured
        )
        left = [each.not_below_zero() for each in (owed, *captures)]
        beyond = Money.total(left, self.order.currency) - (self.not_paid_yet - self.lessened).not_below_zero()
        for place, each in enumerate(left):
            left[place] = each - each.at_most(beyond)
            beyond -= each.at_most(beyond)
        return left

    @property
    def overpaid_left(self) -> Money:
        given = (each.overpaid for each in self.refunds if each.overpaid)
        return self.order.overpaid - Money.total(given, self.order.currency)

    def interest_returned(self, payment: Payment) -> Money:
        return self._part_of(payment, (each.interest for each in self.refunds))

    def interest_left(self, payment: Payment) -> Money:
        """What of the interest that was captured has not come back."""
        paid = payment.interest_paid if payment.is_captured else payment.worth.like(0)
        return (paid - self.interest_returned(payment)).not_below_zero()

    def _paid_to(self, payment: Payment) -> Money:
        paid = (amount for each in self.refunds for name, amount in each.payouts if name == payment.payment_id)
        return Money.total(paid, self.order.currency)

    def _part_of(self, payment: Payment, parts: Iterable[tuple[PaymentPart, ...]]) -> Money:
        own = (part.amount for each in parts for part in each if part.payment_id == payment.payment_id)
        return Money.total(own, self.order.currency)
