"""Closed days of a country are its weekends and public holidays, working weekends aside (rule 41)."""

import subprocess
import sys
from datetime import date

import pytest

from domain.deadlines import never_closed
from domain.payout.rights_to_money import SOURCES
from service.closed_days import closed_days, countries


@pytest.mark.parametrize(
    ("country", "day", "is_closed"),
    [
        ("CN", date(2026, 10, 1), True),
        ("CN", date(2026, 10, 10), False),  # a Saturday that is worked to make up for the holiday
        ("CN", date(2026, 10, 11), True),
        ("DE", date(2026, 12, 25), True),
        ("DE", date(2026, 12, 24), False),
        ("AE", date(2026, 11, 29), True),  # a Sunday, which is the weekend there
        ("US", date(2026, 11, 26), True),
    ],
)
def test_a_day_is_closed_where_it_is_a_weekend_or_a_holiday(country: str, day: date, is_closed: bool) -> None:
    assert closed_days(country)(day) is is_closed


def test_where_no_country_is_named_no_day_is_closed() -> None:
    assert closed_days(None) is never_closed
    assert not never_closed(date(2026, 12, 25))


def test_countries_are_those_of_iso_3166() -> None:
    assert {"CN", "DE", "US", "JP", "HK"} <= countries()
    assert not {"XX", "cn", "CHN", "UK", ""} & countries()


def test_every_country_that_gives_a_right_to_money_can_be_named_in_a_policy() -> None:
    assert set(SOURCES) <= countries()


def test_who_asks_for_no_country_does_not_wait_for_all_of_them() -> None:
    code = "import sys, worker, api.app; sys.exit('holidays' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
