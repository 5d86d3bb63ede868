"""When what could not be sent is tried again."""

from datetime import timedelta

from domain.delivery.pauses import GIVEN_UP_AFTER, is_given_up, pause_after


def test_pauses_grow_from_seconds_to_an_hour_and_no_further() -> None:
    seconds = [pause_after(attempts).total_seconds() for attempts in (1, 2, 3, 6, 7, 8, 100)]

    assert seconds == [5, 15, 45, 1215, 3600, 3600, 3600]


def test_after_three_days_it_is_given_up() -> None:
    assert not is_given_up(GIVEN_UP_AFTER - timedelta(seconds=1))
    assert is_given_up(GIVEN_UP_AFTER)
