"""Units of one order line, counted from zero, and what a whole comes to on some of them (rule 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Units:
    """A set of units as sorted half-open ranges that do not touch: ((0, 2), (5, 6)) is units 0, 1 and 5."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of_line(cls, quantity: int) -> Self:
        return cls(((0, quantity),) if quantity else ())

    @classmethod
    def union(cls, sets: Iterable[Self]) -> Self:
        """Join sets of units; a unit named twice counts once."""
        joined: list[tuple[int, int]] = []
        for start, end in sorted(each for one in sets for each in one.ranges):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        return cls(tuple(joined))

    @property
    def count(self) -> int:
        return sum(end - start for start, end in self.ranges)

    def without(self, taken: Self) -> Self:
        left = list(self.ranges)
        for cut_start, cut_end in taken.ranges:
            left = [piece for start, end in left for piece in _cut(start, end, cut_start, cut_end)]
        return type(self)(tuple(left))

    def within(self, others: Self) -> Self:
        """Keep those units that are among others too."""
        return self.without(self.without(others))

    def places_in(self, whole: Self) -> "Units":
        """Return these units as places among those of `whole`, counted from zero: 4 and 5 of 1, 4, 5 are 1, 2."""
        places: list[Units] = []
        before = 0
        for start, end in whole.ranges:
            inside = ((max(start, left), min(end, right)) for left, right in self.ranges)
            places += [
                Units(((before + left - start, before + right - start),)) for left, right in inside if left < right
            ]
            before += end - start
        return Units.union(places)

    def first(self, quantity: int) -> Self:
        """Take the first `quantity` units, or all if there are fewer."""
        taken: list[tuple[int, int]] = []
        for start, end in self.ranges:
            here = min(end - start, quantity)
            if here > 0:
                taken.append((start, start + here))
                quantity -= here
        return type(self)(tuple(taken))

    def share_of(self, whole: int, quantity: int) -> int:
        """Return what these units carry of a `whole` that is split evenly over `quantity` units.

        The first units carry the odd ones: 29000 over 3 is 9667, 9667, 9666.
        """
        base, odd = divmod(whole, quantity)
        return sum(base * (end - start) + max(0, min(end, odd) - start) for start, end in self.ranges)

    def portion_of(self, whole: int, quantity: int) -> int:
        """Return what these carry of a `whole` that is spread over `quantity` thousandths of a measure (rule 48).

        Each carries as much as with `share_of`, or one more or less, but the odd ones are spread over the whole
        length: so any part comes to its proportion, to the nearest. The parts sum to the whole in any order.
        """
        return sum(_up_to(end, whole, quantity) - _up_to(start, whole, quantity) for start, end in self.ranges)


def _up_to(end: int, whole: int, quantity: int) -> int:
    return (2 * whole * end + quantity) // (2 * quantity)


def _cut(start: int, end: int, cut_start: int, cut_end: int) -> list[tuple[int, int]]:
    pieces = [(start, min(end, cut_start)), (max(start, cut_end), end)]
    return [(left, right) for left, right in pieces if left < right]
