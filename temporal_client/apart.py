"""Steps of large orders are done by a process of their own, so that a worker's other refunds go on meanwhile.

Whether a refund is about a large order, or a customer with many orders, is weighed before its first step here and
then known: its order is frozen.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from db import weights
from db.engine import snapshots
from db.merchant_time import of_merchant_in_time
from service.lanes import Processes
from service.steps import RefundRef

Activity = Callable[..., Awaitable[Any]]
MakeActivities = Callable[[], Awaitable[Mapping[str, Activity]]]
Weigh = Callable[[str], Awaitable[bool]]

_REMEMBERED = 10_000
"""Refunds whose weight is known; one that is forgotten is weighed again."""


def by_the_books(engine: AsyncEngine) -> Weigh:
    """Return what weighs a refund by what Postgres keeps of it."""

    async def weigh(refund_id: str) -> bool:
        async with snapshots(engine).connect() as connection:
            return await weights.is_heavy(connection, refund_id)

    return weigh


class Apart(Interceptor):
    """Has steps of heavy refunds done apart: `make_activities` builds there what it builds here, each by its name."""

    def __init__(self, make_activities: MakeActivities, weigh: Weigh) -> None:
        self._processes = Processes(_begin, make_activities)
        self._weigh = weigh
        self._weighed: OrderedDict[str, bool] = OrderedDict()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Weighed(next, self)

    async def is_heavy(self, refund_id: str) -> bool:
        if refund_id not in self._weighed:
            self._weighed[refund_id] = await self._weigh(refund_id)
            if len(self._weighed) > _REMEMBERED:
                self._weighed.popitem(last=False)
        return self._weighed[refund_id]

    async def perform(self, merchant_id: str, name: str, command: tuple[Any, ...]) -> Any:
        """Do a step over there; raises ApplicationError as it did there, and Died."""
        ended = await self._processes.run(merchant_id, _perform, name, command)
        if isinstance(ended, Failed):
            raise ended.as_error()
        return ended

    def close(self) -> None:
        self._processes.close()


class _Weighed(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, apart: Apart) -> None:
        super().__init__(next)
        self._apart = apart

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        refund = refund_of(*input.args)
        if refund is None or not await self._apart.is_heavy(refund.refund_id):
            return await super().execute_activity(input)
        return await self._apart.perform(refund.merchant_id, activity.info().activity_type, tuple(input.args))


def refund_of(command: Any = None) -> RefundRef | None:
    """Name the refund that a step is about: its command names it, or is its name."""
    named = getattr(command, "refund", command)
    return named if isinstance(named, RefundRef) else None


def seen_by(command: Sequence[Any]) -> AbstractAsyncContextManager[None]:
    """Have a step see the rows of the merchant whom it is about, and their time; one about none says it itself."""
    about = command[0] if command else None
    merchant_id = getattr(getattr(about, "refund", about), "merchant_id", None)
    return nullcontext() if merchant_id is None else of_merchant_in_time(merchant_id)


class StepsOfMerchants(Interceptor):
    """Has each step see the rows of its merchant alone, and their time.

    It stands around what weighs steps, and what has them wait.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _StepOfMerchant(next)


class _StepOfMerchant(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        async with seen_by(input.args):
            return await super().execute_activity(input)


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
        return _loop.run_until_complete(_seeing(name, command))
    except Exception as error:
        return Failed.of(error)


async def _seeing(name: str, command: tuple[Any, ...]) -> Any:
    async with seen_by(command):
        return await _activities[name](*command)
