"""What points are worth in money: so many minor units for so many points, always floored (rule 20)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from domain.money.amounts import Money

Written = int | str
"""How a policy writes the value of a point: whole minor units, or a decimal of them as text, like "0.5"."""


@dataclass(frozen=True, slots=True)
class PointWorth:
    """So many minor units of a currency for so many points, in lowest terms; 176 points at "0.5" are worth 0.88."""

    currency: str
    minor_units: int
    points: int = 1

    @classmethod
    def written(cls, currency: str, value: Written) -> Self:
        ratio = Fraction(value)
        return cls(currency, ratio.numerator, ratio.denominator)

    def of(self, points: int) -> Money:
        """Return what points are worth in whole minor units; a part of one is the customer's."""
        return Money(self.currency, points * self.minor_units // self.points)
