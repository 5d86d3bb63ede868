"""Amounts as PayPal writes them: in major units, with as many decimals as they give a currency."""

from decimal import Decimal, InvalidOperation

from domain.money.amounts import Money
from domain.money.currencies import DECIMALS
from gateways.ports import NotExpressible

_WHOLE = frozenset({"HUF", "JPY", "TWD"})
"""No decimals at PayPal, whatever ISO 4217 says: doc.oroinc.com, "PayPal Currency and Currency Codes", which repeats
developer.paypal.com/reference/currency-codes. Read on 2026-11-29."""


def to_theirs(amount: Money) -> dict[str, str]:
    """Raises NotExpressible for a part of their smallest unit."""
    value = Decimal(amount.minor_units).scaleb(-DECIMALS[amount.currency])
    written = value.quantize(Decimal(1).scaleb(-_decimals(amount.currency)))
    if written != value:
        raise NotExpressible(f"PayPal takes {amount.currency} in whole units, not {value}")
    return {"currency_code": amount.currency, "value": f"{written:f}"}


def to_ours(value: str, currency: str) -> Money:
    """Read an amount that they wrote; raises ValueError for what is none, or our minor units can't express."""
    try:
        units = Decimal(value).scaleb(DECIMALS[currency])
    except (InvalidOperation, KeyError) as unclear:
        raise ValueError(f"{value!r} {currency!r} is no amount of money") from unclear
    if not units.is_finite() or units != int(units):
        raise ValueError(f"{value} {currency} has more decimals than the currency")
    return Money(currency, int(units))


def counted(units: str, currency: str) -> Money:
    """Read an amount of a report: a whole number of the smallest units that they give a currency; raises ValueError."""
    if currency not in DECIMALS:
        raise ValueError(f"{currency!r} is no currency")
    if not (units.isascii() and units.isdigit()):
        raise ValueError(f"{units!r} is no whole number of the smallest unit of {currency}")
    return Money(currency, int(units) * int(10 ** (DECIMALS[currency] - _decimals(currency))))


def _decimals(currency: str) -> int:
    return 0 if currency in _WHOLE else DECIMALS[currency]
