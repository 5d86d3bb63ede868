"""One clock tells the time, and whoever plays a schedule or a test sets it."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain import clock

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_it_goes_forward_in_utc() -> None:
    before, after = clock.now(), clock.now()

    assert before <= after
    assert before.utcoffset() == timedelta()


def test_somebody_else_can_tell_the_time_for_a_while() -> None:
    with clock.set_to(lambda: NOON):
        told = clock.now()

    assert told == NOON != clock.now()


async def test_a_task_keeps_the_clock_that_it_was_started_by() -> None:
    async def asks() -> datetime:
        await asyncio.sleep(0)
        return clock.now()

    with clock.set_to(lambda: NOON):
        task = asyncio.create_task(asks())

    assert await task == NOON != clock.now()
