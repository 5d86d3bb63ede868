"""Explains what goes back in another currency than the order's (rule 53)."""

from collections.abc import Iterator

from domain.claims.positions import OrderPosition
from domain.explain.explanations import Explanation, Figure, Input, Phrase
from domain.payout.choice import RefundTo
from domain.payout.external import ExternalPayout
from domain.settlement.settlement import Settlement


def explain_conversions(
    settlement: Settlement, position: OrderPosition, external: ExternalPayout | None
) -> Iterator[Explanation]:
    """Explain for each payment in another currency what its share is in that, where that is how it is paid."""
    for tender in settlement.payouts:
        if tender.converted is None or tender.goes_to is RefundTo.STORE_CREDIT:
            continue
        payment, before, own = tender.payment, position.paid_before(tender.payment), tender.converted.currency
        inputs: tuple[Input, ...] = (
            Input("captured", payment.amount.minor_units, own),
            Input("share_before", before.worth.minor_units, tender.amount.currency),
            Input("share", tender.amount.minor_units, tender.amount.currency),
            Input("worth", payment.worth.minor_units, tender.amount.currency),
            Input("refunded_before", before.own.minor_units, own),
        )
        phrase, formula = Phrase.CONVERTED, "max(captured * (share_before + share) // worth - refunded_before, 0)"
        result = tender.converted.minor_units
        if external is not None and external.own is not None:
            phrase, formula = Phrase.CONVERTED_EXTERNAL, "said"
            inputs = Input("said", result, own), Input("share", tender.amount.minor_units, tender.amount.currency)
        yield Explanation(
            Figure.CONVERTED, payment.payment_id, 53, phrase, result, own, formula, inputs, about=payment.method
        )
