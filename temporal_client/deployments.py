"""Workers of two versions side by side: Temporal gives tasks to the current one alone, which takes over what is open.

Runs are not pinned to the version that began them: a refund may wait for a parcel for weeks, and old workers would have
to stay as long. Whatever changes the order of steps says so by `workflow.patched`
(docs/decisions/0109-a-version-takes-over-what-is-open.md).
"""

import asyncio

from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

DEPLOYMENT = "makewhole"

_TOLD_WITHIN_S = 60.0
_LOOKS_EVERY_S = 0.2


def deployed_as(build_id: str) -> WorkerDeploymentConfig | None:
    """What a worker of this build tells Temporal. None for one of no build: it shares all tasks with its like."""
    if not build_id:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def make_current(client: Client, build_id: str) -> None:
    """Have the workers of this build do every task from now on, of new refunds and of open ones.

    Raises RPCError where none of them works yet, or Temporal can't be asked, and TimeoutError where it has not told all
    of its task queues in time: until then tasks go to the build before.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=DEPLOYMENT,
        build_id=build_id,
        identity=client.identity,
    )
    await client.workflow_service.set_worker_deployment_current_version(request)
    try:
        async with asyncio.timeout(_TOLD_WITHIN_S):
            while True:
                if not await _is_being_told(client):
                    return
                await asyncio.sleep(_LOOKS_EVERY_S)
    except TimeoutError:
        late = (
            f"Temporal has not told all task queues of build {build_id!r} within {_TOLD_WITHIN_S:.0f} s: run it again"
        )
        raise TimeoutError(late) from None


async def _is_being_told(client: Client) -> bool:
    asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
    described = await client.workflow_service.describe_worker_deployment(asked)
    state = described.worker_deployment_info.routing_config_update_state
    return state == RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
