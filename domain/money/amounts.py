"""Money in whole minor units, split so that the parts always sum to the whole (rules 1 and 2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from domain.money.currencies import DECIMALS


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies met in one sum (rule 1)."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one ISO 4217 currency; it may be negative, never a fraction (rule 1)."""

    currency: str
    minor_units: int

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(currency, 0)

    @classmethod
    def total(cls, amounts: Iterable[Self], currency: str) -> Self:
        """Add up `amounts`, all in `currency`; nothing comes to zero."""
        whole = cls.zero(currency)
        return whole.like(sum(whole._same_currency(amount) for amount in amounts))

    def __add__(self, other: Self) -> Self:
        return self.like(self.minor_units + self._same_currency(other))

    def __sub__(self, other: Self) -> Self:
        return self.like(self.minor_units - self._same_currency(other))

    def __bool__(self) -> bool:
        return self.minor_units != 0

    def exceeds(self, other: Self) -> bool:
        return self.minor_units > self._same_currency(other)

    def reaches(self, other: Self) -> bool:
        """Tell whether this is at least `other`: thresholds are inclusive (rule 21)."""
        return self.minor_units >= self._same_currency(other)

    def at_most(self, other: Self) -> Self:
        return other if self.exceeds(other) else self

    def not_below_zero(self) -> Self:
        return self.like(max(self.minor_units, 0))

    def portion(self, part: Self, whole: Self) -> Self:
        """Take the part-to-whole share of this amount, rounded half up; a zero whole gives zero."""
        dividend, divisor = self._same_currency(part), self._same_currency(whole)
        if divisor == 0:
            return self.like(0)
        return self.like((2 * self.minor_units * dividend + divisor) // (2 * divisor))

    def times(self, count: int) -> Self:
        return self.like(self.minor_units * count)

    def basis_points(self, rate_bp: int) -> Self:
        """Take `rate_bp` ten-thousandths of this amount, rounded half up."""
        return self.portion(self.like(rate_bp), self.like(10_000))

    def allocate(self, weights: Sequence[int]) -> list[Self]:
        """Split exactly in proportion to `weights` (rule 2)."""
        return [self.like(part) for part in split(self.minor_units, weights)]

    def like(self, minor_units: int) -> Self:
        return type(self)(self.currency, minor_units)

    def __str__(self) -> str:
        """Write it for people, with as many decimals as its currency has: 12.34 EUR, 500 JPY, ¥547.50."""
        decimals = DECIMALS.get(self.currency, 2)
        whole, rest = divmod(abs(self.minor_units), 10**decimals)
        sign = "-" if self.minor_units < 0 else ""
        amount = f"{sign}{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
        return f"¥{amount}" if self.currency == "CNY" else f"{amount} {self.currency}"

    def _same_currency(self, other: Self) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} with {other.currency}")
        return other.minor_units


def split(whole: int, weights: Sequence[int]) -> list[int]:
    """Split a non-negative whole number in proportion to `weights` by largest remainder (rule 2).

    The earliest weight wins a tie and the parts sum to the whole: 299 over 4300/1400/2300 is
    161/52/86. Weights that are all zero split evenly. Raises ValueError for a negative whole
    or weight, or for no weights at all.
    """
    if whole < 0 or not weights or min(weights) < 0:
        raise ValueError(f"cannot split {whole} over {list(weights)}: need a whole and weights of zero or more")
    if not any(weights):
        weights = [1] * len(weights)
    total = sum(weights)
    parts = [whole * weight // total for weight in weights]
    if odd := whole - sum(parts):
        remainders = [whole * weight % total for weight in weights]
        by_remainder = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)  # equal ones stay in order
        for place in by_remainder[:odd]:
            parts[place] += 1
    return parts
