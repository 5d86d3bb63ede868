"""Makes a schedule that goes wrong as short as it can be: decision after decision is taken back to the harmless one."""

from collections.abc import Iterator, Sequence

from proof.simulation.choices import Choices
from proof.simulation.schedule import Played, play
from workflows.refund import RefundWorkflow


def shrink(played: Played, workflow: type = RefundWorkflow) -> Played:
    """Return a schedule that still goes wrong, with as few decisions against the ordinary course as can be found."""
    best = played
    is_better = True
    while is_better:
        is_better = False
        for candidate in _simpler(best.made):
            again = play(Choices(0, played=candidate), workflow)
            if again.wrongs and _weight(again.made) < _weight(best.made):
                best, is_better = again, True
                break
    return best


def _simpler(made: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Make ever smaller stretches of decisions harmless, or leave them out."""
    size = len(made)
    while size:
        for start in range(0, len(made), size):
            if any(made[start : start + size]):
                yield (*made[:start], *(0 for _ in made[start : start + size]), *made[start + size :])
                yield (*made[:start], *made[start + size :])
        size //= 2


def _weight(made: Sequence[int]) -> tuple[int, int]:
    return sum(1 for each in made if each), len(made)
