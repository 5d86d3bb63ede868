"""When windows and deadlines end: with a day where people live, or at an exact moment (rule 41)."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.durations import IsoDuration, numbers, span

_A_DAY, _A_MOMENT = timedelta(days=1), timedelta(microseconds=1)
_OF_ONE_MACHINE = {"localtime", "posixrules", "Factory"}
_NEVER = datetime.max.replace(tzinfo=UTC)


IsClosed = Callable[[date], bool]
"""Tells whether nobody works on a day: a weekend or a public holiday of somewhere."""

_MOST_CLOSED = 31


def never_closed(_: date) -> bool:
    """Every day is like the others, where no country is named."""
    return False


def ends_at(start: datetime, duration: IsoDuration, time_zone: str, is_closed: IsClosed) -> datetime:
    """Return the last moment of `duration` from `start` on, in `time_zone` (rule 41).

    A duration in years, months, weeks and days ends with a day of the zone's calendar, whatever its clocks do
    meanwhile; a month later is the same day of the next month, or its last one. Where that day is closed, it ends with
    the next one that is not. One with hours, minutes or seconds is exact. What lies beyond the calendar never ends.
    """
    zone = ZoneInfo(time_zone)
    try:
        if not _is_in_days(duration):
            return (start + span(duration)).astimezone(zone)
        last_day = _open_from(_later(start.astimezone(zone).date(), duration), is_closed)
        next_day = datetime.combine(last_day + _A_DAY, time(0), zone)
        return (next_day.astimezone(UTC) - _A_MOMENT).astimezone(zone)
    except (OverflowError, ValueError):
        return _NEVER


def is_end_of_day(moment: datetime) -> bool:
    """Tell whether a deadline is a day, by the clock that it is written in."""
    return moment.time() == time.max


def format_deadline(end: datetime, time_zone: str = "") -> str:
    """Write a deadline for the people who work with refunds, by the clock that it is written in.

    Without the name of its time zone it says how far that is from UTC.
    """
    offset = f"{end:%z}"
    clock = time_zone or ("UTC" if not end.utcoffset() else f"UTC{offset[:3]}:{offset[3:5]}")
    return f"the end of {end:%Y-%m-%d} ({clock})" if is_end_of_day(end) else f"{end:%Y-%m-%d %H:%M:%S} ({clock})"


def format_time(at: datetime) -> str:
    """Write a moment for the people who work with refunds, to the minute."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@cache
def time_zones() -> frozenset[str]:
    """Name every time zone of the IANA database that is known here, and is the same everywhere."""
    return frozenset(available_timezones()) - _OF_ONE_MACHINE


def _is_in_days(duration: IsoDuration) -> bool:
    return "T" not in duration


def _open_from(day: date, is_closed: IsClosed) -> date:
    """This day or the next on which people work; nowhere is everything closed for longer than a month."""
    days = (day + timedelta(days=later) for later in range(_MOST_CLOSED))
    return next((each for each in days if not is_closed(each)), day)


def _later(day: date, duration: IsoDuration) -> date:
    """Count on from a day; years and months first, then weeks and days."""
    parts = numbers(duration)
    years, month = divmod(day.month - 1 + parts["months"], 12)
    year = day.year + parts["years"] + years
    there = day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
    return there + timedelta(weeks=parts["weeks"], days=parts["days"])
