"""What a refund gives back of the shipping, parcel by parcel, and why (rules 8 and 49)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.money.amounts import Money
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
