"""A stack of undos that unwinds when the business process stops before its pivot."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

from workflows.policies import UNDO, perform

Command = TypeVar("Command")
Result = TypeVar("Result")


class RefundStopped(Exception):
    """The refund ends here by a decision, not by an accident; what was done for it is undone."""


@dataclass(frozen=True, slots=True)
class _Undo:
    run: Callable[[Any, Any], Awaitable[None]]
    command: object


class Saga:
    """Remember undos on the way forward; on a stop, a failure or a cancellation run them, newest first.

    An undo is remembered before its step runs, because a step that timed out may still have taken effect, so it
    must accept never having had anything to undo. Any other exception is a bug in workflow code: Temporal parks the
    task, and a fixed worker goes on where it stopped.
    """

    def __init__(self) -> None:
        self._undos: list[_Undo] = []

    def undo_with(self, undo: Callable[[Any, Command], Awaitable[None]], command: Command) -> None:
        """Remember how to undo the step that is about to run, with that step's own command."""
        self._undos.append(_Undo(undo, command))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(reason, (RefundStopped, FailureError, asyncio.CancelledError)):
            await see_through(self._unwind())

    async def _unwind(self) -> None:
        while self._undos:
            undo = self._undos.pop()
            try:
                await perform(undo.run, undo.command, UNDO, summary="undo, because the refund stops")
            except ActivityError:
                # Undos retry for ever, so only a refusal for good ends here; the ones beneath must still run.
                workflow.logger.exception("an undo failed for good: %s", undo.run.__name__)


async def see_through(work: Coroutine[Any, Any, Result]) -> Result:
    """Await `work` to its end, however often the workflow is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()
