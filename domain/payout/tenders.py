"""Which of the order's payments the money goes back to (rules 6 and 11)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.money.amounts import Money
from domain.payout.choice import RefundTo, way_of
from domain.payout.limits import Barred
from domain.payout.owed import PaidBefore, PaymentPart
from domain.policy import TenderOrder
from domain.sale.payments import Payment


@dataclass(frozen=True, slots=True)
class Tender:
    """One payment's share of a payout; `converted` is it in the payment's own currency, where that is another one.

    `goes_to` is where the customer wants it (rule 54). `barred` says why its provider would not take it; None: nothing
    is known to be in its way.
    """

    payment: Payment
    amount: Money
    converted: Money | None = None
    goes_to: RefundTo = RefundTo.ORIGINAL
    barred: Barred | None = None

    @property
    def in_own_currency(self) -> Money:
        return self.amount if self.converted is None else self.converted

    @property
    def as_paid(self) -> Money:
        """In the currency in which it is paid: credit is in the order's, money in the one that was paid."""
        return self.amount if self.goes_to is RefundTo.STORE_CREDIT else self.in_own_currency

    def sent(self, chosen: RefundTo) -> "Tender":
        """Send it where the customer wants it (rule 54)."""
        return replace(self, goes_to=way_of(self.payment.method, chosen))

    def given(self) -> "Tender":
        """Give it to the receiver of a gift as credit, however it was paid: the giver gets nothing (rule 56)."""
        return replace(self, goes_to=RefundTo.STORE_CREDIT)


PaymentsLeft = Sequence[tuple[Payment, Money]]
"""Payments with what is still left on each."""


def with_interest(payments_left: PaymentsLeft, interest: Sequence[PaymentPart]) -> PaymentsLeft:
    """Add to what is left on each payment what comes back of its interest."""
    back = {each.payment_id: each.amount for each in interest}
    return [(payment, left + back.get(payment.payment_id, left.like(0))) for payment, left in payments_left]


def convert(tender: Tender, before: PaidBefore) -> Tender:
    """Say what a share is in the payment's own currency: all that was captured for the shares so far, less before.

    So parts come to exactly what was captured when all of it is returned, however they are rounded (rule 53).
    """
    if tender.payment.order_amount is None or tender.converted is not None:
        return tender
    captured = tender.payment.captured_for(before.worth + tender.amount)
    return replace(tender, converted=(captured - before.own).not_below_zero())


def spread(total: Money, payments_left: PaymentsLeft, order: TenderOrder) -> tuple[Tender, ...]:
    """Spread a payout over the payments by what is left on each (rules 6 and 11); shares of zero are left out.

    Raises ValueError when more is asked for than is left: that would refund more than was captured.
    """
    left = [amount for _, amount in payments_left]
    if total.minor_units > sum(amount.minor_units for amount in left):
        raise ValueError(f"{total} exceeds what is left on the payments: {left}")
    shares = total.allocate([amount.minor_units for amount in left]) if total else []
    if order is not TenderOrder.PROPORTIONAL:
        shares = _one_after_the_other(total, left, backwards=order is TenderOrder.REVERSE_ORDER)
    named = zip((payment for payment, _ in payments_left), shares, strict=False)
    return tuple(Tender(payment, share) for payment, share in named if share)


def _one_after_the_other(total: Money, left: Sequence[Money], *, backwards: bool) -> list[Money]:
    shares = [total.like(0)] * len(left)
    for place in reversed(range(len(left))) if backwards else range(len(left)):
        shares[place] = left[place].at_most(total)
        total -= shares[place]
    return shares
