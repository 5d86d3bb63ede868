"""What may go wrong, come early, late or twice where payments are disputed or people pay, and else."""

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


class TransferDisturbances(Disturbances):
    def _send_back(self, refund_id: str) -> bool:
        return self.world.bank_sends_back(refund_id)


def ways_of(world: Play, course: Course) -> Sequence[Callable[[str], bool]]:
    """What may happen to a refund in this world, those of disputes or transfers where there are any."""
    if world.scenario.disputes:
        disputed = DisputeDisturbances(world, course)
        return [partial(each, disputed) for each in _OF_DISPUTES]
    if world.scenario.is_to_bank:
        by_hand = TransferDisturbances(world, course)
        return [partial(each, by_hand) for each in _OF_TRANSFERS]
    plain = Disturbances(world, course)
    return [partial(each, plain) for each in DISTURBANCES]


_OF_DISPUTES: tuple[Callable[[DisputeDisturbances, str], bool], ...] = (
    *DISTURBANCES,
    *[DisputeDisturbances._bank] * 4,
    *[DisputeDisturbances._bank_again] * 2,
    DisputeDisturbances._count_losses,
)

_OF_TRANSFERS: tuple[Callable[[TransferDisturbances, str], bool], ...] = (
    *DISTURBANCES,
    *[TransferDisturbances._send_back] * 8,
)
