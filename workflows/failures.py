"""Why a step gave up: in plain words, and whether its run knows too little to go on."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, TimeoutType
from temporalio.exceptions import TimeoutError as OutOfTime

with workflow.unsafe.imports_passed_through():
    from activities.settlement import NOT_APPROVED
    from workflows.contract import ALREADY_PAID, ASKS_SOMETHING_ELSE, RUN_IS_BEHIND


def reason_of(failed: FailureError) -> str:
    """Say in plain words why a step gave up."""
    cause = _root(failed)
    if isinstance(cause, OutOfTime) and cause.type is TimeoutType.SCHEDULE_TO_START:
        return "no worker has taken it in time"
    return str(cause).splitlines()[0][:300] if str(cause) else type(cause).__name__


def type_of(failed: FailureError) -> str | None:
    cause = _root(failed)
    return cause.type if isinstance(cause, ApplicationError) else None


def knows_too_little(type_: str | None) -> bool:
    """Whether a step refuses what does not go with the books: a task was lost, and with it what was done in it."""
    is_unsure = type_ == NOT_APPROVED and workflow.patched("leave off what is not approved")
    return is_unsure or type_ in (ALREADY_PAID, ASKS_SOMETHING_ELSE, RUN_IS_BEHIND)


def _root(failed: FailureError) -> BaseException:
    cause: BaseException = failed
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return cause
