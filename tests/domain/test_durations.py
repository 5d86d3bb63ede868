"""Durations as policies write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.durations import IsoDuration, span


@pytest.mark.parametrize(
    ("written", "lasts"),
    [
        ("PT72H", timedelta(days=3)),
        ("PT2S", timedelta(seconds=2)),
        ("PT5M", timedelta(minutes=5)),
        ("P30D", timedelta(days=30)),
        ("P0D", timedelta(0)),
        ("P2W", timedelta(days=14)),
        ("P1M", timedelta(days=30)),
        ("P1Y", timedelta(days=365)),
        ("P10Y", timedelta(days=3650)),
        ("P1Y2M3W4DT5H6M7S", timedelta(days=365 + 60 + 21 + 4, hours=5, minutes=6, seconds=7)),
    ],
)
def test_a_duration_lasts_as_long_as_it_says(written: str, lasts: timedelta) -> None:
    assert span(IsoDuration(written)) == lasts


@pytest.mark.parametrize(
    "written",
    ["", "P", "PT", "P1DT", "30D", "P1", "P-1D", "P1.5D", "PT1H30", "p1d", "P1D ", "P1D\n", "P1H", "P１D", "1 day"],
)
def test_what_is_no_duration_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="write for example PT72H or P30D"):
        span(IsoDuration(written))


@pytest.mark.parametrize("written", ["P3661D", "P11Y", "P3660DT1S"])
def test_nothing_in_a_refund_takes_longer_than_ten_years(written: str) -> None:
    with pytest.raises(ValueError, match="longer than ten years"):
        span(IsoDuration(written))

    assert span(IsoDuration("P3660D")) == timedelta(days=3660)


@given(st.integers(0, 3000), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_the_parts_of_a_duration_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    written = IsoDuration(f"P{days}DT{hours}H{minutes}M{seconds}S")

    assert span(written) == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
