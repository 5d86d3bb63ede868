"""Amounts as other systems write them, exact to the minor unit or refused: nothing is rounded."""

import re
from decimal import Decimal

from domain.money.currencies import DECIMALS

MOST_MINOR = 10**12
"""No amount of ours is larger."""

_WRITTEN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,60})?")
_MOST_DIGITS = 40


class Inexact(ValueError):
    """It is no amount, or none in whole minor units."""


def minor_units(said: object, currency: str) -> int:
    """Read an amount in units of its currency, as "199.00", in its minor units.

    A number that JSON writes with a point comes as Decimal, digit by digit as it was written. Raises Inexact.
    """
    amount = _decimal(said) * 10 ** _decimals(currency)
    if amount != amount.to_integral_value():
        raise Inexact(f"{said} {currency} is no whole number of minor units: the currency has {_places(currency)}")
    if abs(amount) > MOST_MINOR:
        raise Inexact(f"{said} {currency} is more than an amount may be")
    return int(amount)


def in_units(minor: int, currency: str) -> str:
    """Write an amount for people, without its currency: 19900 as 199.00."""
    decimals = _decimals(currency)
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}" + (f".{rest:0{decimals}d}" if decimals else "")


def _decimal(said: object) -> Decimal:
    if isinstance(said, str) and _WRITTEN.fullmatch(said):
        return Decimal(said)
    if isinstance(said, int) and not isinstance(said, bool) and abs(said) <= MOST_MINOR:
        return Decimal(said)
    if isinstance(said, Decimal) and said.is_finite() and _is_short(said):
        return said
    raise Inexact(f"{str(said)[:60]!r} is no amount: write it as a decimal, like 199.00")


def _is_short(number: Decimal) -> bool:
    """A JSON number may have an exponent of any size, which nobody works out."""
    return len(number.as_tuple().digits) <= _MOST_DIGITS and abs(number.adjusted()) <= _MOST_DIGITS


def _decimals(currency: str) -> int:
    if currency not in DECIMALS:
        raise Inexact(f"{currency!r} is not an ISO 4217 currency that people pay with")
    return DECIMALS[currency]


def _places(currency: str) -> str:
    decimals = _decimals(currency)
    return f"{decimals} decimals" if decimals else "no decimals"
