"""A workflow that is lost, or can't go on, while it asks people something: they are asked again, and answer that."""

import asyncio
import secrets

import pytest
from temporalio import workflow
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from db import steps
from domain.clock import now
from domain.steps import Step
from gateways.registry import open_named
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import at, awaiting_return, finish, found
from tests.workflows.test_late_parcels import a_late_parcel_whose_units_are_another_refunds, an_expired_return
from tools.client import Json, Refused
from upkeep.missing import Trouble
from upkeep.reconciler import Reconciler
from workflows.contract import WORKFLOW_TYPE


async def lost(shop: Shop, refund: Json) -> None:
    """Its workflow is terminated, and another one goes on with it."""
    await shop.workflow(refund).terminate("by mistake")
    await found(shop, refund, Trouble.MISSING)
    await Reconciler(shop.temporal, shop.engine, open_named(shop.engine, ("sandbox",))).revive_lost()


async def answer(shop: Shop, refund: Json, action: str) -> None:
    """Answer what is asked about the parcel, as soon as the run that goes on asks it."""
    async with asyncio.timeout(IN_TIME_S):
        while True:
            try:
                await shop.ops.post(at(refund, "resolution"), {"step": "claim_again", "action": action})
                return
            except Refused:
                await asyncio.sleep(0.5)


async def test_what_had_ended_and_asks_about_a_late_parcel_is_not_over(shop: Shop) -> None:
    refund = await a_late_parcel_whose_units_are_another_refunds(shop)

    asking = await shop.until_noticed(refund)
    await answer(shop, refund, "skip")
    over = await shop.until(refund, "expired")

    assert (asking["status"], asking["completed_at"]) == ("needs_attention", None)
    assert over["completed_at"] is not None


async def test_people_are_asked_again_about_a_late_parcel_whose_workflow_is_lost(shop: Shop) -> None:
    refund = await a_late_parcel_whose_units_are_another_refunds(shop)
    await shop.until_noticed(refund)

    await lost(shop, refund)
    await answer(shop, refund, "skip")
    over = await shop.until(refund, "expired")

    assert (over["needs_attention"], over["payouts"]) == (None, [])
    assert [each["event"] for each in over["timeline"]].count("parcel_noted") == 1


async def test_a_late_parcel_whose_workflow_is_lost_is_paid_when_its_units_are_free_again(
    shop: Shop,
) -> None:
    refund = await an_expired_return(shop)
    await shop.policy(auto_approve={})
    other = await shop.until(await shop.refund(), "in_review")
    with pytest.raises(Refused):
        await shop.warehouse.post(at(refund, "receipt"), {})
    await shop.until_noticed(refund)

    await lost(shop, refund)
    await shop.merchant.post(at(other, "cancel"), {})
    await answer(shop, refund, "retry")
    await shop.until_event(refund, "reopened")
    await shop.reviewer.post(at(refund, "review"), {"decision": "approve"})
    await shop.warehouse.post(at(refund, "receipt"), {})
    await shop.warehouse.post(at(refund, "inspection"), {})
    done = await shop.until(refund, "completed")

    assert done["total"] == 120_000


@workflow.defn(name=WORKFLOW_TYPE)
class CannotGoOn:
    """What a worker has whose code can't follow the history."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("what happened does not fit what the code does")


async def test_a_run_that_had_loaded_and_can_not_go_on_is_replaced(shop: Shop, reconciler: Reconciler) -> None:
    refund = await awaiting_return(shop)
    queue = f"another-version-{secrets.token_hex(4)}"
    runner = UnsandboxedWorkflowRunner()
    async with Worker(shop.temporal, task_queue=queue, workflows=[CannotGoOn], workflow_runner=runner):
        stuck = await shop.temporal.start_workflow(
            WORKFLOW_TYPE,
            id=shop.workflow(refund).id,
            task_queue=queue,
            id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
        )
        async with shop.engine.begin() as connection:
            loaded = {"run": stuck.first_execution_run_id, "is_loaded": True, "since": now().isoformat()}
            await steps.keep_result(connection, refund["refund_id"], Step.RUN, loaded)
        await found(shop, refund, Trouble.MISSING)
        await reconciler.revive_lost()
        done = await finish(shop, refund)

    assert done["total"] == 120_000
