"""Somebody resets a refund's workflow in the Temporal UI: it goes on where it was, and nothing happens twice."""

import asyncio
from collections.abc import Callable, Iterable

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from activities.attention import Attention, AttentionNeeded
from service.steps import RefundRef
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import (
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
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json


async def completed(shop: Shop) -> Json:
    return await finish(shop, await awaiting_return(shop))


async def reset(shop: Shop, refund: Json, *, to: Callable[[Iterable[int]], int] = min) -> None:
    """Take a workflow back to one of its tasks, as the Temporal UI does; what people said after it is said again."""
    handle = shop.workflow(refund)
    tasks: list[int] = []
    async with asyncio.timeout(IN_TIME_S):
        async for event in handle.fetch_history_events(wait_new_event=True):
            if _ends_a_task(event):
                tasks = [each.event_id async for each in handle.fetch_history_events() if _ends_a_task(each)]
                break
    run_id = (await handle.describe()).run_id
    await shop.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=run_id),
            reason="by mistake",
            workflow_task_finish_event_id=to(tasks),
            request_id=f"reset-{run_id}",
        )
    )


def _ends_a_task(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


SCENES = [in_review, awaiting_return, in_transit, inspecting, paying_out, waiting_for_help, completed]


@pytest.mark.parametrize("to", [min, max], ids=["first task", "last task"])
@pytest.mark.parametrize("scene", SCENES)
async def test_a_refund_whose_workflow_was_reset_comes_to_the_same_end(
    shop: Shop, scene: Scene, to: Callable[[Iterable[int]], int]
) -> None:
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    refund = await scene(shop)

    await reset(shop, refund, to=to)
    await shop.until_event(refund, "picked_up")
    done = await finish(shop, refund)
    await shop.until_ended(refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


async def test_a_cancelled_refund_stays_cancelled_when_its_workflow_is_reset(shop: Shop) -> None:
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    refund = await awaiting_return(shop)
    await shop.merchant.post(at(refund, "cancel"), {})

    await reset(shop, refund)
    await shop.until_ended(refund)

    assert (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == "cancelled"
    assert await gateway_refunds(shop) == []


async def test_a_call_for_help_of_a_run_that_was_reset_is_cleared(shop: Shop) -> None:
    """Nobody waits for the answer any more: a run that needs one asks again."""
    await shop.policy(auto_approve={})
    await shop.order(points_earned=100)
    refund = await in_review(shop)
    run = (await shop.workflow(refund).describe()).run_id
    asked = AttentionNeeded(
        RefundRef(refund["refund_id"], shop.merchant_id), "assess_refund", "out of patience", ("retry",), f"{run}.99"
    )
    await Attention(shop.engine).ask_for_attention(asked)

    await reset(shop, refund)
    await shop.until_event(refund, "picked_up")
    shown = await shop.until(refund, "in_review")
    done = await finish(shop, refund)

    assert shown["needs_attention"] is None
    assert_nothing_is_lost_and_nothing_twice(done)
