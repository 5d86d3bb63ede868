"""Explains what comes back of the shipping, parcel by parcel, and the tax inside it (rules 8 and 49)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.claims.claims import Claim
from domain.claims.positions import OrderPosition
from domain.claims.shipping import ShippingBack, ShippingDecision, ShippingPart, shipping_parts
from domain.explain.explanations import UNITS, Explanation, Figure, Input, Part, Phrase, added_up
from domain.money.amounts import Money
from domain.policy import Policy
from domain.settlement.settlement import Settlement, Terms
from domain.settlement.shipping import deciding_reason, is_parted


@dataclass(frozen=True, slots=True)
class ShippingGrounds:
    """What the shipping of a settlement was worked out from; `back` says what became of each parcel's."""

    position: OrderPosition
    terms: Terms
    policy: Policy
    back: tuple[ShippingBack, ...]


def explain_shipping(settlement: Settlement, grounds: ShippingGrounds) -> Iterator[Explanation]:
    """Explain the shipping, each parcel's where they cost something by themselves, and the tax inside."""
    if grounds.terms.external is not None:
        yield from _external(settlement, grounds, grounds.terms.external.price)
        return
    if is_parted(grounds.back):
        yield from _parcels(settlement, grounds)
        yield _by_parcel(settlement, grounds.back)
    else:
        yield _at_once(settlement, grounds)
    if grounds.position.sale.shipping_tax:
        yield _tax(settlement, grounds)


def _external(settlement: Settlement, grounds: ShippingGrounds, amount: Money) -> Iterator[Explanation]:
    """What moved elsewhere beyond the goods, the extras and cents paid too much was for the shipping (rule 51)."""
    position, shipping, tax = grounds.position, settlement.shipping, settlement.shipping_tax
    less = [_input("goods", settlement.goods), _input("extras", settlement.extras_paid)]
    less += [_input("overpaid", settlement.overpaid)] if settlement.overpaid else []
    moved = _input("amount", amount)
    yield Explanation(
        Figure.SHIPPING,
        "",
        51,
        Phrase.SHIPPING_EXTERNAL,
        shipping.minor_units,
        shipping.currency,
        f"max({added_up([moved], less)}, 0)",
        (moved, *less),
    )
    if is_parted(grounds.back):
        yield from _parcels(settlement, grounds)
    if not position.sale.shipping_tax:
        return
    if is_parted(grounds.back):
        yield _tax(settlement, grounds)
        return
    before = position.sale.shipping_tax - position.shipping_tax_left
    inputs = (_input("paid", position.sale.shipping_tax), _input("refunded_before", before))
    beside = (_input("shipping", shipping), _input("shipping_left", position.shipping_left))
    formula = "(2 * (paid - refunded_before) * shipping + shipping_left) // (2 * shipping_left)" if shipping else "0"
    yield _of_tax(tax, formula, (*inputs, *beside))


def _at_once(settlement: Settlement, grounds: ShippingGrounds) -> Explanation:
    (back,), position = grounds.back, grounds.position
    before = position.sale.shipping_paid - position.shipping_left
    inputs, formula = _inputs(back, position.sale.shipping_paid, before)
    return Explanation(
        Figure.SHIPPING,
        "",
        49 if back.decision is ShippingDecision.GIVEN else 8,
        Phrase(f"shipping.{back.decision}"),
        settlement.shipping.minor_units,
        settlement.total.currency,
        formula,
        inputs,
        about=_reason(settlement.claims, grounds),
    )


