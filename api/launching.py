"""Starting the workflow of what was stored just now; where that fails, nothing is lost."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from workflows.contract import TASK_QUEUE
from workflows.settlement_reports import SettlementReportWorkflow, report_workflow_id

log = logging.getLogger("api")


@contextmanager
def else_by_the_worker(refund_id: str) -> Iterator[None]:
    """Start a workflow in this; where that fails now, the worker's sweep starts it: the refund is stored already."""
    try:
        yield
    except (RPCError, DBAPIError, OSError) as trouble:
        log.warning("refund %s is stored, the worker will start it: %s", refund_id, trouble)


async def read_settlement_report(client: Client, report_id: str) -> None:
    """Start reading a report that is stored; one that is being read, or was read, is left as it is.

    Where Temporal is away, the Schedule's next round reads it (`upkeep/report_reading.py`).
    """
    try:
        await client.start_workflow(
            SettlementReportWorkflow.run,
            report_id,
            id=report_workflow_id(report_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"settlement report {report_id}",
        )
    except RPCError as trouble:
        log.warning("settlement report %s is stored, and is read later: %s", report_id, trouble)
