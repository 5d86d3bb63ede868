"""What the merchant says moved elsewhere, in the order's currency and without interest (rules 50, 51 and 53)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.money.amounts import Money
from domain.payout.owed import PaymentPart
from domain.policy import Policy
from domain.sale.payments import Payment
from domain.settlement.external import ExternalRefund, claim_named, countable, left_on, not_available
from domain.settlement.extras import extras_back
from domain.settlement.repricing import priced
from domain.settlement.settlement import Terms


def counted(position: OrderPosition, said: ExternalRefund, policy: Policy) -> ExternalRefund:
    """Say what it counts for in the order's currency, and what of it is interest.

    An amount in the currency of the payment that it names goes by the rate of the sale: where that comes, rounded up or
    down, to what it is for, it is just that. Raises RefundRejected (`amount_not_available`, and what claiming raises).
    """
    payment = _payment(position, said)
    interest = None if said.said_interest is None else _worth_of_interest(said.said_interest, payment)
    if payment is None or said.amount.currency == position.order.currency:
        return replace(said, interest=interest_in(position, said.amount, said.payment_id, interest))
    likely = _likely(position, said, policy, interest or Money.zero(position.order.currency))
    amount = in_order_currency(position, payment, said.amount, likely)
    if interest is not None:
        interest = _with_rounding(interest, amount - left_on(position, payment.payment_id))
    parts = interest_in(position, amount, said.payment_id, interest)
    return replace(said, amount=amount, said=said.amount, interest=parts)


def lost(
    position: OrderPosition, said: ExternalRefund, not_paid: Money | None = None
) -> tuple[ExternalRefund | None, Money]:
    """Say what of a loss can be counted, None where nothing can, and what of it others have claimed (rule 52).

    No more is counted than is left of its payment; what goes beyond the price is interest of it, and what goes beyond
    all that the order was for are cents that were paid too much. `not_paid` is what refunds are to pay to that payment
    and have not: a loss beyond what is left has taken it, and nobody pays it.
    """
    payment = _payment(position, said)
    assert payment is not None, "a dispute names a payment of its order"
    left, amount, own = left_on(position, payment.payment_id), said.amount, None
    if amount.currency != position.order.currency:
        own = amount.at_most(payment.amount - position.paid_before(payment).own)
        amount = in_order_currency(position, payment, own, ()) if own else left.like(0)
    interest = (amount - left).not_below_zero().at_most(position.interest_left(payment))
    price = (amount - interest).at_most(left)
    counts = countable(position, price, payment.payment_id)
    counts += (price - counts).at_most(position.overpaid_left) + interest
    uncounted = price + interest - counts
    if not_paid is not None:
        uncounted += _beyond(payment, said.amount, own, price + interest).at_most(not_paid)
    if not counts:
        return None, uncounted
    parts = (PaymentPart(payment.payment_id, interest),) if interest else ()
    return replace(said, amount=counts, said=own if counts == amount else None, interest=parts), uncounted


def in_order_currency(position: OrderPosition, payment: Payment, said: Money, likely: Iterable[Money]) -> Money:
    """Return what an amount of a payment in another currency is worth of the order, at the rate of the sale (rule 53).

    All that is left of the payment is all that is left of its worth; else it is the first of what is `likely` that it
    comes to, rounded up or down; else the nearest. Raises RefundRejected (`amount_not_available`).
    """
    before = position.paid_before(payment)
    own_left, left = payment.amount - before.own, payment.worth - before.worth
    if said.exceeds(own_left):
        raise not_available(said, f"{own_left.minor_units} is left on payment {payment.payment_id!r}")
    captured, worth, so_far = payment.amount.minor_units, payment.worth.minor_units, (before.own + said).minor_units
    for each in (left, *likely):
        comes_to = captured * (before.worth + each).minor_units
        if each and abs(comes_to - so_far * worth) < worth:  # by less than a minor unit of the payment's currency
            return each
    nearest = left.like((2 * so_far * worth + captured) // (2 * captured)) - before.worth
    nearest = nearest.at_most(left - left.like(1))
    if nearest.minor_units < 1:
        raise not_available(
            said, f"which is less than a minor unit of the order's {left.currency}: tell of it with what goes back next"
        )
    return nearest


def interest_in(
    position: OrderPosition, amount: Money, payment_id: str | None, said: Money | None
) -> tuple[PaymentPart, ...]:
    """Say of which payments so much is interest, in their order; where nobody says how much, what goes beyond the rest.

    Raises RefundRejected (`amount_not_available`) where less of it is left than is said.
    """
    payments = [each for each in position.payments_left if payment_id in (None, each[0].payment_id)]
    beyond = (amount - Money.total((left for _, left in payments), amount.currency)).not_below_zero()
    due, parts = beyond if said is None else said, list[PaymentPart]()
    for payment, _ in payments:
        part = position.interest_left(payment).at_most(due)
        due -= part
        if part:
            parts.append(PaymentPart(payment.payment_id, part))
    if due and said is not None:
        raise not_available(said, f"of interest, of which {(said - due).minor_units} is left")
    return tuple(parts)


def _beyond(payment: Payment, said: Money, own: Money | None, left: Money) -> Money:
    """What is lost beyond what was left of its payment, in the order's currency: rounded up, as it is held."""
    if own is None:
        return (said - left).not_below_zero()
    return left.like(-(-(said - own).minor_units * payment.worth.minor_units // payment.amount.minor_units))


def _payment(position: OrderPosition, said: ExternalRefund) -> Payment | None:
    return next((each for each in position.order.payments if each.payment_id == said.payment_id), None)


def _worth_of_interest(said: Money, payment: Payment | None) -> Money:
    if payment is None or said.currency == payment.worth.currency:
        return said
    return payment.worth.like(payment.worth.minor_units * said.minor_units // payment.amount.minor_units)


def _with_rounding(interest: Money, beyond: Money) -> Money:
    """A minor unit more, where the rate leaves that beyond the price."""
    return interest + interest.like(1) if beyond == interest + interest.like(1) else interest


def _likely(position: OrderPosition, said: ExternalRefund, policy: Policy, interest: Money) -> Iterator[Money]:
    """What the amount may be meant for: the goods that are named, the extras with them, all shipping beside."""
    if said.lines is None:
        yield countable(position, position.order.price, said.payment_id or "") + interest
        return
    claims, extras = claim_named(position, said.lines)
    terms = Terms(Reason.MERCHANT_BREACH, None, said.at, extras=extras)
    goods = Money.total((each.amount for each in priced(position, claims, policy.promotion_refund)), interest.currency)
    with_extras = (each.amount for each in extras_back(position, claims, terms, policy))
    beside = goods + Money.total(with_extras, interest.currency)
    yield from (each + interest for each in (goods, beside, beside + position.shipping_left))
