"""A Temporal that was never there is told of as one that has gone away."""

import socket
from typing import Any

import pytest
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from workflows.connection import connect


@pytest.fixture
async def nowhere(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client of an API that was started before any Temporal server."""
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        host, port = nobody_listens.getsockname()
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"{host}:{port}")
    return await connect(lazy=True)


async def test_whatever_is_asked_of_a_temporal_that_was_never_there_is_answered_as_not_available(
    nowhere: Client,
) -> None:
    refund = nowhere.get_workflow_handle("refund-1")
    beginning: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        "Refund", id="refund-1", task_queue="refunds", id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
    )
    asked = {
        "start": nowhere.start_workflow("Refund", id="refund-1", task_queue="refunds"),
        "describe": refund.describe(),
        "signal": refund.signal("wake"),
        "update": refund.execute_update("review"),
        "terminate": refund.terminate(),
        "update with start": nowhere.execute_update_with_start_workflow("receipt", start_workflow_operation=beginning),
    }

    for what, call in asked.items():
        with pytest.raises(RPCError) as told:
            await call
        assert told.value.status is RPCStatusCode.UNAVAILABLE, what
