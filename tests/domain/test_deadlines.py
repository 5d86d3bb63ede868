"""When windows and deadlines end: with the day, where the policy's clocks are (rule 41)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadlines import ends_at, format_deadline, format_time, is_end_of_day, never_closed, time_zones
from domain.durations import IsoDuration

A_MOMENT = timedelta(microseconds=1)
ZONES = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo"]


def at(written: str) -> datetime:
    return datetime.fromisoformat(written)


@pytest.mark.parametrize(
    ("start", "duration", "zone", "end"),
    [
        # Old figure: 2026-11-02T10:00:00Z, 720 hours later. The clocks in Berlin go back on 25 October.
        ("2026-10-03T10:00:00Z", "P30D", "UTC", "2026-11-02T23:59:59.999999+00:00"),
        ("2026-10-03T10:00:00Z", "P30D", "Europe/Berlin", "2026-11-02T23:59:59.999999+01:00"),
        # Late in the evening UTC it is the next day in Shanghai.
        ("2026-10-03T20:00:00Z", "P7D", "Asia/Shanghai", "2026-10-11T23:59:59.999999+08:00"),
        ("2026-10-03T10:00:00Z", "P0D", "UTC", "2026-10-03T23:59:59.999999+00:00"),
        ("2026-10-03T10:00:00Z", "P2W", "UTC", "2026-10-17T23:59:59.999999+00:00"),
        ("2026-01-15T10:00:00Z", "P1M", "UTC", "2026-02-15T23:59:59.999999+00:00"),
        ("2026-01-31T10:00:00Z", "P1M", "UTC", "2026-02-28T23:59:59.999999+00:00"),
        ("2027-11-30T10:00:00Z", "P3M", "UTC", "2028-02-29T23:59:59.999999+00:00"),
        ("2028-02-29T10:00:00Z", "P1Y", "UTC", "2029-02-28T23:59:59.999999+00:00"),
        ("2026-11-30T10:00:00Z", "P1Y2M1W3D", "UTC", "2028-02-09T23:59:59.999999+00:00"),
        # In Cairo the clocks go forward at midnight: the day after 23 April 2026 begins at one o'clock.
        ("2026-04-16T10:00:00Z", "P7D", "Africa/Cairo", "2026-04-23T23:59:59.999999+02:00"),
    ],
)
def test_a_duration_in_days_months_and_years_ends_with_a_day(start: str, duration: str, zone: str, end: str) -> None:
    assert ends_at(at(start), IsoDuration(duration), zone, never_closed) == at(end)
    assert is_end_of_day(ends_at(at(start), IsoDuration(duration), zone, never_closed))


@pytest.mark.parametrize(
    ("duration", "end"),
    [
        ("PT720H", "2026-11-02T10:00:00+00:00"),
        ("PT2S", "2026-10-03T10:00:02+00:00"),
        ("P1DT12H", "2026-10-04T22:00:00+00:00"),
    ],
)
def test_one_with_hours_minutes_or_seconds_is_exact_whatever_the_clocks_do(duration: str, end: str) -> None:
    ended = ends_at(at("2026-10-03T10:00:00Z"), IsoDuration(duration), "Europe/Berlin", never_closed)

    assert ended == at(end)
    assert not is_end_of_day(ended)


@pytest.mark.parametrize("duration", ["P1D", "P1Y", "PT1H"])
def test_what_ends_beyond_the_calendar_never_ends(duration: str) -> None:
    assert ends_at(
        datetime.max.replace(tzinfo=UTC), IsoDuration(duration), "UTC", never_closed
    ) == datetime.max.replace(tzinfo=UTC)


@given(
    st.timedeltas(timedelta(0), timedelta(days=29_000)).map(lambda later: datetime(2000, 1, 1, tzinfo=UTC) + later),
    st.integers(0, 400),
    st.sampled_from(ZONES),
)
def test_a_number_of_days_later_the_day_is_still_on_and_a_moment_after_its_end_it_is_over(
    start: datetime, days: int, zone: str
) -> None:
    end = ends_at(start, IsoDuration(f"P{days}D"), zone, never_closed)

    first, there = start.astimezone(ZoneInfo(zone)).date(), ZoneInfo(zone)
    assert end.date() == first + timedelta(days=days)
    assert (end.astimezone(UTC) + A_MOMENT).astimezone(there).date() > end.date()


# Closed days


def on_a_weekend(day: date) -> bool:
    return day.weekday() >= 5


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-10-08T10:00:00Z", "P1D", "2026-10-09T23:59:59.999999Z"),
        ("2026-10-08T10:00:00Z", "P2D", "2026-10-12T23:59:59.999999Z"),
        ("2026-10-08T10:00:00Z", "P3D", "2026-10-12T23:59:59.999999Z"),
        ("2026-10-08T10:00:00Z", "PT48H", "2026-10-10T10:00:00Z"),
    ],
)
def test_what_would_end_on_a_closed_day_ends_with_the_next_open_one(start: str, duration: str, end: str) -> None:
    assert ends_at(at(start), IsoDuration(duration), "UTC", on_a_weekend) == at(end)


def test_where_everything_is_closed_for_good_a_deadline_ends_all_the_same() -> None:
    start, five_days = at("2026-10-08T10:00:00Z"), IsoDuration("P5D")

    assert ends_at(start, five_days, "UTC", lambda _: True) == ends_at(start, five_days, "UTC", never_closed)


@given(
    st.integers(0, 400), st.integers(0, 20_000), st.frozensets(st.integers(0, 6), max_size=6), st.sampled_from(ZONES)
)
def test_the_last_day_is_open_never_earlier_than_without_and_no_later_than_it_must_be(
    days: int, later: int, closed: frozenset[int], zone: str
) -> None:
    start, duration = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=later), IsoDuration(f"P{days}D")

    end = ends_at(start, duration, zone, lambda day: day.weekday() in closed)

    without = ends_at(start, duration, zone, never_closed).date()
    assert end.date().weekday() not in closed
    assert is_end_of_day(end)
    between = [without + timedelta(days=more) for more in range((end.date() - without).days)]
    assert end.date() >= without
    assert all(day.weekday() in closed for day in between)


def test_the_people_who_work_with_refunds_are_told_the_day_or_the_moment_and_whose_clock_it_is() -> None:
    assert format_deadline(at("2026-12-05T23:59:59.999999+08:00")) == "the end of 2026-12-05 (UTC+08:00)"
    assert format_deadline(at("2026-12-05T23:59:59.999999+08:00"), "Asia/Shanghai") == (
        "the end of 2026-12-05 (Asia/Shanghai)"
    )
    assert format_deadline(at("2026-12-05T08:17:00Z")) == "2026-12-05 08:17:00 (UTC)"


def test_time_zones_are_those_of_the_iana_database() -> None:
    assert {"UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires"} <= time_zones()
    assert not {"CST8", "Shanghai", "+08:00", "", "localtime"} & time_zones()


def test_a_moment_is_told_to_the_minute_by_the_clock_of_everybody() -> None:
    assert format_time(datetime(2026, 3, 1, 17, 30, 59, tzinfo=ZoneInfo("Asia/Shanghai"))) == "2026-03-01 09:30 UTC"
