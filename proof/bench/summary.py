"""From what was measured in several rounds to the figures that are told: medians, spreads, percentiles, ratios."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

Key = tuple[str, int]
"""What was measured, and with how many callers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of a round.

    per_s: how many were done a second. times: by part, how long each took, in milliseconds. cpu_ms: by program, what
    one of them cost. others: how many cores were used by whoever else was on the machine.
    """

    per_s: float
    times: Mapping[str, Sequence[float]]
    cpu_ms: Mapping[str, float]
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, with the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        known = sorted(values)
        return cls(median(known), known[0], known[-1])

    @property
    def told(self) -> list[float]:
        """Median, least, most."""
        return [round(each, 3) for each in (self.median, self.least, self.most)]


Rounds = Sequence[Mapping[Key, Sample]]


def percentile(times: Sequence[float], part: float) -> float:
    """The least time that this part of all does not exceed: 0.5 is the lower median, 0.99 all but one of a hundred."""
    known = sorted(times)
    return known[max(ceil(part * len(known)), 1) - 1]


def rate(rounds: Rounds, key: Key) -> Spread:
    return Spread.of(each[key].per_s for each in rounds)


def ratio(rounds: Rounds, one: Key, other: Key) -> Spread:
    """How many times as fast one is as the other, round by round: what slows a round down slows both."""
    return Spread.of(each[one].per_s / each[other].per_s for each in rounds)


def all_times(rounds: Rounds, key: Key, part: str) -> list[float]:
    """Every time of every round."""
    return [time for each in rounds for time in each[key].times[part]]


def ratio_of_times(rounds: Rounds, one: Key, other: Key, part: str, at: float) -> float:
    """How many times as long one takes as the other, at a percentile of all rounds together."""
    return percentile(all_times(rounds, one, part), at) / percentile(all_times(rounds, other, part), at)


def cpu_ms(rounds: Rounds, key: Key, of_it: Collection[str]) -> dict[str, float]:
    """By program, the median of what one cost; `all` is the median of the sums of those that are a part of it.

    Programs of another side only wait meanwhile, and whoever asks is no part of what is measured.
    """
    programs = dict.fromkeys(name for each in rounds for name in each[key].cpu_ms)
    by_program = {name: median(each[key].cpu_ms.get(name, 0.0) for each in rounds) for name in programs}
    sums = [sum(ms for name, ms in each[key].cpu_ms.items() if name in of_it) for each in rounds]
    return by_program | {"all": median(sums)}


def others(rounds: Rounds) -> Spread:
    """How many cores were used by others while anything was measured."""
    return Spread.of(sample.others for each in rounds for sample in each.values())
