"""What the units of a refund are worth, before anything is taken off for what is missing or owed."""

from dataclasses import dataclass

from domain.claims.claims import Claim
from domain.claims.extras import ExtraBack
from domain.claims.shipping import ShippingBack
from domain.money.amounts import Money
from domain.settlement.fees import Fee
from domain.settlement.shipping import is_parted


@dataclass(frozen=True, slots=True)
class Worth:
    """What claims are worth with what comes back beside them, and the fees.

    `shipping_back` says of every parcel what comes back of sending it. Of money that moved elsewhere all of this says
    what that was for: what units cost beyond it was kept back, which is a fee.
    """

    claims: tuple[Claim, ...]
    extras: tuple[ExtraBack, ...]
    shipping: Money
    shipping_tax: Money
    fees: tuple[Fee, ...]
    overpaid: Money
    shipping_points: int = 0
    shipping_back: tuple[ShippingBack, ...] = ()

    @property
    def shipping_parts(self) -> tuple[ShippingBack, ...]:
        """What of the shipping is for which parcel, empty where they cost nothing by themselves."""
        return self.shipping_back if is_parted(self.shipping_back) else ()

    @property
    def goods(self) -> Money:
        return Money.total((claim.amount for claim in self.claims), self.shipping.currency)

    @property
    def less_fees(self) -> Money:
        """Goods, extras and shipping, less the fees."""
        beside = self.shipping + Money.total((each.amount for each in self.extras), self.shipping.currency)
        return self.goods + beside - Money.total((fee.amount for fee in self.fees), self.shipping.currency)

    @property
    def points_beside(self) -> int:
        """The points that come back with shipping and extras."""
        return self.shipping_points + sum(each.points for each in self.extras)
