"""Starting the workflow of a bulk of refunds, or waking the one that is there."""

import logging

from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError

from service.bulk import BulkRef
from temporal_client.start import in_turn
from workflows.bulk import BulkWorkflow, bulk_workflow_id
from workflows.contract import TASK_QUEUE
from workflows.visibility import MERCHANT_ID

log = logging.getLogger(__name__)


async def carry_on(client: Client, ref: BulkRef) -> None:
    """See to it that somebody looks where a bulk stands; raises temporalio's RPCError."""
    await client.start_workflow(
        BulkWorkflow.run,
        ref,
        id=bulk_workflow_id(ref.bulk_id),
        task_queue=TASK_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="wake",
        search_attributes=TypedSearchAttributes([SearchAttributePair(MERCHANT_ID, ref.merchant_id)]),
        static_summary=f"bulk of refunds {ref.bulk_id}",
        priority=in_turn(ref.merchant_id),
    )


async def carry_on_soon(client: Client, ref: BulkRef) -> None:
    """The same, where the worker's keeper does it if it can't be done now (`upkeep/bulk_refunds.py`)."""
    try:
        await carry_on(client, ref)
    except (RPCError, OSError) as trouble:
        log.warning("bulk %s is stored, the worker will carry it on: %s", ref.bulk_id, trouble)
