"""What goes into a workflow task and what comes out of it. Nobody changes them; `frozen` would cost too much time."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Begin:
    argument: Any


@dataclass(slots=True)
class Resolve:
    """An activity ended: with `value`, or with `failure`."""

    seq: int
    value: Any = None
    failure: BaseException | None = None


@dataclass(slots=True)
class Fire:
    seq: int


@dataclass(slots=True)
class Update:
    update_id: str
    name: str
    argument: Any

    @property
    def key(self) -> str:
        """What its caller calls it; after a no it is said under the next id (`domain/said.py`)."""
        return key_of(self.update_id)

    @property
    def next_id(self) -> str:
        return f"{self.key}~{int(self.update_id.partition('~')[2] or 1) + 1}"


def key_of(update_id: str) -> str:
    return update_id.partition("~")[0]


@dataclass(slots=True)
class Signal:
    name: str
    argument: Any = None


@dataclass(slots=True)
class CancelWorkflow:
    reason: str = "cancelled from Temporal"


Job = Begin | Resolve | Fire | Update | Signal | CancelWorkflow


@dataclass(slots=True)
class Turn:
    """One workflow task: what happened, when in seconds, and what the SDK notes in it for its replay.

    `events` is how long the history was before it, as the server knows it.
    """

    at: float
    jobs: tuple[Job, ...]
    flags: tuple[int, ...] = ()
    events: int = 0


@dataclass(slots=True)
class ScheduleActivity:
    """An activity to be run. One with `is_patient` is tried again until it works, whatever it takes."""

    seq: int
    activity: str
    argument: Any
    is_local: bool
    is_patient: bool


@dataclass(slots=True)
class StartTimer:
    seq: int
    seconds: float


@dataclass(slots=True)
class CancelTimer:
    seq: int


@dataclass(slots=True)
class CancelActivity:
    seq: int


@dataclass(slots=True)
class UpdateAccepted:
    update_id: str


@dataclass(slots=True)
class UpdateAnswered:
    update_id: str


@dataclass(slots=True)
class UpdateRefused:
    """An update that was refused, by its validator or, after it had been accepted, by its handler."""

    update_id: str
    why: str
    was_accepted: bool


@dataclass(slots=True)
class Finished:
    """The workflow's end: `completed`, `failed`, `cancelled`, or `continued` in another run that begins with `then`."""

    how: str
    then: Any = None


Command = (
    ScheduleActivity
    | StartTimer
    | CancelTimer
    | CancelActivity
    | UpdateAccepted
    | UpdateAnswered
    | UpdateRefused
    | Finished
)
