"""Finding an instant that nobody can see from outside: by who has won the last races for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from random import Random

WITHIN_S = 0.05
"""Words are said from so long before the instant until so long after it."""

_STEP_S = 0.02


@dataclass(slots=True)
class Aim:
    """When to say a word, in seconds after what its instant is told by: later after each that came too early."""

    at_s: float = 0.0

    def note(self, *, came_first: bool) -> None:
        self.at_s += _STEP_S if came_first else -_STEP_S


def offsets(seed: int) -> Iterator[float]:
    """Spread moments evenly around the instant, in an order that nobody plans for."""
    steps = [WITHIN_S * step / 25 for step in range(-25, 26)]
    Random(seed).shuffle(steps)
    return cycle(steps)
