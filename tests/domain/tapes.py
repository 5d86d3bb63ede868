"""A generated case as a row of numbers, a byte a choice.

Hypothesis draws the row at once and this reads it. That is many times faster than a draw a choice, and a failure still
shrinks to plain cases: a row of zeros always picks the first choice.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

Choice = TypeVar("Choice")


class Tape:
    """Numbers that are read from the front; past the end there are only zeros."""

    def __init__(self, numbers: bytes) -> None:
        self._numbers = iter(numbers)

    def up_to(self, most: int) -> int:
        """Read a number from zero to `most`, which is below 65,536."""
        number = next(self._numbers, 0)
        if most > 255:
            number = number * 256 + next(self._numbers, 0)
        return number % (most + 1)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return choices[self.up_to(len(choices) - 1)]

    def is_one_in(self, chances: int) -> bool:
        return self.up_to(chances - 1) == chances - 1

    def price(self) -> int:
        """Minor units from nothing to 216,000, a good part of them only a few."""
        return self.up_to(600) ** 3 // 1_000

    def percent(self) -> int:
        """From 0 to 100, often all of it."""
        return min(self.up_to(124), 100)

    def several(self, most: int, read: "Callable[[Tape], Choice]") -> list[Choice]:
        return [read(self) for _ in range(self.up_to(most))]


def read_by(read: Callable[[Tape], Choice], length: int) -> st.SearchStrategy[Choice]:
    """Whatever `read` makes of a tape of this length."""
    return _read(read, length)


@st.composite
def _read(draw: st.DrawFn, read: Callable[[Tape], Choice], length: int) -> Choice:
    return read(Tape(draw(st.binary(min_size=length, max_size=length))))
