"""When what could not be sent is tried again, and when no more: for whatever leaves from the database."""

from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=3)
_TIMES = 3


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 5 s, 15 s, 45 s, … an hour."""
    pause = FIRST
    for _ in range(attempts - 1):
        pause = min(pause * _TIMES, LONGEST)
        if pause == LONGEST:
            break
    return pause


def is_given_up(age: timedelta) -> bool:
    """Whether what has waited for so long is not tried any more."""
    return age >= GIVEN_UP_AFTER
