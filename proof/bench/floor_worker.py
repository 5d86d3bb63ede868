"""`python -m proof.bench.floor_worker`: works on what does nothing, in the sandbox that refunds run in.

It ends with its standard input. A hundred tasks at once, as the SDK has it: the floor is to be as low as it can be.
"""

import asyncio
import os
import sys

from temporalio.worker import PollerBehaviorAutoscaling, Worker

from proof.bench.floor_workflows import TASK_QUEUE, Empty, SameShape, nothing
from temporal_client.connection import connect
from temporal_client.runner import workflow_runner
from variables import payload_keys


async def main() -> None:
    async with Worker(
        await connect(payload_keys(os.environ)),
        task_queue=TASK_QUEUE,
        workflows=[Empty, SameShape],
        activities=[nothing],
        workflow_runner=workflow_runner(),
        max_concurrent_workflow_tasks=100,
        max_concurrent_activities=100,
        max_concurrent_local_activities=100,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    ):
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
