"""The sandbox that workflows run in: Temporal's own, without asking it for what no converter here wants to know.

Whatever a workflow calls that asks for the time (`domain/clock.py`) is told the workflow's, the same in every replay.

The SDK asks a workflow for a context with each payload, three times, so that codecs and storage drivers can depend on
it. In its sandbox every such question compiles and runs code: two fifths of what a replay costs. The converter here is
the same in every context (`temporal_client/connection.py`), and there is neither a codec nor external storage.
"""

from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import Info

from domain import clock

_PASSED_THROUGH = (
    "activities",
    "db",
    "domain",
    "gateways",
    "service",
    "workflows",
    "pydantic",
    "sqlalchemy",
    "psycopg",
)


def workflow_runner() -> SandboxedWorkflowRunner:
    return _Runner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PASSED_THROUGH))


@dataclass(frozen=True)
class _Runner(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _WithoutContext(super().create_instance(det))


class _WithoutContext(WorkflowInstance):
    """A workflow in the sandbox, whose clock is its own and whose payloads are converted in no context."""

    def __init__(self, sandboxed: WorkflowInstance) -> None:
        self._sandboxed = sandboxed

    def activate(self, act: Any) -> Any:
        with clock.set_to(workflow.now):
            return self._sandboxed.activate(act)

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()

    def get_serialization_context(self, _: Any) -> None:
        return None

    def get_external_store_context(self, _: Any) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)
