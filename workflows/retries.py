"""Timeouts and retries, named for their reason."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows.contract import ALREADY_UNDONE, shortened

Command = TypeVar("Command")
Result = TypeVar("Result")

_FOR_GOOD = (ALREADY_UNDONE,)
"""A tombstone stands for ever: who finds it need not come again."""

_KEEP_TRYING = RetryPolicy(
    initial_interval=timedelta(milliseconds=250),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=10),
    non_retryable_error_types=_FOR_GOOD,
)
_AT_ONCE = RetryPolicy(
    initial_interval=timedelta(milliseconds=50), maximum_attempts=2, non_retryable_error_types=_FOR_GOOD
)
_AT_ONCE_ATTEMPT = timedelta(seconds=5)
_AT_ONCE_ALTOGETHER = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """How long one attempt may take, and all attempts together; None has no end.

    at_once: tried as a local activity first, which costs Temporal one event instead of six. It is for our own
    database; whatever keeps failing there falls over to a durable activity with all the patience it needs.
    """

    attempt: timedelta
    altogether: timedelta | None
    at_once: bool


STEP = RetryBudget(timedelta(seconds=10), timedelta(minutes=15), at_once=True)
"""A step has bounded patience: long enough for a database that restarts, then a person is asked."""

OUTSIDE = RetryBudget(timedelta(seconds=10), timedelta(minutes=15), at_once=False)
"""The same for a step that asks somebody outside."""

PAYOUT = RetryBudget(timedelta(seconds=10), timedelta(hours=1), at_once=False)
"""A provider that does not answer is asked again under the same key; after an hour a person is told as well."""

NOTIFY = RetryBudget(timedelta(seconds=10), timedelta(minutes=1), at_once=True)
"""A message must not hold up the money: it is tried again before the refund closes, then a person decides."""

UNTIL_SEEN = RetryBudget(timedelta(seconds=10), None, at_once=True)
"""Only a call for help has no end of patience: Temporal shows it in `NeedsAttention` from its first attempt on."""

UNDO = RetryBudget(timedelta(seconds=10), timedelta(minutes=15), at_once=False)
"""An undo that does not work is shown to a person, and the undos beneath it run meanwhile."""


class _DidNotWork(Exception):
    """An attempt at once failed; the durable activity goes on."""


FIRST_LOOK = timedelta(seconds=1)
LONGEST_BETWEEN_LOOKS = timedelta(hours=1)
"""A pending payout is looked up again and again, at intervals that double from the first to the longest."""

PENDING_PATIENCE = timedelta(days=3)
"""After this long a pending payout is shown to a person."""

TRANSIT_PATIENCE = timedelta(days=14)
"""A parcel under way for longer is shown to a person."""


async def perform(
    do: Callable[[Any, Command], Awaitable[Result]], command: Command, patience: RetryBudget, *, summary: str
) -> Result:
    """Run an activity with this much patience; `summary` is what operations read of it in the Temporal UI.

    Raises FailureError when it is out of patience, and CancelledError, never a failure, when Temporal cancels it.
    """
    shown = shortened(summary)
    try:
        if patience.at_once:
            with contextlib.suppress(_DidNotWork):
                return await _at_once(do, command, shown)
        return await workflow.execute_activity_method(
            do,
            command,
            start_to_close_timeout=patience.attempt,
            schedule_to_close_timeout=patience.altogether,
            retry_policy=_KEEP_TRYING,
            summary=shown,
        )
    except FailureError as failed:
        if is_cancelled_exception(failed):
            raise asyncio.CancelledError from failed
        raise


async def _at_once(do: Callable[[Any, Command], Awaitable[Result]], command: Command, shown: str) -> Result:
    try:
        return await workflow.execute_local_activity_method(
            do,
            command,
            start_to_close_timeout=_AT_ONCE_ATTEMPT,
            schedule_to_close_timeout=_AT_ONCE_ALTOGETHER,
            retry_policy=_AT_ONCE,
            summary=shown,
        )
    except FailureError as failed:  # a local activity fails with its own error, without an ActivityError around it
        if is_cancelled_exception(failed):
            raise
        workflow.logger.warning("%s did not work at once, trying on: %s", do.__name__, failed)
        raise _DidNotWork from failed
