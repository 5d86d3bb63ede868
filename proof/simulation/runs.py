"""One run of one refund's workflow: what it waits for, and its history for a replay from scratch."""

from dataclasses import dataclass
from typing import Any

from activities.attention import AttentionNeeded
from proof.simulation.machine import new_machine
from proof.simulation.moves import (
    Begin,
    CancelActivity,
    CancelTimer,
    Command,
    Finished,
    Fire,
    Job,
    Resolve,
    ScheduleActivity,
    StartTimer,
    Turn,
    Update,
    UpdateAccepted,
    UpdateAnswered,
    UpdateRefused,
)
from proof.simulation.stand_ins import AtOnce
from workflows.intake import Phase

_MOST_STEPS = 2_000


class Diverged(Exception):
    """A replay of the same history asked for something else: the workflow is not deterministic."""


class Mistake(Exception):
    """The workflow's own code failed, so that a server would park its task."""


@dataclass(slots=True)
class Reply:
    """What came out of a task beside new activities and timers."""

    cancelled: list[int]
    answered: list[str]
    refused: list[UpdateRefused]
    finished: str | None
    then: Any = None


class Run:
    def __init__(self, class_: type, run_id: str, begin: Begin, at_once: AtOnce | None) -> None:
        self.begin = begin
        self.pending: dict[int, ScheduleActivity] = {}
        self.timers: dict[int, float] = {}
        self.accepted: set[str] = set()
        self.finished: str | None = None
        self._class = class_
        self.run_id = run_id
        self._at_once = at_once
        self._ended_at_once: list[tuple[ScheduleActivity, Resolve | None]] = []
        self._replayed = 0
        self._machine = new_machine(class_, run_id, self._end_at_once)
        self._history: list[tuple[Turn, list[Command]]] = []
        self._local: set[int] = set()
        self._kept = 0, 0
        self._is_dying = False
        self._asked_outside = False
        self._answered_in_task: list[str] = []
        self._answered: list[str] = []

    def turn(self, at: float, *jobs: Job) -> Reply:
        """Run one task, or a part of one where activities ended inside of it; raises Mistake."""
        self._asked_outside = False
        reply = self._apply(self._run(at, jobs), at)
        self._answered_in_task += reply.answered
        if reply.finished or self._asked_outside or not any(each.is_local for each in self.pending.values()):
            self._keep()
        reply.answered, self._answered = self._answered, []
        return reply

    def lose(self, at: float, *jobs: Job) -> tuple[Job, ...]:
        """Run one task whose worker dies in it: the run is as it was before, and what local activities did stays done.

        Returns what began the task, for another attempt. Raises Mistake and Diverged.
        """
        self._is_dying = True
        self._run(at, jobs)
        self._is_dying = False
        turns, ends = self._kept
        lost = [job for turn, _ in self._history[turns:] for job in turn.jobs]
        refused = {each for _, made in self._history[turns:] for each in _turned_away(made)}
        del self._history[turns:], self._ended_at_once[ends:]
        self.replay()
        self._recall()
        self._answered_in_task = []
        again = tuple(job for job in lost if not (self._is_of_a_local(job) or _is_one_of(job, refused)))
        for job in again:
            self._forget(job)
        return again

    @property
    def needs(self) -> AttentionNeeded | None:
        """What it waits for people to do, as it shows in the Temporal UI."""
        if self.finished is not None:
            return None
        needed: AttentionNeeded | None = self._refund._steps.needs if self._has_begun else None
        return needed

    @property
    def is_loaded(self) -> bool:
        """Whether it knows where its refund stands, so that it can act on what it is woken for."""
        return self._has_begun and bool(self._refund._intake.phase)

    @property
    def is_closing(self) -> bool:
        """Whether it ends its refund: what was said and not heard is noted with that."""
        return self._has_begun and bool(self._refund._intake.phase is Phase.OVER)

    @property
    def is_paying(self) -> bool:
        """Whether its payout has begun, so that nobody may call it off any more."""
        return self._has_begun and bool(self.finished is None and self._refund._intake.phase >= Phase.PAYOUT)

    def knows(self, word_id: str) -> bool:
        """Whether it has heard a word, or was loaded with it."""
        if not self._has_begun:
            return False
        words: Any = self._refund._intake.words
        return word_id in words._known or word_id in words._heard

    @property
    def asks(self) -> bool:
        return self.needs is not None

    @property
    def _refund(self) -> Any:
        return vars(self._machine)["_object"]

    @property
    def _has_begun(self) -> bool:
        """Whether it has had its first task."""
        return self._refund is not None

    def _recall(self) -> None:
        """Find out anew from the history what is waited for."""
        self.pending, self.timers, self.accepted = {}, {}, set()
        for turn, made in self._history:
            for job in turn.jobs:
                self._forget(job)
            self._apply(made, turn.at)

    def _is_of_a_local(self, job: Job) -> bool:
        return isinstance(job, Resolve) and job.seq in self._local

    def _forget(self, job: Job) -> None:
        """What has happened is not waited for any more."""
        if isinstance(job, Resolve):
            self.pending.pop(job.seq, None)
        elif isinstance(job, Fire):
            self.timers.pop(job.seq, None)

    def _keep(self) -> None:
        """From here on the server knows all of the history so far, and whoever asked is answered."""
        self._answered += self._answered_in_task
        self._answered_in_task = []
        self._kept = len(self._history), len(self._ended_at_once)

    def _run(self, at: float, jobs: tuple[Job, ...]) -> list[Command]:
        if not all(self._is_of_a_local(job) for job in jobs):
            self._keep()
        turn = Turn(at, jobs, events=self._kept[0])
        try:
            made = self._machine.turn(turn)
        except Exception as error:
            raise Mistake(f"{type(error).__name__}: {error}") from error
        turn.flags = self._machine.flags_used
        self._history.append((turn, made))
        return made

    def replay(self) -> None:
        """Lose the worker's memory and run again from the history; raises Diverged."""
        self._machine.evict()
        self._machine.take_apart()
        self._machine = new_machine(self._class, self.run_id, self._end_at_once)
        self._replayed = 0
        for turn, made in self._history:
            refused = {each.update_id for each in made if isinstance(each, UpdateRefused) and not each.was_accepted}
            jobs = tuple(job for job in turn.jobs if not (isinstance(job, Update) and job.update_id in refused))
            if not jobs:
                continue
            again = self._machine.turn(Turn(turn.at, jobs, turn.flags, turn.events), is_replay=True)
            before = [each for each in made if not (isinstance(each, UpdateRefused) and each.update_id in refused)]
            if again != before:
                raise Diverged(f"replayed {again}, recorded {before}")
        if self._replayed != len(self._ended_at_once):
            raise Diverged(f"{len(self._ended_at_once)} steps were taken, {self._replayed} were replayed")

    def _end_at_once(self, schedule: ScheduleActivity) -> Resolve | None:
        """Ends activities in the task that schedules them; a replay gets the ends that were recorded."""
        if self._replayed < len(self._ended_at_once):
            before, end = self._ended_at_once[self._replayed]
            if schedule != before:
                raise Diverged(f"replayed {schedule}, recorded {before}")
        else:
            if len(self._ended_at_once) == _MOST_STEPS:
                raise Mistake("the workflow goes round in a circle")
            is_begun = schedule.is_local or not self._is_dying
            end = self._at_once(schedule) if self._at_once and is_begun else None
            self._asked_outside |= not schedule.is_local
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
            if isinstance(command, ScheduleActivity):
                self.pending[command.seq] = command
                if command.is_local:
                    self._local.add(command.seq)
            elif isinstance(command, StartTimer):
                self.timers[command.seq] = at + command.seconds
            elif isinstance(command, CancelTimer):
                self.timers.pop(command.seq, None)
            elif isinstance(command, CancelActivity):
                reply.cancelled.append(command.seq)
            elif isinstance(command, UpdateAccepted):
                self.accepted.add(command.update_id)
            elif isinstance(command, UpdateAnswered):
                reply.answered.append(command.update_id)
            elif isinstance(command, UpdateRefused):
                reply.refused.append(command)
            elif isinstance(command, Finished):
                self.finished = reply.finished = command.how
                reply.then = command.then
        return reply


def _turned_away(made: list[Command]) -> list[str]:
    """Which updates were refused before they were taken: whoever said them knows."""
    return [each.update_id for each in made if isinstance(each, UpdateRefused) and not each.was_accepted]


def _is_one_of(job: Job, update_ids: set[str]) -> bool:
    return isinstance(job, Update) and job.update_id in update_ids
