"""A refund's story is the same by waiting as by a clock that is put forward: each schedule is played both ways (0107).

Disturbances and replays included. By the clock no timer of a wait for a moment ever rings: a signal says that it is so
late, and Temporal's time goes on by seconds.
"""

from proof.simulation.choices import Choices
from proof.simulation.moves import Command, Fire, Job, Signal
from proof.simulation.play import Play
from proof.simulation.runs import Reply, Run
from proof.simulation.schedule import Schedule

SCHEDULES = 100


class RunByClock(Run):
    """A run that is told how late it is where it would have waited; times that come from outside are the merchant's."""

    ahead = 0.0
    last = 0.0
    moves = 0

    def turn(self, at: float, *jobs: Job) -> Reply:
        if any(isinstance(job, Fire) for job in jobs) and self._waits_no_longer_than(at):
            self.ahead = at - (self.last + 1)
            RunByClock.moves += 1
            jobs = tuple(Signal("test_clock", self.ahead) if isinstance(job, Fire) else job for job in jobs)
        self.last = at - self.ahead
        return super().turn(self.last, *jobs)

    def lose(self, at: float, *jobs: Job) -> tuple[Job, ...]:
        self.last = at - self.ahead
        return super().lose(self.last, *jobs)

    def _apply(self, made: list[Command], at: float) -> Reply:
        return super()._apply(made, at + self.ahead)

    def _waits_no_longer_than(self, at: float) -> bool:
        end = self._refund._time.next_end
        is_later = at - (self.last + 1) > self.ahead  # else its timer rings now in everybody's time
        return is_later and end is not None and end.timestamp() <= at


class PlayByClock(Play):
    run_class = RunByClock


def test_each_schedule_comes_out_the_same_by_waiting_as_by_the_clock() -> None:
    for seed in range(SCHEDULES):
        waited, advanced = Schedule(Play(Choices(seed))), Schedule(PlayByClock(Choices(seed)))

        assert waited.run() == advanced.run() == [], seed
        assert waited.world.told == advanced.world.told, seed

    assert RunByClock.moves > SCHEDULES / 10
