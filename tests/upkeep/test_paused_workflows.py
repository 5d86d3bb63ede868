"""Whoever pauses a refund in Temporal is not overruled, and operations see that it waits."""

import asyncio

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    PauseActivityRequest,
    PauseWorkflowExecutionRequest,
    UnpauseActivityRequest,
    UnpauseWorkflowExecutionRequest,
)

from gateways.sandbox.gateway import SandboxGateway
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import assert_nothing_is_lost_and_nothing_twice, finish, found, inspecting
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from upkeep.missing import Trouble
from upkeep.reconciler import Reconciler
from workflows.contract import workflow_id

SOMEBODY = {"namespace": "default", "identity": "wang", "reason": "the bank is looking into it"}


async def told_to_operations(shop: Shop, refund: Json) -> list[str]:
    """Reconcile twice; returns what operations were told of this refund."""
    await found(shop, refund, Trouble.PAUSED)
    for _ in range(2):
        await Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)}).revive_lost()
    answer = await shop.ops.get("/v1/operations/reconciliation")
    assert [(each["refund_id"], each["trouble"]) for each in answer["refunds"]] == [(refund["refund_id"], "paused")]
    return [message["body"] for message in (await shop.ops.get("/v1/inbox"))["items"]]


async def test_a_paused_workflow_waits_and_goes_on_when_it_is_unpaused(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order()
    refund = await inspecting(shop)
    this = {"workflow_id": workflow_id(refund["refund_id"]), "request_id": "one"}

    await shop.temporal.workflow_service.pause_workflow_execution(PauseWorkflowExecutionRequest(**this, **SOMEBODY))
    told = await told_to_operations(shop, refund)
    await shop.temporal.workflow_service.unpause_workflow_execution(UnpauseWorkflowExecutionRequest(**this, **SOMEBODY))
    done = await finish(shop, refund)

    why = "its workflow was paused by wang: the bank is looking into it"
    assert told == [f"Refund {refund['refund_id']} waits: {why}. Unpause it in Temporal."]
    assert_nothing_is_lost_and_nothing_twice(done)


async def test_a_paused_payout_is_shown_and_paid_once(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "break_down")  # what does not work at once can be paused
    refund = await shop.refund()
    execution = WorkflowExecution(workflow_id=workflow_id(refund["refund_id"]))
    await until_it_pays(shop, refund)

    pause = PauseActivityRequest(execution=execution, type="pay_out", **SOMEBODY)
    await shop.temporal.workflow_service.pause_activity(pause)
    told = await told_to_operations(shop, refund)
    unpause = UnpauseActivityRequest(namespace="default", execution=execution, type="pay_out")
    await shop.temporal.workflow_service.unpause_activity(unpause)
    await shop.until(refund, "completed")

    assert len(told) == 1 and "its step pay_out was paused by wang" in told[0]
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


async def until_it_pays(shop: Shop, refund: Json) -> None:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            raw = (await shop.workflow(refund).describe()).raw_description
            if any(step.activity_type.name == "pay_out" for step in raw.pending_activities):
                return
            await asyncio.sleep(0.1)
