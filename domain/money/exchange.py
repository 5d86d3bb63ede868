"""A payment in another currency than its order's: what it is worth at the rate of the sale (rule 53)."""

import re
from fractions import Fraction

from domain.money.amounts import Money
from domain.money.currencies import DECIMALS

_RATE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


def rate(written: str) -> Fraction:
    """Read a rate: how much of the order's currency one unit of the payment's is, like "7.1234".

    Raises ValueError for what is no decimal, and for zero.
    """
    if not _RATE.fullmatch(written) or not Fraction(written):
        raise ValueError(
            'write a rate as a decimal above zero, in a text: "7.1234", with at most 12 digits on each side'
        )
    return Fraction(written)


def exactly(amount: Money, at: Fraction, currency: str) -> Fraction:
    """Return what an amount is at a rate in minor units of `currency`, before any rounding."""
    shift = Fraction(10) ** (DECIMALS[currency] - DECIMALS[amount.currency])
    return amount.minor_units * at * shift


def worth(amount: Money, at: Fraction, currency: str) -> Money:
    """Return what an amount is at a rate, rounded half up."""
    exact = exactly(amount, at, currency)
    return Money(currency, (2 * exact.numerator + exact.denominator) // (2 * exact.denominator))


def fits(amount: Money, at: Fraction, share: Money) -> bool:
    """Tell whether `share` is what an amount is at a rate, rounded up or down."""
    return abs(share.minor_units - exactly(amount, at, share.currency)) < 1
