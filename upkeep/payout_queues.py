"""What waits on the task queues of providers, and whether anybody serves them: told as metrics, and said in the log."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.common import MetricMeter

from gateways.registry import PAYERS
from upkeep.keepers import Keeper, each_by_itself
from workflows.contract import payout_queue

log = logging.getLogger(__name__)

NAME = "watch_payout_queues"
_EVERY = timedelta(seconds=10)
_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class PayoutQueue:
    """`workers` that asked Temporal for its tasks within five minutes, `waiting` tasks, and for how long the oldest."""

    workers: int
    waiting: int
    oldest_s: float

    @property
    def is_left_alone(self) -> bool:
        return bool(self.waiting) and not self.workers


async def describe(client: Client, provider: str) -> PayoutQueue:
    """Ask Temporal about the task queue of a provider. Raises RPCError."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=payout_queue(provider)),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        report_stats=True,
    )
    said = await client.workflow_service.describe_task_queue(request, timeout=_PATIENCE)
    oldest = said.stats.approximate_backlog_age.ToTimedelta()
    return PayoutQueue(len(said.pollers), said.stats.approximate_backlog_count, oldest.total_seconds())


class PayoutQueues:
    """Looks at the queues of all providers, whoever serves them."""

    def __init__(self, client: Client, meter: MetricMeter, providers: Sequence[str] = PAYERS) -> None:
        self._client = client
        self._providers = providers
        self._left_alone: set[str] = set()
        self._workers = meter.create_gauge("makewhole_payout_queue_workers")
        self._waiting = meter.create_gauge("makewhole_payout_queue_waiting")
        self._oldest = meter.create_gauge_float("makewhole_payout_queue_oldest_seconds")

    @property
    def keeper(self) -> Keeper:
        return Keeper(NAME, _EVERY, self.look)

    async def look(self) -> bool:
        """Tell how they are; what can't be asked of one is logged and concerns no other."""
        await each_by_itself("look at the payout queue of", self._providers, self._look_at)
        return True

    async def _look_at(self, provider: str) -> None:
        found, labels = await describe(self._client, provider), {"provider": provider}
        self._workers.set(found.workers, labels)
        self._waiting.set(found.waiting, labels)
        self._oldest.set(found.oldest_s, labels)
        if found.is_left_alone and provider not in self._left_alone:
            log.error(
                "%s payouts wait on the task queue %r, and no worker serves it", found.waiting, payout_queue(provider)
            )
        (self._left_alone.add if found.is_left_alone else self._left_alone.discard)(provider)
