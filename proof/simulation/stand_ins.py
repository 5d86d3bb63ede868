"""What stands in for the SDK's messages: an activity's end, the command that ends a workflow."""

from collections.abc import Callable, Generator
from typing import Any

from proof.simulation.moves import Command, Finished, Resolve, ScheduleActivity

AtOnce = Callable[[ScheduleActivity], Resolve | None]
"""Ends an activity in the task that schedules it, or leaves it for later."""


class Known:
    """An activity whose end is known in the task that schedules it: nobody else has anything to do meanwhile."""

    def __init__(self, end: Resolve) -> None:
        self._end = end

    def __await__(self) -> Generator[Any, Any, Any]:
        end = self._end
        if end.failure is None:
            return end.value
        try:
            raise end.failure
        finally:
            del self, end  # or the failure would hold itself
        yield


class End:
    """Stands for the command that ends a workflow."""

    def __init__(self, made: list[Command]) -> None:
        self._made = made
        self.result = self.failure = self

    @property
    def complete_workflow_execution(self) -> "End":
        self._made.append(Finished("completed"))
        return self

    @property
    def cancel_workflow_execution(self) -> "End":
        self._made.append(Finished("cancelled"))
        return self

    @property
    def fail_workflow_execution(self) -> "End":
        self._made.append(Finished("failed"))
        return self

    def CopyFrom(self, _: Any) -> None:  # noqa: N802
        """The result is of no interest."""

    def SetInParent(self) -> None:  # noqa: N802
        """Nothing to be set."""
