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


def test_a_merchants_clock_may_be_ahead_and_the_machines_is_not() -> None:
    a_month = timedelta(days=30)

    with clock.set_to(lambda: NOON), clock.ahead_by(a_month):
        assert (clock.now(), clock.of_this_machine(), clock.ahead()) == (NOON + a_month, NOON, a_month)
    assert clock.ahead() == timedelta()


async def test_a_request_is_ahead_from_when_it_is_known_whose_it_is_and_no_other_is() -> None:
    async def asks() -> timedelta:
        clock.ahead_from_now_on(timedelta(days=1))
        await asyncio.sleep(0)
        return clock.ahead()

    assert await asyncio.create_task(asks()) == timedelta(days=1)
    assert clock.ahead() == timedelta()
