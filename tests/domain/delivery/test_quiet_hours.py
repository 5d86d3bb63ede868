"""Nobody is woken by an SMS, by the clocks where they live."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.delivery.quiet_hours import QuietHours, quiet_for

NIGHT = QuietHours(time(22), time(8))
NOON = QuietHours(time(12), time(13, 30))


@pytest.mark.parametrize(
    ("now", "quiet", "zone", "ends"),
    [
        ("2026-11-03T13:59", NIGHT, "Asia/Shanghai", "2026-11-03T13:59"),  # 21:59 there
        ("2026-11-03T14:00", NIGHT, "Asia/Shanghai", "2026-11-04T00:00"),  # 22:00, until 08:00 of the next day
        ("2026-11-03T23:00", NIGHT, "Asia/Shanghai", "2026-11-04T00:00"),  # 07:00 of the day itself
        ("2026-11-04T00:00", NIGHT, "Asia/Shanghai", "2026-11-04T00:00"),  # 08:00
        ("2026-11-03T12:15", NOON, "UTC", "2026-11-03T13:30"),
        ("2026-11-03T13:30", NOON, "UTC", "2026-11-03T13:30"),
        ("2026-11-03T11:59", NOON, "UTC", "2026-11-03T11:59"),
        ("2026-11-03T12:15", NOON, None, "2026-11-03T13:30"),
        ("2026-11-03T12:15", None, "UTC", "2026-11-03T12:15"),
    ],
)
def test_what_falls_into_quiet_hours_waits_for_their_end(
    now: str, quiet: QuietHours | None, zone: str | None, ends: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert moment + quiet_for(moment, quiet, zone) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_where_clocks_go_forward_over_the_end_it_ends_an_hour_later() -> None:
    until_half_past_two = QuietHours(time(22), time(2, 30))  # no clock of Berlin shows 02:30 on 29 March 2026
    now = datetime(2026, 3, 28, 23, tzinfo=UTC)

    assert now + quiet_for(now, until_half_past_two, "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_where_clocks_are_put_back_after_the_end_it_ends_once_more() -> None:
    """02:45 is shown twice on 25 October 2026 in Berlin; quiet hours until 02:50 hold in both."""
    quiet = QuietHours(time(22), time(2, 50))
    first, second = datetime(2026, 10, 25, 0, 45, tzinfo=UTC), datetime(2026, 10, 25, 1, 45, tzinfo=UTC)

    assert [quiet_for(now, quiet, "Europe/Berlin") for now in (first, second)] == [timedelta(minutes=5)] * 2


def test_hours_that_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="another time of day"):
        QuietHours(time(8), time(8))
