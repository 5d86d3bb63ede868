"""ISO 8601 durations, as policies write them."""

import re
from datetime import timedelta
from typing import NewType

IsoDuration = NewType("IsoDuration", str)
"""A duration as the merchant wrote it, for example `PT72H` or `P30D`; `span` and `domain/deadlines.py` read it."""

_SHAPE = re.compile(
    r"P(?=[0-9T])(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_LONGEST = timedelta(days=3_660)


def span(duration: IsoDuration) -> timedelta:
    """Return how long `duration` lasts; a year counts 365 days and a month 30.

    Raises ValueError for anything that is not an ISO 8601 duration in whole numbers of at most ten years.
    """
    parts = numbers(duration)
    days = parts.pop("years") * 365 + parts.pop("months") * 30 + parts.pop("days")
    length = timedelta(days=days, **parts)
    if length > _LONGEST:
        raise ValueError(f"{duration!r} is longer than ten years")
    return length


def numbers(duration: IsoDuration) -> dict[str, int]:
    """Return how many years, months, weeks, days, hours, minutes and seconds are written; raises ValueError."""
    match = _SHAPE.fullmatch(duration)
    if match is None:
        raise ValueError(f"{duration!r} is not an ISO 8601 duration; write for example PT72H or P30D")
    return {name: int(number or 0) for name, number in match.groupdict().items()}
