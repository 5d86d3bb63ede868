"""Steps of large orders are done by a process of their own, so that a worker's other refunds go on meanwhile.

What is large is found when it is about to be read (`db/weights.py`): the step's transaction ends there without a
change, and the whole step begins anew over there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.lanes import Processes
from db import weights

Activity = Callable[..., Awaitable[Any]]
MakeActivities = Callable[[], Awaitable[Mapping[str, Activity]]]


class Apart(Interceptor):
    """Has large steps done apart: `make_activities` builds there what it builds here, each by its name."""

    def __init__(self, make_activities: MakeActivities) -> None:
        self.processes = Processes(_begin, make_activities)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _LightOnly(next, self.processes)

    def close(self) -> None:
        self.processes.close()


class _LightOnly(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, processes: Processes) -> None:
        super().__init__(next)
        self._processes = processes

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        passing = weights.LIGHT_ONLY.set(True)
        try:
            return await super().execute_activity(input)
        except weights.TooHeavy:
            pass
        finally:
            weights.LIGHT_ONLY.reset(passing)
        name, merchant = activity.info().activity_type, _merchant_of(*input.args)
        ended = await self._processes.run(merchant, _perform, name, tuple(input.args))
        if isinstance(ended, Failed):
            raise ended.as_error()
        return ended


def _merchant_of(command: Any) -> str:
    """Name whose refund a step is about: a command names the refund, or is its name; some are about nobody's."""
    return str(getattr(getattr(command, "refund", command), "merchant_id", ""))


@dataclass(frozen=True, slots=True)
class Failed:
    """How a step failed over there, in what gets from process to process; `type` as Temporal names it."""

    message: str
    type: str | None
    non_retryable: bool
    details: tuple[Any, ...] = ()

    @classmethod
    def of(cls, error: Exception) -> "Failed":
        if isinstance(error, ApplicationError):
            return cls(error.message, error.type, error.non_retryable, tuple(error.details))
        return cls(str(error), type(error).__name__, non_retryable=False)

    def as_error(self) -> ApplicationError:
        return ApplicationError(self.message, *self.details, type=self.type, non_retryable=self.non_retryable)


# In the other process

_loop: asyncio.AbstractEventLoop
_activities: Mapping[str, Activity]


def _begin(make_activities: MakeActivities) -> None:
    global _loop, _activities
    _loop = asyncio.new_event_loop()
    asyncio.set_event_loop(_loop)
    _activities = _loop.run_until_complete(make_activities())


def _perform(name: str, command: tuple[Any, ...]) -> Any:
    """Do a step; what it raises is handed back, as most errors of others don't get from process to process."""
    try:
        return _loop.run_until_complete(_awaited(_activities[name](*command)))
    except Exception as error:
        return Failed.of(error)


async def _awaited(step: Awaitable[Any]) -> Any:
    return await step
