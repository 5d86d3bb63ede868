"""How an attempt of an activity can end, seen from the workflow and from the world."""

from enum import IntEnum

from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, RetryState, TimeoutError, TimeoutType

from proof.simulation.moves import ScheduleActivity


class AttemptOutcome(IntEnum):
    """`LOST` took effect, but its answer never came; `LATE` fails now and takes effect later; `TWICE` does so again."""

    OK = 0
    WAITS = 1
    FAILS = 2
    LOST = 3
    LATE = 4
    TWICE = 5


def failure(schedule: ScheduleActivity, *, is_timeout: bool) -> BaseException:
    """An activity that is out of patience."""
    cause: BaseException
    if is_timeout:
        cause = TimeoutError("no answer in time", type=TimeoutType.START_TO_CLOSE, last_heartbeat_details=[])
    else:
        cause = ApplicationError("the database is away", type="Away")
    return _wrapped(schedule, cause)


def refusal(schedule: ScheduleActivity, type_: str, message: str) -> BaseException:
    """An activity that refuses for good."""
    return _wrapped(schedule, ApplicationError(message, type=type_, non_retryable=True))


def cancelled(schedule: ScheduleActivity) -> BaseException:
    return _wrapped(schedule, CancelledError("cancelled"))


def _wrapped(schedule: ScheduleActivity, cause: BaseException) -> BaseException:
    """A local activity fails with its own error, a durable one with an ActivityError around it."""
    if schedule.is_local:
        return cause
    error = ActivityError(
        "activity failed",
        scheduled_event_id=0,
        started_event_id=0,
        identity="",
        activity_type=schedule.activity,
        activity_id=str(schedule.seq),
        retry_state=RetryState.TIMEOUT,
    )
    error.__cause__ = cause
    return error
