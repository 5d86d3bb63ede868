"""One run of one refund's workflow: what it waits for, and its history for a replay from scratch."""

from dataclasses import dataclass

from simulation.machine import new_machine
from simulation.moves import (
    Accepted,
    Answered,
    Begin,
    CancelActivity,
    CancelTimer,
    Command,
    Finished,
    Job,
    Refused,
    Resolve,
    Schedule,
    StartTimer,
    Turn,
    Update,
)
from simulation.stand_ins import AtOnce


class Diverged(Exception):
    """A replay of the same history asked for something else: the workflow is not deterministic."""


class Mistake(Exception):
    """The workflow's own code failed, so that a server would park its task."""


@dataclass(slots=True)
class Reply:
    """What came out of a task beside new activities and timers."""

    cancelled: list[int]
    answered: list[str]
    refused: list[Refused]
    finished: str | None


class Run:
    def __init__(self, class_: type, run_id: str, begin: Begin, at_once: AtOnce | None) -> None:
        self.begin = begin
        self.pending: dict[int, Schedule] = {}
        self.timers: dict[int, float] = {}
        self.accepted: set[str] = set()
        self.finished: str | None = None
        self._class = class_
        self._run_id = run_id
        self._at_once = at_once
        self._ended_at_once: list[tuple[Schedule, Resolve | None]] = []
        self._replayed = 0
        self._machine = new_machine(class_, run_id, self._end_at_once)
        self._history: list[tuple[Turn, list[Command]]] = []

    def turn(self, at: float, *jobs: Job) -> Reply:
        """Run one task; raises Mistake."""
        turn = Turn(at, jobs)
        try:
            made = self._machine.turn(turn)
        except Exception as error:
            raise Mistake(f"{type(error).__name__}: {error}") from error
        turn.flags = self._machine.flags_used
        self._history.append((turn, made))
        return self._apply(made, at)

    def replay(self) -> None:
        """Lose the worker's memory and run again from the history; raises Diverged."""
        self._machine.evict()
        self._machine.take_apart()
        self._machine = new_machine(self._class, self._run_id, self._end_at_once)
        self._replayed = 0
        for turn, made in self._history:
            refused = {each.update_id for each in made if isinstance(each, Refused) and not each.was_accepted}
            jobs = tuple(job for job in turn.jobs if not (isinstance(job, Update) and job.update_id in refused))
            if not jobs:
                continue
            again = self._machine.turn(Turn(turn.at, jobs, turn.flags), is_replay=True)
            before = [each for each in made if not (isinstance(each, Refused) and each.update_id in refused)]
            if again != before:
                raise Diverged(f"replayed {again}, recorded {before}")
        if self._replayed != len(self._ended_at_once):
            raise Diverged(f"{len(self._ended_at_once)} steps were taken, {self._replayed} were replayed")

    def _end_at_once(self, schedule: Schedule) -> Resolve | None:
        """Ends activities in the task that schedules them; a replay gets the ends that were recorded."""
        if self._replayed < len(self._ended_at_once):
            before, end = self._ended_at_once[self._replayed]
            if schedule != before:
                raise Diverged(f"replayed {schedule}, recorded {before}")
        else:
            end = self._at_once(schedule) if self._at_once else None
            self._ended_at_once.append((schedule, end))
        self._replayed += 1
        return end

    def end(self) -> None:
        """Let go of a run, over or not, and of all that would have to be collected."""
        if self.finished is None:
            self._machine.evict()
        self._machine.take_apart()
        self._history.clear()
        self._ended_at_once.clear()
        self._at_once = None

    def _apply(self, made: list[Command], at: float) -> Reply:
        reply = Reply([], [], [], None)
        for command in made:
            if reply.finished is not None:
                break  # nobody hears what comes after the end
            if isinstance(command, Schedule):
                self.pending[command.seq] = command
            elif isinstance(command, StartTimer):
                self.timers[command.seq] = at + command.seconds
            elif isinstance(command, CancelTimer):
                self.timers.pop(command.seq, None)
            elif isinstance(command, CancelActivity):
                reply.cancelled.append(command.seq)
            elif isinstance(command, Accepted):
                self.accepted.add(command.update_id)
            elif isinstance(command, Answered):
                reply.answered.append(command.update_id)
            elif isinstance(command, Refused):
                reply.refused.append(command)
            elif isinstance(command, Finished):
                self.finished = reply.finished = command.how
        return reply
