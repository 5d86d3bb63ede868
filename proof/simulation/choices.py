"""Every decision of a schedule, drawn from a seed or played back: 0 is always the one that disturbs nothing."""

import random
from collections.abc import Sequence
from copy import copy

DISPUTES = 0.06
"""So few orders have disputed payments, as what follows from them makes a schedule longer."""

TRANSFERS = 0.1
"""So many of the orders for which nothing else is chosen go back by bank transfer."""


SYSTEMS = 0.06
"""So many of the orders for which nothing else is chosen have coupons and promotions in another system."""


class Choices:
    def __init__(
        self,
        seed: int,
        *,
        disturbance: float = 0.2,
        disputes: float = DISPUTES,
        transfers: float = TRANSFERS,
        systems: float = SYSTEMS,
        played: Sequence[int] | None = None,
    ) -> None:
        """With `played` the decisions are these, and 0 for all that follow.

        `disputes`, `transfers` and `systems` say how many orders have any.
        """
        self.disputes, self.transfers, self.systems = disputes, transfers, systems
        self.seed = seed
        self._roll = random.Random(seed).random  # noqa: S311 - a simulation wants to be repeated
        self._disturbance = disturbance
        self._played = played
        self.made: list[int] = []

    def apart(self, name: str) -> "Choices":
        """The same decisions with dice of their own: what is drawn with them leaves all that comes after as it was."""
        apart = copy(self)
        apart._roll = random.Random(f"{name} {self.seed}").random  # noqa: S311
        return apart

    def or_a_third(self, name: str, chosen: int, odds: float) -> int:
        """Make 2 of a choice of two that came out 0, by dice of its own: all other choices stay as they were."""
        if self._played is not None:
            place = len(self.made) - 1
            self.made[-1] = self._played[place] % 3 if place < len(self._played) else 0
            return self.made[-1]
        if chosen == 0 and self.apart(name)._roll() < odds:
            chosen = self.made[-1] = 2
        return chosen

    def pick(self, options: int, disturbance: float | None = None) -> int:
        """Choose one of so many options; the first is by far the likeliest, unless `disturbance` says otherwise."""
        chosen = 0
        if self._played is not None:
            chosen = self._again(options)
        elif options > 1 and self._roll() < (disturbance or self._disturbance):
            chosen = 1 + int(self._roll() * (options - 1))
        self.made.append(chosen)
        return chosen

    def toss(self, options: int) -> int:
        """Choose one of so many options, all of them as likely."""
        chosen = int(self._roll() * options) if self._played is None else self._again(options)
        self.made.append(chosen)
        return chosen

    def _again(self, options: int) -> int:
        assert self._played is not None
        place = len(self.made)
        return self._played[place] % options if place < len(self._played) else 0
