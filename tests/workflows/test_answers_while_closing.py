"""A refund that can't be closed asks people; what they answer took effect, and is never said to be for nothing."""

import logging
from collections.abc import Iterator

import pytest

from proof.simulation.choices import Choices
from proof.simulation.moves import Resolve, ScheduleActivity
from proof.simulation.mute_progress import silence
from proof.simulation.outcomes import AttemptOutcome, failure
from proof.simulation.play import Play
from proof.simulation.schedule import Schedule


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with silence():
        yield
    logging.disable(logging.NOTSET)


class CannotClose(Play):
    """A world in which a refund can't be closed until people say so, and whose API dies with every answer."""

    def _end(self, schedule: ScheduleActivity, outcome: AttemptOutcome) -> Resolve:
        if schedule.activity == "close_refund" and not self.books.refunds["A"].resolved:
            return Resolve(schedule.seq, failure=failure(schedule, is_timeout=False))
        return super()._end(schedule, outcome)

    def _confirm(self, refund_id: str, update_id: str) -> None:
        """Nobody has the answer."""


def test_the_answer_that_lets_a_refund_close_stands_after_its_end() -> None:
    world = CannotClose(Choices(0, played=()))

    wrongs = Schedule(world).run()

    book = world.books.refunds["A"]
    assert wrongs == [] and book.resolved == [("close_refund", "retry")]
    assert [row.word.kind for row in book.words.values() if row.overruled] == []
