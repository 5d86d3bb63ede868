"""What those who watch the service are told, and who may ask for it."""

from dataclasses import dataclass, field

from api.figures import WatchedFigures
from api.request_times import RequestTimes


@dataclass(frozen=True, slots=True)
class Watched:
    """figures: of all, as the database has them. times: of this process. token: of who may ask; empty: anybody may."""

    figures: WatchedFigures
    times: RequestTimes
    token: str = field(default="", repr=False)
