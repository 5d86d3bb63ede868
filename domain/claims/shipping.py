"""What a refund gives back of the shipping, parcel by parcel, and why (rules 8 and 49)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money.amounts import Money, split
from domain.sale.orders import Shipping
from domain.sale.sales import Sale
from domain.sale.shipments import Shipment, units_of
from domain.sale.units import Units


class ShippingDecision(StrEnum):
    """Why this refund carries what is left of the shipping, or why not."""

    MERCHANT_INCLUDES_IT = "merchant_includes_it"
    GIVEN = "given"
    FIRST_UNITS = "first_units"
    FULL_RETURN = "full_return"
    MERCHANT_LEAVES_IT_OUT = "merchant_leaves_it_out"
    NO_UNITS = "no_units"
    NOT_COMPLETE = "not_complete"
    NEVER = "never"
    OTHER_PARCEL = "other_parcel"

    @property
    def is_due(self) -> bool:
        """Whether all that is left comes back."""
        return self in (self.MERCHANT_INCLUDES_IT, self.FIRST_UNITS, self.FULL_RETURN)


@dataclass(frozen=True, slots=True)
class ShippingBack:
    """What one refund gives back of what was paid for sending a parcel: money, the tax inside, and points.

    `shipment_id` is empty for what is in no parcel, and where the order does not tell what each parcel cost.
    """

    shipment_id: str
    decision: ShippingDecision
    amount: Money
    tax: Money
    points: int = 0


@dataclass(frozen=True, slots=True)
class ShippingPart:
    """What was paid for sending one parcel, or what is in none, after discounts on shipping; `units` by line."""

    shipment_id: str
    paid: Money
    tax: Money
    units: Mapping[str, Units]
    points: int = 0


def shipping_parts(sale: Sale, shipping: Shipping, shipments: Sequence[Shipment]) -> tuple[ShippingPart, ...]:
    """Part what was paid for shipping over the parcels, by what each cost; where nobody says that, it is one part.

    What is in no parcel yet has the rest. Taxes that nobody tells apart are split like the amounts.
    """
    sold = {line.line_id: line.all_units for line in sale.lines}
    if all(shipment.amount is None for shipment in shipments):
        return (ShippingPart("", sale.shipping_paid, sale.shipping_tax, sold, sale.shipping_points),)
    *parcels, rest = units_of(shipments, sold)
    amounts = _with_the_rest([shipment.amount for shipment in shipments], shipping.amount)
    taxes = amounts
    if any(shipment.tax is not None for shipment in shipments):
        taxes = _with_the_rest([shipment.tax for shipment in shipments], shipping.tax)
    paid, tax = split(sale.shipping_paid.minor_units, amounts), split(sale.shipping_tax.minor_units, taxes)
    points = split(sale.shipping_points, amounts)
    names = [*(shipment.shipment_id for shipment in shipments), ""]
    parts = (
        ShippingPart(name, shipping.amount.like(amount), shipping.amount.like(inside), units, of_points)
        for name, amount, inside, units, of_points in zip(names, paid, tax, [*parcels, rest], points, strict=True)
    )
    return tuple(part for part in parts if part.shipment_id or part.paid or part.tax or part.points or part.units)


def _with_the_rest(said: Sequence[Money | None], whole: Money) -> list[int]:
    known = [0 if each is None else each.minor_units for each in said]
    return [*known, max(whole.minor_units - sum(known), 0)]
