"""A refund whose workflow is lost goes on: what people said is not asked again, and nothing happens twice."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.service import RPCError

from activities.attention import AsksSomethingElse, Attention, AttentionGiven, AttentionNeeded
from activities.parcels import InspectedLine, Inspection, Receipt
from activities.reopening import Load, Opening, Reopenings
from activities.returns import RecordInspection, RecordReceipt, Returns
from activities.review import Review, ReviewDecision
from activities.settlement import HoldSettlement, Settlements
from domain import clock
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from domain.said import WordKind
from service.steps import RefundRef
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.scenes import (
    Scene,
    assert_nothing_is_lost_and_nothing_twice,
    at,
    awaiting_return,
    evidence_requested,
    finish,
    found,
    in_review,
    in_transit,
    inspecting,
    paying_out,
    said,
    waiting_for_help,
    woken,
)
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json, Refused
from upkeep.missing import Trouble
from upkeep.reconciler import Reconciler
from workflows.contract import Resolution, ResolveInput, ReviewInput

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

UNUSED: Any = (None, None, None)

SCENES = [in_review, evidence_requested, awaiting_return, in_transit, inspecting, paying_out, waiting_for_help]


@pytest.mark.parametrize("scene", SCENES)
async def test_a_refund_whose_workflow_was_terminated_goes_on_where_it_was(
    shop: Shop, reconciler: Reconciler, scene: Scene
) -> None:
    refund = await scene(shop)

    await shop.workflow(refund).terminate("by mistake")
    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]
    told = Counter(await shop.inbox())
    assert set(told.values()) == {1}, told
    assert (await shop.customer())["points"] == {"balance": 0, "held": 0}


@pytest.mark.usefixtures("reconciler")
async def test_whoever_speaks_to_a_refund_that_lost_its_workflow_is_heard(shop: Shop) -> None:
    refund = await awaiting_return(shop)
    await shop.workflow(refund).terminate("by mistake")

    await shop.warehouse.post(at(refund, "receipt"), {})
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


@pytest.mark.usefixtures("reconciler")
async def test_of_many_who_speak_at_once_to_a_refund_that_lost_its_workflow_one_is_heard(shop: Shop) -> None:
    refund = await awaiting_return(shop)
    await shop.workflow(refund).terminate("by mistake")

    said = [shop.warehouse.post(at(refund, "receipt"), {}) for _ in range(5)]
    answers = await asyncio.gather(*said, return_exceptions=True)
    done = await finish(shop, refund)

    refused = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert refused == ["conflicting_state"] * 4
    assert [event["event"] for event in done["timeline"]].count("revived") == 1
    assert_nothing_is_lost_and_nothing_twice(done)


async def test_a_workflow_that_is_lost_again_and_again_is_shown_to_operations(
    shop: Shop, reconciler: Reconciler
) -> None:
    refund = await in_review(shop)
    async with asyncio.timeout(4 * IN_TIME_S):
        while (now := await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["needs_attention"] is None:
            with suppress(RPCError):  # the worker's own reconciler may be quicker
                await shop.workflow(refund).terminate("again")
            await reconciler.revive_lost()
    await shop.ops.post(at(refund, "resolution"), {"step": "workflow", "action": "retry", "note": "mended"})
    done = await finish(shop, refund)

    assert now["needs_attention"]["step"] == "workflow"
    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


@pytest.mark.usefixtures("reconciler")
async def test_what_was_said_in_a_task_that_is_lost_is_acted_upon_in_the_same_run(shop: Shop) -> None:
    """A worker notes the inspection and dies with its workflow task; the warehouse does not say it again."""
    await shop.policy(auto_approve={}, restocking_fee_bp=5_000)
    refund = await inspecting(shop)
    run = (await shop.workflow(refund).describe()).run_id
    found = Inspection((InspectedLine("l1", 2, 0, "damaged", "", lesser=1),), "warehouse")
    ref, word = RefundRef(refund["refund_id"], shop.merchant_id), said(WordKind.INSPECTION, found, run)
    noted = RecordInspection(ref, found, f"{run}.99", clock.now(), word=word)
    await Returns(shop.engine, *UNUSED).record_inspection(noted)
    news = {"payment_id": "p1", "status": "pending"}
    await shop.workflow(refund).signal("payout_event", news)  # the history goes on, without knowing

    await woken(shop)
    done = await shop.until(refund, "completed")

    assert [event["event"] for event in done["timeline"]].count("inspected") == 1
    assert await gateway_refunds(shop) == [("ch-o1", 90_000, "succeeded")]  # less half of the lesser unit's price
    assert (await shop.workflow(refund).describe()).run_id == run


@pytest.mark.usefixtures("reconciler")
async def test_whoever_speaks_to_a_workflow_that_is_behind_is_heard(shop: Shop) -> None:
    """The same with a receipt: without it, the inspection would be refused."""
    refund = await in_transit(shop)
    await asyncio.sleep(5)
    await _receive_in_a_lost_task(shop, refund)

    await shop.warehouse.post(at(refund, "inspection"), {})
    done = await shop.until(refund, "completed")

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


@pytest.mark.usefixtures("reconciler")
async def test_a_workflow_that_went_on_without_knowing_what_was_said_is_told(shop: Shop) -> None:
    """The receipt was lost with its task, and the shipment is noted after it."""
    refund = await awaiting_return(shop)
    await _receive_in_a_lost_task(shop, refund)
    await shop.merchant.post(at(refund, "shipment"), {"carrier": "SF", "tracking_number": "SF1"})

    await woken(shop)
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


@pytest.mark.usefixtures("reconciler")
async def test_a_payout_settled_by_hand_in_a_task_that_is_lost_is_not_paid_as_well(shop: Shop) -> None:
    refund = await waiting_for_help(shop)
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    answer = ResolveInput("pay_out", Resolution.DONE_BY_HAND, "ops", "bank")
    word = said(WordKind.RESOLVE, answer, run)
    call, status = await _call(shop, refund), RefundStatus.PAYING_OUT
    given = AttentionGiven(ref, "pay_out", "settle", "bank", "ops", status, call, f"{run}.99", "p1", word)
    await Attention(shop.engine).note_resolution(given)
    await shop.behave("ch-o1", "succeed")

    await woken(shop)
    done = await shop.until(refund, "completed")

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == []
    assert [each["status"] for each in done["payouts"]] == ["failed", "succeeded"]


@pytest.mark.usefixtures("reconciler")
async def test_what_was_held_in_a_task_that_is_lost_is_released_when_the_refund_is_cancelled(shop: Shop) -> None:
    """A worker approves, holds the value, and dies with its workflow task; the customer cancels, not the reviewer."""
    refund = await in_review(shop)
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    word = said(WordKind.REVIEW, ReviewInput(Decision.APPROVE, "reviewer"), run)
    approved = ReviewDecision(ref, Decision.APPROVE, "reviewer", None, "", f"{run}.99", clock.now(), word=word)
    await Review(shop.engine).record_decision(approved)
    await Settlements(shop.engine).hold_settlement(HoldSettlement(ref, None))
    assert (await shop.customer())["points"]["held"] > 0

    await shop.merchant.post(at(refund, "cancel"), {})
    done = await shop.until(refund, "cancelled")

    assert done["payouts"] == [] and await gateway_refunds(shop) == []
    assert (await shop.customer())["points"] == {"balance": 100, "held": 0}
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_a_refund_that_was_being_cancelled_ends_cancelled(shop: Shop, reconciler: Reconciler) -> None:
    refund = await awaiting_return(shop)
    async with shop.engine.begin() as connection:  # as far as the undoing had come
        await connection.exec_driver_sql(
            "update steps set is_undone = true where refund_id = %s and step = 'issue_return'", (refund["refund_id"],)
        )
    await shop.workflow(refund).terminate("by mistake")

    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    done = await shop.until(refund, "cancelled")

    assert done["payouts"] == []
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


@pytest.mark.usefixtures("reconciler")
async def test_a_refund_that_has_its_workflow_is_left_alone(shop: Shop) -> None:
    refund = await awaiting_return(shop)
    await asyncio.sleep(6)

    answer = await shop.ops.get("/v1/operations/reconciliation")

    assert answer == {"agrees": True, "refunds": [], "payouts": [], "unread": []}
    assert (await shop.until(refund, "awaiting_return"))["status"] == "awaiting_return"


@pytest.mark.usefixtures("reconciler")
async def test_what_people_answer_is_never_taken_for_another_call_than_the_one_they_see(shop: Shop) -> None:
    """A worker notes an answer, asks about the next share, and dies with its task: its run asks about the first."""
    refund = await waiting_for_help(shop)
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    of_the_run, attention = await _call(shop, refund), Attention(shop.engine)
    await attention.ask_for_attention(AttentionNeeded(ref, "pay_out", "another share", ("settle",), f"{run}.98"))

    status = RefundStatus.PAYING_OUT
    with pytest.raises(AsksSomethingElse):
        await attention.note_resolution(
            AttentionGiven(ref, "pay_out", "settle", "bank", "ops", status, of_the_run, f"{run}.99", "p1")
        )
    done = await finish(shop, refund)

    assert_nothing_is_lost_and_nothing_twice(done)
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


@pytest.mark.usefixtures("reconciler")
async def test_an_answer_that_was_noted_for_another_share_settles_none(shop: Shop) -> None:
    """It comes again to a run whose task was lost, which asks about another share than the one it was for."""
    refund = await waiting_for_help(shop)
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    answer = ResolveInput("pay_out", Resolution.DONE_BY_HAND, "ops", "bank")
    word, status, call = said(WordKind.RESOLVE, answer, run), RefundStatus.PAYING_OUT, await _call(shop, refund)
    given = AttentionGiven(ref, "pay_out", "settle", "bank", "ops", status, call, f"{run}.99", word=word)
    attention = Attention(shop.engine)
    await attention.note_resolution(given)

    with pytest.raises(AsksSomethingElse):
        await attention.note_resolution(replace(given, settled="p1"))


@pytest.mark.usefixtures("reconciler")
async def test_a_run_that_loads_after_a_later_one_takes_no_word_from_it(shop: Shop) -> None:
    refund = await in_transit(shop)
    await _receive_in_a_lost_task(shop, refund)
    late = Load(RefundRef(refund["refund_id"], shop.merchant_id), Opening.RESUMED, "an-ended-run", LONG_AGO)

    await Reopenings(shop.engine).load(late)
    await woken(shop)
    shown = await shop.until(refund, "inspecting")

    assert "picked_up" not in [event["event"] for event in shown["timeline"]]


async def _call(shop: Shop, refund: Json) -> str:
    """How the call for help is named that people see."""
    call = "select needs_attention ->> 'call' from refunds where refund_id = %s"
    async with shop.engine.connect() as connection:
        return str((await connection.exec_driver_sql(call, (refund["refund_id"],))).scalar_one())


async def _receive_in_a_lost_task(shop: Shop, refund: Json) -> None:
    ref, run = RefundRef(refund["refund_id"], shop.merchant_id), (await shop.workflow(refund).describe()).run_id
    receipt = Receipt((("l1", 2),), "warehouse")
    received = RecordReceipt(ref, receipt, f"{run}.99", word=said(WordKind.RECEIPT, receipt, run))
    await Returns(shop.engine, *UNUSED).record_receipt(received)


async def test_the_risk_is_judged_once_however_often_the_refund_is_taken_over(
    shop: Shop, reconciler: Reconciler
) -> None:
    refund = await awaiting_return(shop)
    for number in range(2, 5):  # by now the customer looks riskier
        await shop.order(f"o{number}")
        await shop.refund(f"o{number}", reason="changed_mind")
    await asyncio.sleep(6)
    await shop.workflow(refund).terminate("by mistake")

    await found(shop, refund, Trouble.MISSING)
    await reconciler.revive_lost()
    await shop.until_event(refund, "picked_up")
    done = await finish(shop, refund)

    assert done["risk"] == refund["risk"]
