"""A stack of undos that unwinds when the business process stops before its pivot."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from temporalio.exceptions import FailureError

from domain.explain.endings import EndedBecause, RejectionReason

Command = TypeVar("Command")
Result = TypeVar("Result")


class RefundStopped(Exception):
    """The refund ends here by a decision, not by an accident; what was done for it is undone.

    Its words are for the house, `because` is what the customer is told.
    """

    because: EndedBecause = RejectionReason.OTHER

    def __init__(self, why: str, because: EndedBecause | None = None) -> None:
        super().__init__(why)
        self.because = because or self.because


@dataclass(frozen=True, slots=True)
class Undo:
    run: Callable[[Any, Any], Awaitable[None]]
    command: object


class Saga:
    """Remember undos on the way forward; on a stop, a failure or a cancellation run them, newest first.

    An undo is remembered before the task in which its step runs, because a step that timed out or whose task was lost
    may still have taken effect. So it must accept never having had anything to undo, and it leaves a tombstone against
    a first attempt that is late.
    Any other exception is a bug in workflow code: Temporal parks the task, and a fixed worker goes on where it stopped.

    `begins_to_stop` is told at once, before anybody else may speak, and `says_why` before anything is undone;
    `run` runs an undo; `is_stuck` gets each undo that did not work, after all others have run, and returns when it has
    been dealt with.
    """

    def __init__(
        self,
        begins_to_stop: Callable[[], None],
        says_why: Callable[[], Awaitable[None]],
        run: Callable[["Undo"], Awaitable[None]],
        is_stuck: Callable[[Undo, FailureError], Awaitable[None]],
    ) -> None:
        self._begins_to_stop = begins_to_stop
        self._says_why = says_why
        self._run = run
        self._is_stuck = is_stuck
        self._undos: list[Undo] = []

    def undo_with(self, undo: Callable[[Any, Command], Awaitable[None]], command: Command) -> None:
        """Remember how to undo a step that has not begun yet."""
        self._undos.append(Undo(undo, command))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(reason, (RefundStopped, FailureError, asyncio.CancelledError)):
            self._begins_to_stop()
            await uncancelled(self._unwind())

    async def _unwind(self) -> None:
        await self._says_why()
        stuck: list[tuple[Undo, FailureError]] = []
        while self._undos:
            undo = self._undos.pop()
            try:
                await self._run(undo)
            except FailureError as failed:  # one stuck undo must not strand the ones beneath it
                stuck.append((undo, failed))
        for undo, reason in stuck:
            await self._is_stuck(undo, reason)


async def cancel_afterwards(work: Coroutine[Any, Any, Result]) -> Result:
    """Await `work` to its end, and only then be cancelled: what people are shown is never half said."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()


async def uncancelled(work: Coroutine[Any, Any, Result]) -> Result:
    """Await `work` to its end, however often the workflow is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()
