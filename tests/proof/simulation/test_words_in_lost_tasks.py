"""A worker dies in the task in which something is said: it is noted, its run does not know it, nobody repeats it."""

import logging
from collections.abc import Iterator

import pytest

from activities.reopening import Opening
from domain.lifecycle import RefundStatus
from proof.simulation import people
from proof.simulation.auditor import audit
from proof.simulation.choices import Choices
from proof.simulation.moves import Update
from proof.simulation.mute_progress import silence
from proof.simulation.play import Play
from proof.simulation.schedule import Schedule

RETURN_FOR_A_REVIEWER = (0, 0, 0, 1, 1)
"""The choices of one refund with goods coming back that a reviewer decides; all that follow disturb nothing."""


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
    run = world.runs["A"]
    run.lose(world.now, world.finish("A", next(iter(run.pending))))


def test_a_parcel_that_was_said_to_be_lost_in_a_lost_task_is_inspected_when_it_comes() -> None:
    schedule = Schedule(Play(Choices(0, played=RETURN_FOR_A_REVIEWER)))
    world = schedule.world
    world.start("A", Opening.REQUESTED)
    until(schedule, RefundStatus.AWAITING_RETURN)

    say_in_a_lost_task(world, people.loss("lost"))
    world.say("A", people.receipt("came"))
    until(schedule, RefundStatus.COMPLETED)

    book = world.books.refunds["A"]
    assert audit(world) == []
    assert "lost" in book.words and book.accepted == ((book.line_id, 2),)
