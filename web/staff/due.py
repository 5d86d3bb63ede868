"""How much time is left of something that is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain import clock

_SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """lasts: how long until then, or how long it has been over."""

    lasts: timedelta
    is_over: bool
    is_soon: bool


def due(moment: str) -> TimeLeft:
    left = datetime.fromisoformat(moment) - clock.now()
    return TimeLeft(abs(left), left < timedelta(), left < _SOON)
