"""Somebody resets a refund's workflow in the Temporal UI: it goes on where it was, and nothing happens twice."""

import asyncio

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from showcase.client import Json
from tests.reconciliation.scenes import (
    Scene,
    assert_nothing_is_lost_and_nothing_twice,
    at,
    awaiting_return,
    finish,
    in_review,
    in_transit,
    inspecting,
    paying_out,
    waiting_for_help,
)
from tests.shop import IN_TIME_S, Shop
from tests.workflows.test_payouts import gateway_refunds

_AFTER_ITS_FIRST_TASK = 4


async def completed(shop: Shop) -> Json:
    return await finish(shop, await awaiting_return(shop))


async def reset(shop: Shop, refund: Json) -> None:
    """Take a workflow back to its beginning, as the Temporal UI does; what people said is said to it again."""
    handle = shop.workflow(refund)
    async with asyncio.timeout(IN_TIME_S):
        async for event in handle.fetch_history_events(wait_new_event=True):
            if event.event_id == _AFTER_ITS_FIRST_TASK:
                break
    run_id = (await handle.describe()).run_id
    await shop.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=run_id),
            reason="by mistake",
            workflow_task_finish_event_id=_AFTER_ITS_FIRST_TASK,
            request_id=f"reset-{run_id}",
        )
    )


SCENES = [in_review, awaiting_return, in_transit, inspecting, paying_out, waiting_for_help, completed]


@pytest.mark.parametrize("scene", SCENES)
async def test_a_refund_whose_workflow_was_reset_comes_to_the_same_end(shop: Shop, scene: Scene) -> None:
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    refund = await scene(shop)

    await reset(shop, refund)
    await shop.until_event(refund, "picked_up")
    done = await finish(shop, refund)
    await shop.workflow(refund).result()

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_a_cancelled_refund_stays_cancelled_when_its_workflow_is_reset(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    refund = await awaiting_return(shop)
    await shop.merchant.post(at(refund, "cancel"), {})

    await reset(shop, refund)
    await shop.workflow(refund).result()

    assert (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == "cancelled"
    assert await gateway_refunds(shop) == []
