"""What every run of a class begins with, set up by the SDK once, from what temporalio keeps private (1.35)."""

import asyncio
import dataclasses
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payloads
from temporalio.common import Priority, TypedSearchAttributes
from temporalio.converter import DefaultFailureConverter, DefaultPayloadConverter, PayloadConverter
from temporalio.worker._workflow_instance import (
    WorkflowInstanceDetails,
    _WorkflowInstanceImpl,
)

from proof.simulation.moves import (
    Finished,
)

LOOP = asyncio.new_event_loop()


class _Failures(DefaultFailureConverter):
    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Any) -> None:
        failure._made[-1] = Finished("failed")


def as_new(class_: type) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Let the SDK set up a machine once for each class: what all of them share, and containers for each to copy.

    There are no dice among it: a workflow that asks for them makes a mistake.
    """
    asyncio._set_running_loop(LOOP)
    try:
        machine = _WorkflowInstanceImpl(_details(class_))  # type: ignore[abstract]
    finally:
        asyncio._set_running_loop(None)
    containers = [(name, value) for name, value in vars(machine).items() if isinstance(value, _CONTAINERS)]
    left_out = {"_random", "_inbound", "_outbound", *(name for name, _ in containers)}
    shared = {name: value for name, value in vars(machine).items() if name not in left_out}
    AS_NEW[class_] = shared, containers
    return shared, containers


def _details(class_: type) -> WorkflowInstanceDetails:
    return WorkflowInstanceDetails(
        payload_converter_factory=DefaultPayloadConverter,
        failure_converter_class=_Failures,
        interceptor_classes=[],
        defn=workflow._Definition.must_from_class(class_),
        info=_ANY_RUN,
        randomness_seed=0,
        extern_functions={},
        disable_eager_activity_execution=True,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=Payloads(),
        last_failure=None,
    )


def info_of_run(run_id: str) -> workflow.Info:
    info = object.__new__(workflow.Info)
    vars(info).update(vars(_ANY_RUN), run_id=run_id, original_execution_run_id=run_id)
    return info


def _any_run() -> workflow.Info:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    known: dict[str, Any] = {
        "attempt": 1,
        "namespace": "default",
        "run_id": "",
        "first_execution_run_id": "",
        "original_execution_run_id": "",
        "workflow_id": "refund",
        "workflow_type": "Refund",
        "task_queue": "refunds",
        "headers": {},
        "raw_memo": {},
        "search_attributes": {},
        "typed_search_attributes": TypedSearchAttributes([]),
        "start_time": now,
        "workflow_start_time": now,
        "task_timeout": timedelta(seconds=10),
        "priority": Priority.default,
    }
    fields: dict[str, Any] = {name: known.get(name) for name in _INFO_FIELDS}
    return workflow.Info(**fields)


AS_NEW: dict[type, tuple[dict[str, Any], list[tuple[str, Any]]]] = {}


_CONTAINERS = (dict, list, set, deque)


_INFO_FIELDS = [field.name for field in dataclasses.fields(workflow.Info) if field.init]


_ANY_RUN = _any_run()
