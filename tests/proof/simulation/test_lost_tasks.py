"""A worker dies in a task: what was said and done in it stands in the books, and its run does not know it."""

import logging
from collections.abc import Iterator

import pytest

from activities.reopening import Opening
from domain.explain.messages import Topic
from domain.lifecycle import RefundStatus
from gateways.ports import GatewayStatus
from proof.simulation import people
from proof.simulation.auditor import audit
from proof.simulation.choices import Choices
from proof.simulation.moves import Job, Resolve, ScheduleActivity, Update
from proof.simulation.mute_progress import silence
from proof.simulation.outcomes import AttemptOutcome
from proof.simulation.play import Play
from proof.simulation.schedule import Schedule
from workflows.contract import Resolution

RETURN_FOR_A_REVIEWER = (0, 0, 0, 1, 1)
"""The choices of one refund with goods coming back that a reviewer decides; all that follow disturb nothing."""

PAID_AND_TAKEN_BACK = (0, 0, 6)
"""Those of one refund of money only, by rule, whose provider pays and takes it back later."""


class Unlucky(Play):
    """Its next task is lost once it `dies`; what it `waits_for` takes time, and what `fails` never works."""

    dies = False
    waits_for = ""
    fails = ""

    def turn(self, refund_id: str, *jobs: Job) -> None:
        if self.dies:
            self.dies = False
            self.now += 1
            jobs = self.forget_task(refund_id, *jobs)
            self.fails = "take_back_payout"
        super().turn(refund_id, *jobs)

    def _at_once(self, schedule: ScheduleActivity) -> Resolve | None:
        if schedule.activity == self.waits_for:
            return None
        if schedule.activity == self.fails:
            return self._end(schedule, AttemptOutcome.FAILS)
        return super()._at_once(schedule)

    def finish(self, refund_id: str, seq: int) -> Resolve:
        if self.runs[refund_id].pending[seq].activity == self.fails:
            return self._end(self.runs[refund_id].pending.pop(seq), AttemptOutcome.FAILS)
        return super().finish(refund_id, seq)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with silence():
        yield
    logging.disable(logging.NOTSET)


def until(schedule: Schedule, status: RefundStatus) -> None:
    for _ in range(100):
        is_there = schedule.world.books.refunds["A"].status is status
        if is_there and not schedule.world.runs["A"].pending:
            return
        schedule._course.go_on()
    raise AssertionError(f"is {schedule.world.books.refunds['A'].status}, and never {status}")


def say_in_a_lost_task(world: Play, word: Update) -> None:
    """It is noted, and the task is lost in which that was known."""
    world.say("A", word)
    world.forget_task("A", world.finish("A", next(iter(world.runs["A"].pending))))


def awaiting_its_return(world: Play | None = None) -> Schedule:
    schedule = Schedule(world or Play(Choices(0, played=RETURN_FOR_A_REVIEWER)))
    schedule.world.start("A", Opening.REQUESTED)
    until(schedule, RefundStatus.AWAITING_RETURN)
    return schedule


def is_under_way(world: Play, activity: str) -> bool:
    return any(schedule.activity == activity for schedule in world.runs["A"].pending.values())


def finish_what_is_under_way(world: Play) -> bool:
    pending = list(world.runs["A"].pending)
    if pending:
        world.turn("A", world.finish("A", pending[0]))
    return bool(pending)


def test_a_parcel_that_was_said_to_be_lost_in_a_lost_task_is_inspected_when_it_comes() -> None:
    schedule = awaiting_its_return()
    world = schedule.world

    say_in_a_lost_task(world, people.loss("lost"))
    world.say("A", people.receipt("came"))
    until(schedule, RefundStatus.COMPLETED)

    book = world.books.refunds["A"]
    assert audit(world) == []
    assert "lost" in book.words and book.accepted == ((book.line_id, 2),)


def test_a_refund_whose_payout_was_taken_back_in_a_lost_task_is_not_complete_again_before_it_is_paid() -> None:
    world = Unlucky(Choices(0, played=PAID_AND_TAKEN_BACK))
    schedule = Schedule(world)
    world.start("A", Opening.REQUESTED)
    until(schedule, RefundStatus.COMPLETED)
    world.provider_takes_back(world.books.provider.refunds[0])

    world.dies = True
    world.payout_event("A", "p0", GatewayStatus.FAILED)
    until(schedule, RefundStatus.NEEDS_ATTENTION)
    world.fails = ""
    until(schedule, RefundStatus.COMPLETED)

    assert audit(world) == []


def test_a_return_whose_parcel_was_received_in_a_lost_task_does_not_expire() -> None:
    schedule = awaiting_its_return()
    world = schedule.world

    say_in_a_lost_task(world, people.receipt("came"))
    book = world.books.refunds["A"]
    while not book.status.is_final and Topic.PARCEL_RECEIVED not in [topic for _, topic, _ in book.told]:
        if not finish_what_is_under_way(world):
            schedule._course.time()
    until(schedule, RefundStatus.COMPLETED)

    assert audit(world) == []
    assert book.round == 1


def test_a_refund_that_was_cancelled_while_it_listened_still_hears_what_it_is_woken_for() -> None:
    world = Unlucky(Choices(0, played=RETURN_FOR_A_REVIEWER))
    schedule = awaiting_its_return(world)

    world.waits_for = "listen"
    while not is_under_way(world, "listen"):
        assert finish_what_is_under_way(world) or schedule._course.time()
    world.waits_for, world.fails = "", "release_claims"
    world.cancel_from_temporal("A")
    until(schedule, RefundStatus.NEEDS_ATTENTION)
    world.fails = ""
    say_in_a_lost_task(world, people.resolve("again", "release_claims", Resolution.RETRY))
    before = len(world.told)
    world.wake("A")
    until(schedule, RefundStatus.CANCELLED)

    assert audit(world) == []
    assert ("A", "listen", "OK") in world.told[before:]


def test_a_parcel_that_came_after_it_was_said_to_be_lost_is_inspected_though_both_tasks_were_lost() -> None:
    schedule = awaiting_its_return()
    world = schedule.world

    say_in_a_lost_task(world, people.loss("lost"))
    say_in_a_lost_task(world, people.receipt("came"))
    world.wake("A")
    until(schedule, RefundStatus.COMPLETED)

    book = world.books.refunds["A"]
    assert audit(world) == []
    assert all(row.is_taken_up for row in book.words.values())
    assert book.accepted == ((book.line_id, 2),)
