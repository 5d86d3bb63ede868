"""Decides what happens next in a schedule, until everything that was begun has come to its end."""

from dataclasses import dataclass

from activities.reopening import Opening
from proof.simulation.auditor import audit
from proof.simulation.choices import Choices
from proof.simulation.course import Course
from proof.simulation.dispute_disturbances import ways_of
from proof.simulation.play import Play
from proof.simulation.runs import Diverged, Mistake
from proof.simulation.scenario import Scenario
from workflows.refund import RefundWorkflow

_MOST_MOVES = 400
_MOST_DISTURBANCES = 8
_WHILE_WAITING = 0.5


@dataclass(frozen=True, slots=True)
class Played:
    """A schedule as it came out: what happened, what was wrong, and the decisions that make it happen again."""

    scenario: Scenario
    told: tuple[tuple[str, ...], ...]
    wrongs: tuple[str, ...]
    made: tuple[int, ...]

    @property
    def fingerprint(self) -> int:
        return hash((self.scenario, self.told))


def play(choices: Choices, workflow: type = RefundWorkflow) -> Played:
    """Play one schedule to its end, and have its books audited."""
    schedule = Schedule(Play(choices, workflow))
    wrongs = schedule.run()
    world = schedule.world
    for run in world.runs.values():
        run.end()
    return Played(world.scenario, tuple(world.told), tuple(wrongs), tuple(choices.made))


class Schedule:
    def __init__(self, world: Play) -> None:
        self.world = world
        self._disturbances_left = _MOST_DISTURBANCES
        self._course = Course(world)
        self._ways = ways_of(world, self._course)

    def run(self) -> list[str]:
        world = self.world
        try:
            if world.scenario.disputes and world.choices.toss(4) == 1:
                world.bank_goes_on()
            world.start("A", Opening.REQUESTED)
            for _ in range(_MOST_MOVES):
                if self._next():
                    continue
                if world.late:
                    world.land(world.late.pop())
                elif not world.books.line.land(world.now):
                    return audit(world)
        except (Mistake, Diverged) as wrong:
            return [f"{type(wrong).__name__}: {wrong}"]
        return ["the schedule does not come to an end"]

    def _next(self) -> bool:
        chosen = self.world.choices.pick(1 + len(self._ways), self._odds) if self._disturbances_left else 0
        if chosen and self.world.runs:
            refund_id = self._somebody()
            if self._ways[chosen - 1](refund_id):
                self._disturbances_left -= 1
                return True
        return self._course.go_on()

    @property
    def _odds(self) -> float | None:
        """While a step is under way that could have been over at once, more is to happen around it."""
        if not self.world.scenario.is_interleaved:
            for run in self.world.runs.values():
                if run.pending:
                    return _WHILE_WAITING
        return None

    def _somebody(self) -> str:
        refunds = list(self.world.runs)
        return refunds[self.world.choices.toss(len(refunds))]
