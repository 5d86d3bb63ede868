"""What the quick machine and the SDK's own have in common: they write down what a workflow wants, and send nothing."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio.worker._workflow_instance import _TimerHandle, _WorkflowInstanceImpl

from proof.simulation.moves import CancelTimer, Command, Resolve, StartTimer
from proof.simulation.stand_ins import End


class RecordingMachine(_WorkflowInstanceImpl):
    """`_made` is what the workflow has wanted in this turn, `_flags` what the SDK would note of it."""

    _made: list[Command]
    _flags: list[int]

    @property
    def flags_used(self) -> tuple[int, ...]:
        """What the SDK would note in the history for the replay of the last turn."""
        return tuple(self._flags)

    def resolve(self, job: Resolve) -> None:
        handle = self._pending_activities.pop(job.seq)
        if job.failure is None:
            handle._resolve_success(job.value)
        else:
            handle._resolve_failure(job.failure)

    def _timer_impl(
        self, delay: float, options: Any, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> _TimerHandle:
        self._assert_not_read_only("schedule timer")
        seq = self._next_seq("timer")
        handle = _TimerHandle(seq, self.time() + delay, options, callback, args, self, context)
        self._pending_timers[seq] = handle
        self._made.append(StartTimer(seq, delay))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        assert isinstance(handle, _TimerHandle)
        if self._pending_timers.pop(handle._seq, None):
            self._made.append(CancelTimer(handle._seq))

    def workflow_upsert_search_attributes(self, attributes: Any, **_: Any) -> None:
        """Decides nothing in the workflow."""

    def workflow_patch(self, id: str, *, deprecated: bool, event_groups: Any = None) -> bool:
        """Every run that is played began with the code of today."""
        return True

    def workflow_set_current_details(self, details: str) -> None:
        """Decides nothing either."""

    def _add_command(self) -> Any:
        self._assert_not_read_only("add command")
        return End(self._made)
