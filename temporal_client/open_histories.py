"""Whether code can go on with what is under way: the history of every open workflow is replayed by it.

For a deployment, before a worker of the new code takes its first task (`python -m temporal_client replay`); nothing is
done.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.worker import Replayer

from temporal_client.runner import workflow_runner

_EACH_WITHIN_S = 120.0


@dataclass(slots=True)
class HistoriesReplayed:
    """How many open workflows were replayed, and which of them can't go on, each with why, by their ids."""

    count: int = 0
    stuck: dict[str, str] = field(default_factory=dict)


async def replay_open(client: Client, task_queue: str, workflows: Sequence[type]) -> HistoriesReplayed:
    """Replay every open workflow of a task queue by these workflow classes.

    Whatever begins meanwhile is not looked at: the code that runs began it, and may be asked again. Raises RPCError
    where Temporal can't be asked, TimeoutError where one is not fetched and replayed within two minutes.
    """
    replayer = Replayer(
        workflows=workflows,
        namespace=client.namespace,
        data_converter=client.data_converter,
        header_codec_behavior=client.config()["header_codec_behavior"],
        workflow_runner=workflow_runner(),
    )
    replayed = HistoriesReplayed()
    listed = client.list_workflows(f"ExecutionStatus = 'Running' AND TaskQueue = '{task_queue}'")
    async with replayer.workflow_replay_iterator(listed.map_histories()) as results:
        while True:
            async with asyncio.timeout(_EACH_WITHIN_S):
                result = await anext(results, None)
            if result is None:
                return replayed
            replayed.count += 1
            if result.replay_failure is not None:
                replayed.stuck[result.history.workflow_id] = str(result.replay_failure)
