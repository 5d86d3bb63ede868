"""What a bank is asked about a payment, or has taken of it, that payment keeps (rules 52 and 57)."""

from collections.abc import Iterator, Sequence

from domain.claims.payment_edits import is_of_another_charge
from domain.claims.standing import StandsInTheWay
from domain.money.amounts import Money
from domain.sale.disputes import Dispute, DisputeStatus
from domain.sale.orders import Order
from domain.sale.payments import Payment


def check_disputes(known: Order, came: Order, disputes: Sequence[Dispute]) -> None:
    """Refuse payments that would be less than is disputed of them, or gone; a dispute that was won is over.

    Raises StandsInTheWay.
    """
    now = {payment.payment_id: payment for payment in came.payments}
    for payment in known.payments:
        for together in _counted_together(payment, disputes):
            if why := _why_not(payment, now.get(payment.payment_id), together):
                raise StandsInTheWay(known.order_id, why, dispute_id=together[0].dispute_id)


def _counted_together(payment: Payment, disputes: Sequence[Dispute]) -> Iterator[list[Dispute]]:
    """What was taken, and what is asked about beside it; a warning may be of the same money, so it counts alone."""
    of_it = [each for each in disputes if each.payment_id == payment.payment_id]
    if moving := [each for each in of_it if each.status in (DisputeStatus.OPENED, DisputeStatus.LOST)]:
        yield moving
    yield from ([each] for each in of_it if each.status is DisputeStatus.WARNING)


def _why_not(was: Payment, now: Payment | None, disputes: Sequence[Dispute]) -> str | None:
    is_there = now is not None and bool(now.amount) and (now.is_captured or not was.is_captured)
    if now is None or not is_there or is_of_another_charge(was, now):
        return f"payment {was.payment_id!r} would be gone, or another one"
    disputed = Money.total((_worth(now, each.last.amount) for each in disputes), now.worth.currency)
    is_less = was.worth.exceeds(now.worth) or was.amount.exceeds(now.amount)
    if is_less and disputed.exceeds(now.worth):
        return (
            f"payment {was.payment_id!r} would be of {now.worth.minor_units}, {disputed.minor_units} of it is disputed"
        )
    return None


def _worth(payment: Payment, said: Money) -> Money:
    """Return what an amount of a payment is worth in the order's currency, rounded up (rule 53)."""
    if said.currency == payment.worth.currency:
        return said
    captured, worth = payment.amount.minor_units, payment.worth
    return worth.like(-(-said.minor_units * worth.minor_units // captured))
