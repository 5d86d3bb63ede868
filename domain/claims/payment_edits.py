"""What an order was paid with, and is not paid yet, may be another while refunds of it stand (rules 50, 53 and 57)."""

from collections.abc import Iterator

from domain.claims.live_refunds import LiveRefund
from domain.claims.positions import OrderPosition
from domain.claims.standing import in_the_way
from domain.sale.payments import Payment


def check_payments(known: OrderPosition, changed: OrderPosition) -> None:
    """Refuse payments, interest, currencies and debts that would be less than went back of them.

    Raises StandsInTheWay.
    """
    now = {payment.payment_id: payment for payment in changed.order.payments}
    for payment in known.order.payments:
        if payers := list(_payers(known, payment)):
            _check_payment(known, changed, payment, now.get(payment.payment_id), payers)
    _check_what_was_not_paid_yet(known, changed)
    if changed.overpaid_left.minor_units < 0:
        gave = [each for each in known.refunds if each.overpaid]
        raise in_the_way(known, gave, "less would be paid too much than came back of it")


def _payers(position: OrderPosition, payment: Payment) -> Iterator[LiveRefund]:
    return (each for each in position.refunds if any(name == payment.payment_id for name, _ in each.payouts))


def _check_payment(
    known: OrderPosition, changed: OrderPosition, was: Payment, now: Payment | None, payers: list[LiveRefund]
) -> None:
    if now is None or not now.is_captured or is_of_another_charge(was, now):
        raise in_the_way(known, payers, f"payment {was.payment_id!r} would be gone, or another one")
    before = changed.paid_before(now)
    left = now.paid_for_the_order + changed.interest_returned(now) - before.worth
    if left.minor_units < 0 or before.own.exceeds(now.amount):
        worth = now.worth.minor_units
        why = f"payment {was.payment_id!r} would be of {worth}, {before.worth.minor_units} of it went back"
        raise in_the_way(known, payers, why)
    if changed.interest_returned(now).exceeds(now.interest_paid):
        why = f"less interest would be in payment {was.payment_id!r} than came back of it"
        raise in_the_way(known, payers, why)
    if now.order_amount is not None and before.worth == now.worth and before.own != now.amount:
        why = f"payment {was.payment_id!r} would be of another amount, and all that it is worth went back"
        raise in_the_way(known, payers, why)


def is_of_another_charge(was: Payment, now: Payment) -> bool:
    """What can't be another: it is where the money went back to, and in which currency.

    One that names no gateway any more, as it need not, is the one that it was.
    """
    gateway = now.gateway or was.gateway
    is_it = (now.method, gateway, now.gateway_ref, now.amount.currency)
    return is_it != (was.method, was.gateway, was.gateway_ref, was.amount.currency)


def _check_what_was_not_paid_yet(known: OrderPosition, changed: OrderPosition) -> None:
    """What refunds lessened may have been paid all the same: then it comes back, once they are all booked."""
    lessened = [each for each in known.refunds if each.lessened]
    if changed.paid_after_all.minor_units < 0:
        gave = [each for each in known.refunds if each.paid_after_all]
        raise in_the_way(known, gave, "less would be paid than came back, as it had been taken off what was to be paid")
    under_way = [each for each in lessened if not each.is_booked]
    if changed.paid_after_all and under_way:
        why = "it took off what is not paid yet and is not complete; say the payment again when it is"
        raise in_the_way(known, under_way, why)
