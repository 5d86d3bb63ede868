"""Explains what was never paid and so is not paid out, and what comes back beside the price (rule 50)."""

from collections.abc import Iterator

from domain.claims.positions import OrderPosition
from domain.explain.explanations import Explanation, Figure, Input, Phrase
from domain.money.amounts import Money
from domain.payout.external import ExternalPayout
from domain.settlement.owed import share_at_fault
from domain.settlement.settlement import Settlement


def explain_beside_the_price(
    settlement: Settlement, position: OrderPosition, external: ExternalPayout | None
) -> Iterator[Explanation]:
    """Explain the interest of each payment, and the cents that were paid too much."""
    currency = settlement.total.currency
    if external is not None:
        yield from _interest_elsewhere(settlement, position)
    elif settlement.interest:
        yield from _interest_back(settlement, position)
    if settlement.overpaid:
        left = settlement.overpaid.minor_units
        too_much = Input("overpaid", left, currency)
        yield Explanation(Figure.OVERPAID, "", 50, Phrase.OVERPAID, left, currency, "overpaid", (too_much,))
    if settlement.paid_after_all:
        yield _paid_after_all(settlement.paid_after_all, position)


def _paid_after_all(back: Money, position: OrderPosition) -> Explanation:
    lessened, not_paid = position.lessened.minor_units, position.not_paid_yet.minor_units
    before = max(lessened - not_paid, 0) - position.paid_after_all.minor_units
    inputs = (
        Input("lessened", lessened, back.currency),
        Input("not_paid_yet", not_paid, back.currency),
        Input("refunded_before", before, back.currency),
    )
    formula = "max(lessened - not_paid_yet, 0) - refunded_before"
    figure, phrase = Figure.PAID_AFTER_ALL, Phrase.PAID_AFTER_ALL
    return Explanation(figure, "", 50, phrase, back.minor_units, back.currency, formula, inputs)


def _interest_elsewhere(settlement: Settlement, position: OrderPosition) -> Iterator[Explanation]:
    """What the merchant, or the bank, says is interest; what went beyond the price is so without a word."""
    currency, methods = settlement.total.currency, {each.payment_id: each.method for each in position.order.payments}
    for part in settlement.interest:
        amount, about = part.amount.minor_units, methods[part.payment_id]
        said, phrase = Input("interest", amount, currency), Phrase.INTEREST_EXTERNAL
        yield Explanation(Figure.INTEREST, part.payment_id, 50, phrase, amount, currency, "interest", (said,), about)


def _interest_back(settlement: Settlement, position: OrderPosition) -> Iterator[Explanation]:
    currency = settlement.total.currency
    share = share_at_fault(position, settlement.claims, settlement.at_fault)
    shares = Input("at_fault", share.part, currency), Input("sold", share.whole, currency)
    payments = {payment.payment_id: payment for payment in position.order.payments}
    for part in settlement.interest:
        payment = payments[part.payment_id]
        inputs = (
            Input("interest", payment.interest_paid.minor_units, currency),
            *shares,
            Input("refunded_before", position.interest_returned(payment).minor_units, currency),
        )
        formula = "max(interest * at_fault // sold - refunded_before, 0)"
        result, about = part.amount.minor_units, payment.method
        yield Explanation(
            Figure.INTEREST, part.payment_id, 50, Phrase.INTEREST, result, currency, formula, inputs, about
        )


def explain_lessened(settlement: Settlement, position: OrderPosition) -> Iterator[Explanation]:
    """Explain what is taken off what is owed, and off each payment that is not captured."""
    if settlement.lessened is None:
        return
    currency, due = settlement.total.currency, settlement.comes_to.minor_units
    if settlement.lessened.owed:
        inputs = Input("due", due, currency), Input("owed", position.owed_left.minor_units, currency)
        owed = settlement.lessened.owed.minor_units
        yield Explanation(Figure.OWED, "", 50, Phrase.OWED, owed, currency, "min(due, owed)", inputs)
        due -= owed
    uncaptured = {payment.payment_id: (payment, left) for payment, left in position.uncaptured_left}
    for part in settlement.lessened.released:
        payment, left = uncaptured[part.payment_id]
        released, about = part.amount.minor_units, payment.method
        inputs = Input("due", due, currency), Input("not_captured", left.minor_units, currency)
        phrase, formula = Phrase.RELEASED, "min(due, not_captured)"
        yield Explanation(Figure.RELEASED, part.payment_id, 50, phrase, released, currency, formula, inputs, about)
        due -= released
