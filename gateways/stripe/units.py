"""Amounts as Stripe writes them: mostly the minor units of ISO 4217, but for eight currencies."""

from domain.money.amounts import Money
from gateways.ports import NotExpressible

_THEIRS_OF_OURS = {"ISK": (100, 1), "UGX": (100, 1), "MGA": (1, 100)}
"""How many of theirs so many of ours are. Read on docs.stripe.com/currencies, "Special cases" and "Zero-decimal"."""

_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Their last digit has to be 0, in refunds too. Read there, "Three-decimal currencies", on 2026-11-30."""


def to_theirs(amount: Money) -> int:
    """Raises NotExpressible for a part of their smallest unit."""
    theirs, ours = _THEIRS_OF_OURS.get(amount.currency, (1, 1))
    step = 10 if amount.currency in _TENS else ours
    if amount.minor_units % step:
        raise NotExpressible(f"Stripe takes {amount.currency} in steps of {step} minor units, not {amount.minor_units}")
    return amount.minor_units * theirs // ours


def to_ours(units: int, currency: str) -> Money:
    """Read an amount in a currency as they write it, in small letters."""
    code = currency.upper()
    theirs, ours = _THEIRS_OF_OURS.get(code, (1, 1))
    return Money(code, units * ours // theirs)
