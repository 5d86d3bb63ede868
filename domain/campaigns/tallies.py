"""What many orders of a customer come to, in a few figures: enough for every rule that looks at all of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.money.amounts import Money

ALL_ORDERS = ""
"""Stands for a campaign's id where every paid order counts, whichever campaigns there are."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What those orders of one currency come to that take part in a campaign, or all of them: ALL_ORDERS.

    `paid` for goods, `refunded` of that by settled refunds; so many `orders`, of which so many were `returned` whole.
    As a change, each figure says how much more it is than before.
    """

    campaign_id: str
    paid: Money
    refunded: Money
    orders: int
    returned: int

    @property
    def spend(self) -> Money:
        return self.paid - self.refunded

    def uses(self, *, restores: bool) -> int:
        """Count the orders that use a campaign up; a returned one gives its use back where that is restored."""
        return self.orders - self.returned if restores else self.orders


Tallies = tuple[Tally, ...]
"""At most one for each campaign and currency, none that comes to nothing."""


@dataclass(frozen=True, slots=True)
class SpendAt:
    """What orders count towards a tier at a moment: paid for goods in the time before it, less refunds until then."""

    at: datetime
    spend: Money


def summed(tallies: Iterable[Tally], *, less: Iterable[Tally] = ()) -> Tallies:
    """Add up what is of the same campaign and currency, and take others away."""
    figures: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for sign, signed in ((1, tallies), (-1, less)):
        for each in signed:
            known = figures[each.campaign_id, each.paid.currency]
            for place, figure in enumerate(_figures(each)):
                known[place] += sign * figure
    return tuple(
        Tally(campaign_id, Money(currency, paid), Money(currency, refunded), orders, returned)
        for (campaign_id, currency), (paid, refunded, orders, returned) in sorted(figures.items())
        if paid or refunded or orders or returned
    )


def _figures(tally: Tally) -> tuple[int, int, int, int]:
    return tally.paid.minor_units, tally.refunded.minor_units, tally.orders, tally.returned
