"""What may go wrong, come early, late or twice where payments are disputed, beside all that may anyway."""

from collections.abc import Callable, Sequence
from functools import partial

from proof.simulation.course import Course
from proof.simulation.disturbances import DISTURBANCES, Disturbances
from proof.simulation.play import Play


class DisputeDisturbances(Disturbances):
    def _bank(self, _: str) -> bool:
        return self.world.bank_goes_on()

    def _bank_again(self, _: str) -> bool:
        return self.world.bank_says_anything()

    def _count_losses(self, _: str) -> bool:
        return self.world.count_losses()


def ways_of(world: Play, course: Course) -> Sequence[Callable[[str], bool]]:
    """What may happen to a refund in this world, those of disputes where there are any."""
    if world.scenario.disputes:
        disputed = DisputeDisturbances(world, course)
        return [partial(each, disputed) for each in _OF_DISPUTES]
    plain = Disturbances(world, course)
    return [partial(each, plain) for each in DISTURBANCES]


_OF_DISPUTES: tuple[Callable[[DisputeDisturbances, str], bool], ...] = (
    *DISTURBANCES,
    *[DisputeDisturbances._bank] * 4,
    *[DisputeDisturbances._bank_again] * 2,
    DisputeDisturbances._count_losses,
)
