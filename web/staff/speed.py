"""How fast customers get a first answer, against what the policy wants."""

from dataclasses import dataclass
from datetime import timedelta

from domain import clock, durations
from web.staff.door import Staff

_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Speed:
    """mean: how long an answer took on average, None where there was none. share: of those due, how many in time."""

    mean: timedelta | None
    share: float | None
    target: timedelta

    @property
    def is_slow(self) -> bool:
        return self.mean is not None and self.mean > self.target


async def speed(staff: Staff) -> Speed:
    """Look at what was asked for in the last seven days."""
    since = (clock.now() - _LATELY).isoformat()
    said = await staff.api.get("/v1/reports/response", **{"from": since})
    mean = None if said["mean_s"] is None else timedelta(seconds=said["mean_s"])
    return Speed(mean, said["share"], durations.span(durations.IsoDuration(said["target"])))
