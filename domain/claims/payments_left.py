"""What live refunds leave of an order's payments, and of what is not paid yet (rules 6, 50 and 53)."""

from abc import ABC
from collections.abc import Iterable

from domain.claims.live_refunds import LiveRefund
from domain.money.amounts import Money
from domain.payout.owed import PaidBefore, PaymentPart
from domain.sale.orders import Order, Payment


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
        taken = (each.lessened.owed for each in self.refunds if each.lessened)
        return self.order.not_paid_yet - Money.total(taken, self.order.currency)

    @property
    def uncaptured_left(self) -> tuple[tuple[Payment, Money], ...]:
        """Every payment that is not captured, with what of it refunds leave to capture (rule 50)."""
        lessened = [each.lessened for each in self.refunds if each.lessened]
        return tuple(
            (payment, payment.paid_for_the_order - self._part_of(payment, (each.released for each in lessened)))
            for payment in self.order.payments
            if not payment.is_captured
        )

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
