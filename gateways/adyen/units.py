"""Amounts as Adyen counts them: the minor units of ISO 4217, but for four currencies."""

from domain.money.amounts import Money
from domain.money.currencies import DECIMALS
from gateways.ports import NotExpressible

_THEIRS = {"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}
"""Decimals that "differ from standard": docs.adyen.com/development-resources/currency-codes, read on 2026-11-29."""


def to_theirs(amount: Money) -> dict[str, str | int]:
    """Raises NotExpressible for a part of their smallest unit."""
    ours, theirs = DECIMALS[amount.currency], _decimals(amount.currency)
    return {"currency": amount.currency, "value": _counted(amount.minor_units, ours, theirs, amount.currency)}


def to_ours(units: int, currency: str) -> Money:
    """Raises NotExpressible for a part of our smallest unit, or a currency that is none."""
    if currency not in DECIMALS:
        raise NotExpressible(f"{currency!r} is no currency")
    return Money(currency, _counted(units, _decimals(currency), DECIMALS[currency], currency))


def _counted(units: int, of: int, to: int, currency: str) -> int:
    counted, rest = divmod(units * int(10**to), int(10**of))
    if rest:
        raise NotExpressible(f"{units} with {of} decimals of {currency} can't be said with {to}")
    return counted


def _decimals(currency: str) -> int:
    return _THEIRS.get(currency, DECIMALS[currency])
