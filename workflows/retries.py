"""Timeouts and retries, named for their reason."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows.contract import (
        ALREADY_PAID,
        ALREADY_UNDONE,
        ASKS_SOMETHING_ELSE,
        RUN_IS_BEHIND,
        payout_queue,
        shortened,
    )

Command = TypeVar("Command")
Result = TypeVar("Result")

_FOR_GOOD = (ALREADY_UNDONE, ALREADY_PAID, ASKS_SOMETHING_ELSE, RUN_IS_BEHIND)
"""A tombstone stands for ever, and so does a payout, or what people were asked: who finds them need not come again."""

_KEEP_TRYING = RetryPolicy(
    initial_interval=timedelta(milliseconds=250),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=10),
    non_retryable_error_types=_FOR_GOOD,
)


@dataclass(frozen=True, slots=True)
class AtOnce:
    """How long and how often something is tried as a local activity, before a durable one takes over."""

    attempt: timedelta
    altogether: timedelta
    attempts: int


_OURS = AtOnce(timedelta(seconds=5), timedelta(seconds=8), attempts=2)
"""Our own database answers in an instant, or is away."""

_THEIRS = AtOnce(timedelta(seconds=2), timedelta(seconds=3), attempts=1)
"""Whoever is outside and does not answer in an instant is not asked twice in one: a task must not wait for them."""


@dataclass(frozen=True, slots=True)
class RetryBudget:
    """How long one attempt may take, and all attempts together; None has no end.

    at_once: tried as a local activity first, which costs Temporal one event instead of six. What does not work so
    falls over to a durable activity with all the patience it needs.
    task_queue: of that durable activity; None is the workflow's own.
    """

    attempt: timedelta
    altogether: timedelta | None
    at_once: AtOnce | None
    task_queue: str | None = None


SHORTEST_TURN = timedelta(milliseconds=250)
"""The least that a share waits for its turn at the provider, whose clock need not be ours."""

STEP = RetryBudget(timedelta(seconds=10), timedelta(minutes=15), _OURS)
"""A step has bounded patience: long enough for a database that restarts, then a person is asked."""

OUTSIDE = RetryBudget(timedelta(seconds=10), timedelta(minutes=15), _THEIRS)
"""The same for a step that asks somebody outside."""

PAYOUT = RetryBudget(timedelta(seconds=10), timedelta(hours=1), _THEIRS)
"""A provider that does not answer is asked again under the same key; after an hour a person is told as well."""


def payout_by(provider: str) -> RetryBudget:
    """The same on the task queue of a provider; what began before there were such has none, and stays where it was."""
    return replace(PAYOUT, task_queue=payout_queue(provider)) if provider else PAYOUT


NOTIFY = RetryBudget(timedelta(seconds=10), timedelta(minutes=1), _OURS)
"""A message must not hold up the money: it is tried again before the refund closes, then a person decides."""

UNTIL_SEEN = RetryBudget(timedelta(seconds=10), None, _OURS)
"""Only a call for help has no end of patience: Temporal shows it in `NeedsAttention` from its first attempt on."""

UNDO = RetryBudget(timedelta(seconds=10), timedelta(minutes=15), at_once=None)
"""An undo that does not work is shown to a person, and the undos beneath it run meanwhile."""


class DidNotWork(Exception):
    """An attempt at once failed; the durable activity goes on, after a pause where whoever was asked wants one."""

    def __init__(self, pause: timedelta | None = None) -> None:
        self.pause = pause


FIRST_LOOK = timedelta(seconds=1)
LONGEST_BETWEEN_LOOKS = timedelta(hours=1)
"""A pending payout is looked up again and again, at intervals that double from the first to the longest."""

PENDING_PATIENCE = timedelta(days=3)
"""After this long a pending payout is shown to a person."""

BALANCE_PATIENCE = timedelta(days=1)
"""After this long a payout that waits for the merchant's balance is shown to a person; it is looked up every hour."""

TRANSIT_PATIENCE = timedelta(days=14)
"""A parcel under way for longer is shown to a person."""


async def perform(
    do: Callable[[Any, Command], Awaitable[Result]],
    command: Command,
    patience: RetryBudget,
    *,
    summary: str,
    before_waiting: Callable[[], Awaitable[None]] | None = None,
) -> Result:
    """Run an activity with this much patience; `summary` is what operations read of it in the Temporal UI.

    `before_waiting` is done where it does not work at once. Raises FailureError when it is out of patience, and
    CancelledError, never a failure, when Temporal cancels it.
    """
    try:
        try:
            return await at_once(do, command, patience, summary=summary)
        except DidNotWork as first:
            pause = first.pause
        if before_waiting is not None:
            await before_waiting()
        if pause:
            await workflow.sleep(pause, summary=shortened(f"{do.__name__}: they ask for time"))
        return await workflow.execute_activity_method(
            do,
            command,
            task_queue=patience.task_queue,
            start_to_close_timeout=patience.attempt,
            schedule_to_close_timeout=patience.altogether,
            retry_policy=_KEEP_TRYING,
            summary=shortened(summary),
        )
    except FailureError as failed:
        if is_cancelled_exception(failed):
            raise asyncio.CancelledError from failed
        raise


async def at_once(
    do: Callable[[Any, Command], Awaitable[Result]], command: Command, patience: RetryBudget, *, summary: str
) -> Result:
    """Run an activity as a local one. Raises DidNotWork, and CancelledError when Temporal cancels it."""
    first = patience.at_once
    if first is None:
        raise DidNotWork
    try:
        return await workflow.execute_local_activity_method(
            do,
            command,
            start_to_close_timeout=first.attempt,
            schedule_to_close_timeout=first.altogether,
            retry_policy=_tries(first.attempts),
            summary=shortened(summary),
        )
    except FailureError as failed:  # a local activity fails with its own error, without an ActivityError around it
        if is_cancelled_exception(failed):
            raise asyncio.CancelledError from failed
        workflow.logger.warning("%s did not work at once, trying on: %s", do.__name__, failed)
        raise DidNotWork(failed.next_retry_delay if isinstance(failed, ApplicationError) else None) from failed


def _tries(attempts: int) -> RetryPolicy:
    interval = timedelta(milliseconds=50)
    return RetryPolicy(initial_interval=interval, maximum_attempts=attempts, non_retryable_error_types=_FOR_GOOD)
