"""What units of a line were sold for, and what any of them carry of it (rules 4 and 48)."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.money.amounts import Money
from domain.sale.measures import Measure
from domain.sale.units import Units


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What one of the order's reductions, by its place in them, took off a line."""

    discount: int
    amount: Money


class Figures(ABC):
    """What all units together come to, and how it is split over them; `places` are units as counted from the first."""

    __slots__ = ()

    gross: Money
    discount_shares: tuple[DiscountShare, ...]
    paid: Money
    tax: Money
    points_spent: int
    measure: Measure | None

    @property
    @abstractmethod
    def count(self) -> int:
        """How many units they are, or thousandths of what is measured."""

    def gross_at(self, places: Units) -> Money:
        """Return what units cost before discounts; of what is measured, their price with what was taken off it.

        So nothing is ever paid with more than it cost, whichever way the two are rounded.
        """
        if self.measure is None:
            return self.gross.like(places.share_of(self.gross.minor_units, self.count))
        off = Money.total((share.amount for share in self.shares_at(places)), self.gross.currency)
        return off + self.price_at(places)

    def shares_at(self, places: Units) -> tuple[DiscountShare, ...]:
        """Return what each discount took off units: the difference it makes to how the line is split (rule 4)."""
        if self.measure is not None:
            return tuple(
                DiscountShare(each.discount, self._part_of(each.amount, places)) for each in self.discount_shares
            )
        shares: list[DiscountShare] = []
        left = self.gross.minor_units
        before = places.share_of(left, self.count)
        for share in self.discount_shares:
            left -= share.amount.minor_units
            after = places.share_of(left, self.count)
            shares.append(DiscountShare(share.discount, self.gross.like(before - after)))
            before = after
        return tuple(shares)

    def price_at(self, places: Units) -> Money:
        return self._part_of(self.paid, places)

    def tax_at(self, places: Units) -> Money:
        if self.measure is not None and self.paid and not self.tax.exceeds(self.paid):
            return self.tax.like(sum(self._tax_up_to(end) - self._tax_up_to(start) for start, end in places.ranges))
        return self._part_of(self.tax, places)

    def points_at(self, places: Units) -> int:
        return self._part_of(self.paid.like(self.points_spent), places).minor_units

    def _part_of(self, whole: Money, places: Units) -> Money:
        split = places.share_of if self.measure is None else places.portion_of
        return whole.like(split(whole.minor_units, self.count))

    def _tax_up_to(self, end: int) -> int:
        """Go by the price, so that no part has more tax than money, whichever way the two are rounded."""
        return self.tax.portion(self._part_of(self.paid, Units.of_line(end)), self.paid).minor_units


@dataclass(frozen=True, slots=True)
class SoldUnits(Figures):
    """Some units of a line, at least one, with what they were sold for together."""

    units: Units
    gross: Money
    discount_shares: tuple[DiscountShare, ...]
    paid: Money
    tax: Money
    points_spent: int
    measure: Measure | None = None

    @property
    def count(self) -> int:
        return self.units.count


def by_discount(parts: Iterable[SoldUnits]) -> Mapping[int, int]:
    """Sum up what each discount, by its place, took off some units, in minor units."""
    taken: dict[int, int] = defaultdict(int)
    for share in (share for part in parts for share in part.discount_shares):
        taken[share.discount] += share.amount.minor_units
    return taken
