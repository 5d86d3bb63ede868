"""The workers that ask providers: one for each, in one process or in many."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Interceptor, PollerBehaviorAutoscaling, Worker

from temporal_client.deployments import deployed_as
from temporal_client.task_queues import RateCaps
from workflows.contract import payout_queue

STOPS_WITHIN = timedelta(seconds=10)
_AT_ONCE = 20
"""Attempts that wait for one provider in one worker: what waits there needs no core, and takes no other's place."""


def payout_workers(
    client: Client,
    activities: Sequence[Callable[..., Any]],
    providers: Sequence[str],
    caps: RateCaps,
    interceptors: Sequence[Interceptor],
    build_id: str,
) -> list[Worker]:
    """Make a worker for the task queue of each of these providers, with its half of the provider's rate cap."""
    return [
        Worker(
            client,
            task_queue=payout_queue(provider),
            activities=activities,
            deployment_config=deployed_as(build_id),
            interceptors=interceptors,
            max_concurrent_activities=_AT_ONCE,
            max_task_queue_activities_per_second=caps.half(provider),
            activity_task_poller_behavior=PollerBehaviorAutoscaling(initial=1),
            graceful_shutdown_timeout=STOPS_WITHIN,
        )
        for provider in providers
    ]


@asynccontextmanager
async def together(workers: Sequence[Worker]) -> AsyncIterator[None]:
    """Run workers, and stop all of them at once: each waits for what it has begun."""
    async with AsyncExitStack() as running:
        for each in workers:
            await running.enter_async_context(each)
        try:
            yield
        finally:
            await asyncio.gather(*(each.shutdown() for each in workers))
