"""Every workflow of makewhole: what a worker does, and what a deployment replays."""

from collections.abc import Sequence

from workflows.bulk import BulkWorkflow
from workflows.refund import RefundWorkflow
from workflows.settlement_reports import WORKFLOWS as OF_SETTLEMENT_REPORTS

WORKFLOWS: Sequence[type] = (RefundWorkflow, BulkWorkflow, *OF_SETTLEMENT_REPORTS)
