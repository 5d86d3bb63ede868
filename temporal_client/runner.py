"""The sandbox that workflows run in: Temporal's own, without asking it for what no converter here wants to know.

Whatever a workflow calls that asks for the time (`domain/clock.py`) is told the workflow's, the same in every replay.

The SDK asks a workflow for a context with each payload, three times, so that codecs and storage drivers can depend on
it. In its sandbox every such question compiles and runs code: two fifths of what a replay costs. The codec here depends
on the workflow alone (`temporal_client/sealed_payloads.py`), which an activity shares; only what is for another
workflow is asked about. There is no external storage.
"""

from dataclasses import dataclass
from typing import Any

from temporalio import workflow
from temporalio.api.enums.v1.command_type_pb2 import CommandType
from temporalio.converter import SerializationContext, StorageDriverStoreContext, WorkflowSerializationContext
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
        return _InOneContext(super().create_instance(det), det.info)


_FOR_ANOTHER_WORKFLOW = frozenset(
    {
        CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
    }
)


class _InOneContext(WorkflowInstance):
    """A workflow in the sandbox, whose clock is its own and whose payloads are its own too."""

    def __init__(self, sandboxed: WorkflowInstance, info: Info) -> None:
        self._sandboxed = sandboxed
        self._context = WorkflowSerializationContext(namespace=info.namespace, workflow_id=info.workflow_id)

    def activate(self, act: Any) -> Any:
        with clock.set_to(workflow.now):
            return self._sandboxed.activate(act)

    def get_info(self) -> Info:
        return self._sandboxed.get_info()

    def get_thread_id(self) -> int | None:
        return self._sandboxed.get_thread_id()

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        if command_info is not None and command_info.command_type in _FOR_ANOTHER_WORKFLOW:
            return self._sandboxed.get_serialization_context(command_info)
        return self._context

    def get_external_store_context(self, _: Any) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)
