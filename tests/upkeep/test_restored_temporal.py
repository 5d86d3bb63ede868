"""Temporal comes back from an older copy of its database: no refund is lost, nothing is said, paid or given twice."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from gateways.sandbox.gateway import SandboxGateway
from proof.chaos.older_temporal import copy_temporal, restore_temporal
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import assert_nothing_is_lost_and_nothing_twice, at, finish, in_transit
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json
from tools.stack.stack import Stack
from upkeep.reconciler import Reconciler
from upkeep.stale_runs import end_stale_runs


async def test_refunds_go_on_although_temporal_forgot_the_last_of_them(own_shop: Shop, own_stack: Stack) -> None:
    shop = own_shop
    await shop.policy(auto_approve={})
    for name in ("forgotten", "behind", "over"):
        await shop.order(name)
    behind, over = [await shop.refund(name, kind="return") for name in ("behind", "over")]
    for refund in (behind, over):
        await shop.until(refund, "in_review")
        await asyncio.sleep(2)

    copy = copy_temporal(own_stack.home)
    forgotten = await shop.refund("forgotten", kind="return")
    for refund in (forgotten, behind, over):
        await shop.reviewer.post(at(refund, "review"), {"decision": "approve"})
        await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(at(over, "receipt"), {})
    await shop.warehouse.post(at(over, "inspection"), {})
    await shop.until(over, "completed")
    restore_temporal(own_stack, copy)

    reconciler = Reconciler(shop.temporal, shop.engine, {"sandbox": SandboxGateway(shop.engine)})
    why = await until_resumed(shop, reconciler, forgotten, by="revived")
    await until_resumed(shop, reconciler, behind, by="picked_up")  # woken, it finds out that another run must go on
    await until_none_is_left_over(shop, over)
    for refund in (forgotten, behind):
        await shop.warehouse.post(at(refund, "receipt"), {})
        await shop.warehouse.post(at(refund, "inspection"), {})
        await shop.until(refund, "completed")

    assert "does not know" in why
    assert (await shop.workflow(over).describe()).status is WorkflowExecutionStatus.TERMINATED
    paid = await gateway_refunds(shop)
    assert [charge for charge, _, _ in paid] == ["ch-behind", "ch-forgotten", "ch-over"]
    for refund in (forgotten, behind, over):
        done = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
        assert_nothing_is_lost_and_nothing_twice(done)
        assert (await shop.merchant.get(f"/v1/orders/{refund['order_id']}"))["refundable"][0]["quantity"] == 0


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_whoever_speaks_to_a_refund_that_temporal_forgot_is_heard(
    own_shop: Shop, own_stack: Stack, is_confirmed: bool
) -> None:
    shop = own_shop
    await shop.policy(auto_approve={})
    await shop.order()
    copy = copy_temporal(own_stack.home)
    refund = await in_transit(shop)
    if not is_confirmed:
        async with shop.engine.begin() as connection:  # who started it died before it could be noted
            await connection.exec_driver_sql(
                "update refunds set workflow_started_at = null where refund_id = %s", (refund["refund_id"],)
            )

    restore_temporal(own_stack, copy)
    await shop.warehouse.post(at(refund, "receipt"), {})
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


async def until_none_is_left_over(shop: Shop, refund: Json) -> None:
    """A run that has something to do just then is left alone, and ended the next time."""
    async with asyncio.timeout(IN_TIME_S):
        while (await shop.workflow(refund).describe()).status is WorkflowExecutionStatus.RUNNING:
            await end_stale_runs(shop.temporal, shop.engine, settles_within=timedelta())
            await asyncio.sleep(0.2)


async def until_resumed(shop: Shop, reconciler: Reconciler, refund: Json, *, by: str) -> str:
    """Reconcile until a refund goes on in another run; returns what its timeline says of that."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            with suppress(RPCError):  # Temporal is still starting
                await reconciler.reconcile()
            now = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
            for event in now["timeline"]:
                if event["event"] == by:
                    return str(event["message"])
            await asyncio.sleep(1)