def _parcels(settlement: Settlement, grounds: ShippingGrounds) -> Iterator[Explanation]:
    """Explain each parcel of which anything is refunded; parcels are counted as the order lists them."""
    order = grounds.position.order
    parts = shipping_parts(grounds.position.sale, order.shipping, grounds.terms.shipments)
    left, place = grounds.position.shipping_left, 0
    for place, (part, back) in enumerate(zip(parts, grounds.back, strict=True), 1):
        if back.decision is not ShippingDecision.OTHER_PARCEL:
            inputs, formula = _inputs(back, part.paid, _refunded_before(part, grounds.position))
            if back.decision.is_due:
                inputs, formula = (*inputs, _input("left", left)), "min(max(paid - refunded_before, 0), left)"
            yield Explanation(
                Figure.SHIPMENT,
                back.shipment_id,
                49,
                Phrase(f"shipment.{back.decision}"),
                back.amount.minor_units,
                back.amount.currency,
                formula,
                (*inputs, Input("parcel", place, UNITS)),
                about=_reason(settlement.claims, grounds),
            )
        left -= back.amount


def _by_parcel(settlement: Settlement, back: Sequence[ShippingBack]) -> Explanation:
    shares = [
        Input(f"parcel_{place}", each.amount.minor_units, each.amount.currency, Part.OF_PARCEL, str(place))
        for place, each in enumerate(back, 1)
        if each.amount
    ]
    shipping = settlement.shipping
    phrase = Phrase.SHIPPING_BY_PARCEL if shares else Phrase.SHIPPING_OF_NO_PARCEL
    return Explanation(
        Figure.SHIPPING, "", 49, phrase, shipping.minor_units, shipping.currency, added_up(shares), tuple(shares)
    )


def _tax(settlement: Settlement, grounds: ShippingGrounds) -> Explanation:
    """The tax inside the shipping, where there is any."""
    position, tax = grounds.position, settlement.shipping_tax
    paid, left = position.sale.shipping_tax, position.shipping_tax_left
    inputs: tuple[Input, ...] = (_input("paid", paid), _input("refunded_before", paid - left))
    formula = added_up(inputs[:1], inputs[1:]) if grounds.back[0].decision.is_due else "0"
    if is_parted(grounds.back):
        inputs = tuple(_input(f"parcel_{place}", each.tax) for place, each in enumerate(grounds.back, 1) if each.tax)
        formula = added_up(inputs)
    elif grounds.back[0].decision is ShippingDecision.GIVEN and settlement.shipping != position.shipping_left:
        price, shipping_left = position.sale.shipping_paid, position.shipping_left
        inputs = (_input("tax", paid), _input("tax_left", left), _input("price", price), _input("left", shipping_left))
        formula = (
            "max(min((2 * tax * shipping + price) // (2 * price), tax_left, shipping), "
            "min(tax_left - left + shipping, shipping), 0)"
        )
    elif grounds.back[0].decision is ShippingDecision.GIVEN and settlement.shipping:
        formula = added_up(inputs[:1], inputs[1:])
    return _of_tax(tax, formula, (*inputs, _input("shipping", settlement.shipping)))


def _of_tax(tax: Money, formula: str, inputs: tuple[Input, ...]) -> Explanation:
    return Explanation(Figure.SHIPPING_TAX, "", 8, Phrase.SHIPPING_TAX, tax.minor_units, tax.currency, formula, inputs)


def _inputs(back: ShippingBack, paid: Money, before: Money) -> tuple[tuple[Input, ...], str]:
    inputs = (_input("paid", paid), _input("refunded_before", before))
    if back.decision is ShippingDecision.GIVEN:
        return (*inputs, _input("asked", back.amount)), "asked"
    return inputs, added_up(inputs[:1], inputs[1:]) if back.decision.is_due else "0"


def _refunded_before(part: ShippingPart, position: OrderPosition) -> Money:
    before = (each for refund in position.refunds for each in refund.shipping_parts)
    return Money.total((each.amount for each in before if each.shipment_id == part.shipment_id), part.paid.currency)


def _reason(claims: Sequence[Claim], grounds: ShippingGrounds) -> str:
    moved = [claim for claim in claims if not claim.is_adjustment]
    return deciding_reason(grounds.policy, grounds.terms.reasons_of(moved))


def _input(name: str, amount: Money) -> Input:
    return Input(name, amount.minor_units, amount.currency)
