"""How long a provider is left alone: seconds, or a date, as any server may write `Retry-After`."""

from datetime import UTC, datetime, timedelta

import pytest

from domain import clock
from gateways.retry_after import retry_after

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
USUALLY = timedelta(seconds=7)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("Mon, 30 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 0),
        ("9" * 400, 10**9),
        ("", 7),
        ("soon", 7),
        ("-1", 7),
        ("1.5", 7),
        ("٣", 7),
    ],
)
def test_it_is_read_in_seconds_and_as_a_date_and_what_is_none_says_nothing(said: str, seconds: int) -> None:
    with clock.set_to(lambda: NOON):
        assert retry_after(said, USUALLY) == timedelta(seconds=seconds)
