"""Timeouts and retries, named for their reason."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

Command = TypeVar("Command")
Result = TypeVar("Result")

_KEEP_TRYING = RetryPolicy(
    initial_interval=timedelta(milliseconds=250), backoff_coefficient=2, maximum_interval=timedelta(seconds=10)
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one attempt may take, and all attempts together; None has no end."""

    attempt: timedelta
    altogether: timedelta | None


STEP = Patience(timedelta(seconds=10), timedelta(minutes=15))
"""A step has bounded patience: long enough for a database that restarts, then a person is asked."""

PAYOUT = Patience(timedelta(seconds=20), timedelta(hours=1))
"""A provider that does not answer is asked again under the same key; after an hour a person is told as well."""

UNTIL_IT_WORKS = Patience(timedelta(seconds=10), None)
"""Undos, and what tells people, have no end of patience: nothing may be left half done or unseen."""

FIRST_LOOK = timedelta(seconds=1)
LONGEST_BETWEEN_LOOKS = timedelta(hours=1)
"""A pending payout is looked up again and again, at intervals that double from the first to the longest."""

PENDING_PATIENCE = timedelta(days=3)
"""After this long a pending payout is shown to a person."""

TRANSIT_PATIENCE = timedelta(days=14)
"""A parcel under way for longer is shown to a person."""

_LONGEST_SUMMARY = 190
"""Temporal takes summaries of at most 200 bytes."""


async def perform(
    do: Callable[[Any, Command], Awaitable[Result]], command: Command, patience: Patience, *, summary: str
) -> Result:
    """Run an activity with this much patience; `summary` is what operations read of it in the Temporal UI."""
    return await workflow.execute_activity_method(
        do,
        command,
        start_to_close_timeout=patience.attempt,
        schedule_to_close_timeout=patience.altogether,
        retry_policy=_KEEP_TRYING,
        summary=summary.encode()[:_LONGEST_SUMMARY].decode(errors="ignore"),
    )
