"""What is wrong with a settlement report that can't be read, and how its amounts are."""

import io
import re
from typing import BinaryIO

from domain.money.amounts import Money
from domain.money.currencies import DECIMALS

_AMOUNT = re.compile(r"-?([0-9]{1,15})(?:\.([0-9]+))?")


class ReportFault(Exception):
    """A report can't be read: nothing of it is taken. Says at which line, from 1, and what would be right."""


class Bounded(io.RawIOBase):
    """Reads another file up to a number of bytes; then raises ReportFault, so that a small packed one can't fill us."""

    def __init__(self, report: BinaryIO, most: int) -> None:
        self._report = report
        self._most = self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        some = self._report.read(len(buffer))
        self._left -= len(some)
        if self._left < 0:
            raise ReportFault(f"unpacked, the report has more than {self._most} bytes: send it in parts")
        buffer[: len(some)] = some
        return len(some)


def amount_moved(currency: str, text: str, place: int, field: str) -> Money:
    """Read a decimal number exactly, to the minor unit, without its sign; raises ReportFault."""
    if currency not in DECIMALS:
        raise ReportFault(f"line {place}: {currency!r} is no currency: an ISO 4217 code is awaited")
    decimals, found = DECIMALS[currency], _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ReportFault(f"line {place}, {field}: {text!r} is no amount: a decimal number like 12.34 is awaited")
    whole, fraction = found[1], found[2] or ""
    if fraction[decimals:].strip("0"):
        raise ReportFault(f"line {place}, {field}: {text} is finer than {currency}, which has {decimals} decimals")
    return Money(currency, int(whole + fraction[:decimals].ljust(decimals, "0")))
