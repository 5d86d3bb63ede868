"""Hours in which nobody is woken by a message, by the clocks where they live."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day until another, over midnight where the second is the earlier; never all day."""

    begin: time
    end: time

    def __post_init__(self) -> None:
        if self.begin == self.end:
            raise ValueError("quiet hours end at another time of day than they begin")

    def hold(self, clock: time) -> bool:
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def quiet_for(now: datetime, quiet: QuietHours | None, time_zone: str | None) -> timedelta:
    """How long nobody is to be woken from now on; nothing where it is no quiet hour there."""
    if quiet is None:
        return timedelta()
    there = now.astimezone(ZoneInfo(time_zone or "UTC"))
    if not quiet.hold(there.time()):
        return timedelta()
    day = there.date() + timedelta(days=there.time() >= quiet.end)
    end = datetime.combine(day, quiet.end, there.tzinfo)
    # Where clocks are put back, the end comes twice, and the first one may be over.
    first, second = (end.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return (first if first > now else second) - now
