"""Amounts and numbers as people type them."""

import re

from domain.money.currencies import DECIMALS

_AMOUNT = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,3}))?")
_NUMBER = re.compile(r"[0-9]{1,10}")


class NotAnAmount(ValueError):
    """What was typed is no amount of the currency."""


def minor_units(typed: str, currency: str) -> int:
    """Read an amount, "12.50" or "12"; raises NotAnAmount, also for more decimals than the currency has."""
    found = _AMOUNT.fullmatch(typed)
    decimals = DECIMALS[currency]
    if found is None or len(found.group(2) or "") > decimals:
        raise NotAnAmount(typed)
    return int(found.group(1) + (found.group(2) or "").ljust(decimals, "0"))


def whole_number(typed: str) -> int | str | None:
    """Read a number; nothing is none, and what is no number stays as it is: the API says what is wrong with it."""
    return int(typed) if _NUMBER.fullmatch(typed) else typed or None
