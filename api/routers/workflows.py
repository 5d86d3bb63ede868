"""Which workflow a refund is, and where the Temporal UI shows it."""

from urllib.parse import quote

from fastapi import APIRouter

from api.access import Ops, ServicesDep
from api.described import described
from api.paths import RefundId
from api.schemas.workflows import WorkflowAnswer
from db import refund_runs, refunds
from workflows.contract import workflow_id

router = APIRouter(prefix="/v1/refunds", tags=["operations"])


@router.get("/{refund_id}/workflow", **described("getWorkflow", "not_found"))
async def read_workflow(refund_id: RefundId, services: ServicesDep, caller: Ops) -> WorkflowAnswer:
    """Read which workflow moves a refund, and where the Temporal UI shows it."""
    async with services.snapshots.connect() as connection:
        await refunds.find(connection, caller, refund_id)
        run_id = await refund_runs.run_of(connection, refund_id)
    namespace, name = services.temporal.namespace, workflow_id(refund_id)
    return WorkflowAnswer(
        namespace=namespace,
        workflow_id=name,
        run_id=run_id,
        address=_address(services.temporal_ui, namespace, name, run_id) if services.temporal_ui else None,
    )


def _address(ui: str, namespace: str, name: str, run_id: str | None) -> str:
    """Without a run the UI shows the newest."""
    of_workflow = f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{quote(name, safe='')}"
    return f"{of_workflow}/{quote(run_id, safe='')}/history" if run_id else of_workflow
