"""What may go wrong, come early, late or twice where payments are disputed, beside all that may anyway."""

from collections.abc import Callable, Sequence
from functools import partial

from domain.lifecycle import RefundStatus
from proof.simulation.course import Course
from proof.simulation.disturbances import DISTURBANCES, Disturbances
from proof.simulation.late import refund_of
from proof.simulation.play import Play


class DisputeDisturbances(Disturbances):
    def _bank(self, _: str) -> bool:
        return self.world.bank_goes_on()

    def _bank_again(self, _: str) -> bool:
        return self.world.bank_says_anything()

    def _count_losses(self, _: str) -> bool:
        return self.world.count_losses()

    def _win_while_it_closes(self, _: str) -> bool:
        """A dispute is won after all when its loss is complete, and the run that closed it has not heard of that."""
        for refund_id, run in self.world.runs.items():
            book = self.world.books.refunds[refund_id]
            if book.is_loss and run.finished is None:
                self._land_its_close(refund_id)
                if book.status is RefundStatus.COMPLETED and self.world.win(refund_id):
                    return True
        return False

    def _land_its_close(self, refund_id: str) -> None:
        for late in self.world.late:
            if refund_of(late.schedule) == refund_id and late.schedule.activity == "close_refund":
                self.world.late.remove(late)
                self.world.land(late)
                return


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
    *[DisputeDisturbances._win_while_it_closes] * 3,
)
