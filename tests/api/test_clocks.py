"""A machine whose clock is wrong says so, and seconds are no matter."""

import logging
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from domain import clock
from temporal_client.clocks import apart, say_if_apart
from tests.shop import Shop


def set_wrong_by(span: timedelta) -> AbstractContextManager[None]:
    moment = clock.of_this_machine() + span
    return clock.set_to(lambda: moment)


@pytest.mark.parametrize("seconds", [0, 5, -5])
async def test_a_clock_that_is_wrong_by_seconds_is_no_matter(shop: Shop, seconds: int) -> None:
    with set_wrong_by(timedelta(seconds=seconds)):
        assert await apart(shop.engine, shop.temporal) == {}


@pytest.mark.parametrize(("hours", "where"), [(1, "ahead of"), (-1, "behind")])
async def test_a_clock_that_is_wrong_by_an_hour_is_said_of_both_servers(
    shop: Shop, caplog: pytest.LogCaptureFixture, hours: int, where: str
) -> None:
    with set_wrong_by(timedelta(hours=hours)), caplog.at_level(logging.ERROR):
        await say_if_apart(shop.engine, shop.temporal)

    said = " ".join(record.getMessage() for record in caplog.records)
    assert f"minutes {where} PostgreSQL's" in said and f"minutes {where} Temporal's" in said
