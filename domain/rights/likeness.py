"""How alike two pictures are: the same one written anew, made smaller or cut at its edges is known again.

A likeness is 64 bits: which of the longest waves across and down a small grey picture are stronger than the middle
one. Likenesses of one picture differ in a few bits, those of two in about half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, pi
from operator import mul

SIDE = 32
"""A grey picture of so many pixels across and down is looked at."""

SAME_WITHIN_BITS = 7
"""So few bits differ where it is the same picture: one quarter of them differs in one at most, by which it is found."""

QUARTERS = 4
_BITS = 64
_QUARTER = _BITS // QUARTERS
_WAVES = 8
_MASK = (1 << _QUARTER) - 1


def likeness(grey: Sequence[int]) -> int:
    """Work out the likeness of SIDE × SIDE shades of grey, row by row."""
    waves = _waves()
    rows = [grey[place : place + SIDE] for place in range(0, SIDE * SIDE, SIDE)]
    across = [[sum(map(mul, row, wave)) for row in rows] for wave in waves]
    strengths = [sum(map(mul, column, wave)) for column in across[:_WAVES] for wave in waves[:_WAVES]]
    strengths[0] = sum(map(mul, across[_WAVES], waves[0]))  # how bright it is on the whole says nothing
    middle = sorted(strengths)[_BITS // 2]
    return sum(1 << place for place, strength in enumerate(strengths) if strength > middle)


@cache
def _waves() -> list[list[float]]:
    return [[cos(pi * (2 * x + 1) * many / (2 * SIDE)) for x in range(SIDE)] for many in range(_WAVES + 1)]


@dataclass(frozen=True, slots=True)
class Looks:
    """What a picture looks like as it is, and with its edges cut off as `edges` says."""

    whole: int
    cut: tuple[int, ...]

    def is_like(self, other: int, *, is_whole: bool) -> bool:
        """Whether another picture looks like this one or a cut of it; of a cut of another, whether like this one."""
        own = (self.whole, *self.cut) if is_whole else (self.whole,)
        return any((each ^ other).bit_count() <= SAME_WITHIN_BITS for each in own)


def quarters(one: int) -> tuple[int, ...]:
    """Cut a likeness into numbers by which it is looked up."""
    return tuple(one >> (place * _QUARTER) & _MASK for place in range(QUARTERS))


def near(quarter: int) -> list[int]:
    """All numbers that differ from a quarter in no bit or one."""
    return [quarter, *(quarter ^ (1 << bit) for bit in range(_QUARTER))]


_CUT = 0.05
"""Of a side. What is cut less is between two that are looked at, and near enough to one of them."""


Edges = tuple[float, float, float, float]


def edges() -> list[Edges]:
    """How much is cut off left, above, right and below: all sides, all half as much, one side, two that meet."""
    cut = _CUT
    sides: list[Edges] = [(cut, 0, 0, 0), (0, cut, 0, 0), (0, 0, cut, 0), (0, 0, 0, cut)]
    corners: list[Edges] = [(cut, cut, 0, 0), (0, cut, cut, 0), (0, 0, cut, cut), (cut, 0, 0, cut)]
    return [(cut, cut, cut, cut), (cut / 2, cut / 2, cut / 2, cut / 2), *sides, *corners]
