"""A13, B3, B6: what was said to one run of a refund is said to the refund, whichever run hears it."""

import asyncio
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from activities.attention import Attention, AttentionNeeded
from activities.refunds import RefundRef
from db import claims
from db.api_keys import Role
from reconciliation.lost import Trouble
from reconciliation.reconciler import Reconciler
from showcase.client import Json
from tests.reconciliation.scenes import at, awaiting_return, found, in_review
from tests.shop import IN_TIME_S, Shop
from tests.workflows.test_reset_in_temporal import reset

ONE_OF_TWO: Json = {"lines": [{"line_id": "l1", "quantity": 1}]}


async def replaced(shop: Shop, reconciler: Reconciler, refund: Json) -> None:
    """Another run takes over."""
    await shop.workflow(refund).terminate("by mistake")
    await found(shop, refund, Trouble.GONE)
    await reconciler.revive_lost()
    await shop.until_event(refund, "picked_up")


async def test_a13_a_receipt_repeated_under_its_key_in_another_run_counts_once(
    shop: Shop, reconciler: Reconciler
) -> None:
    """Right: a word is named by its caller's id, and heard once, whichever run hears it.

    Today an update's id lives as long as its run: where the API died before it kept the answer, and the run was
    replaced, the repeated request for one of two units counts as the second unit, and both are paid.
    """
    refund = await awaiting_return(shop)
    said = {"received": [["l1", 1]], "actor": "warehouse"}
    await shop.workflow(refund).execute_update("receipt", said, id="receipt-k1")  # as an API that dies then
    await replaced(shop, reconciler, refund)

    answer = await shop.raw(
        Role.WAREHOUSE, "POST", at(refund, "receipt"), json=ONE_OF_TWO, headers={"Idempotency-Key": "k1"}
    )

    async with shop.engine.connect() as connection:
        (row,) = (await claims.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]
    assert (answer.status_code, row.received) == (200, 1)


async def test_a13_a_decision_repeated_under_its_key_in_another_run_is_answered_as_before(
    shop: Shop, reconciler: Reconciler
) -> None:
    """Right: a reviewer who repeats a decision under its key is answered as before. Today it is 409."""
    refund = await in_review(shop)
    said = {"decision": "approve", "by": "reviewer"}
    await shop.workflow(refund).execute_update("review", said, id="review-k1")
    await replaced(shop, reconciler, refund)

    answer = await shop.raw(
        Role.REVIEWER, "POST", at(refund, "review"), json={"decision": "approve"}, headers={"Idempotency-Key": "k1"}
    )

    assert answer.status_code == 200


@pytest.mark.usefixtures("reconciler")
async def test_b3_a_word_whose_run_ends_after_it_was_taken_is_not_known_to_be_refused(shop: Shop) -> None:
    """Right: nobody knows whether it took effect, so 503: the same key finds out. 409 is for a definite no.

    Today it is 409, and the receipt counts.
    """
    refund = await awaiting_return(shop)
    async with shop.engine.begin() as somebody:  # who keeps the receipt from being noted for a moment
        await somebody.exec_driver_sql("select 1 from refunds where refund_id = %s for update", (refund["refund_id"],))
        sending = asyncio.create_task(shop.raw(Role.WAREHOUSE, "POST", at(refund, "receipt"), json={}))
        await until_taken(shop, refund)
        await shop.workflow(refund).terminate("by mistake")
    answer = await sending
    noted = await shop.until_event(refund, "parcel_received")

    assert noted["return"] is not None
    assert answer.status_code != 409, answer.text


async def until_taken(shop: Shop, refund: Json) -> None:
    async with asyncio.timeout(IN_TIME_S):
        async for event in shop.workflow(refund).fetch_history_events(wait_new_event=True):
            if _is_receipt(event):
                return


def _is_receipt(event: Any) -> bool:
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        return False
    accepted = event.workflow_execution_update_accepted_event_attributes
    return bool(accepted.accepted_request.input.name == "receipt")


@pytest.mark.usefixtures("reconciler")
async def test_b6_a_call_for_help_of_a_run_that_was_reset_is_cleared_or_can_be_answered(shop: Shop) -> None:
    """Right: after a reset the new run clears what the old one asked for, or takes the answer to it.

    Today a call for help that the new run does not repeat stays for ever, and every answer is 409.
    """
    refund = await in_review(shop)
    run = (await shop.workflow(refund).describe()).run_id
    asked = AttentionNeeded(
        RefundRef(refund["refund_id"], shop.merchant_id), "assess_refund", "out of patience", ("retry",), f"{run}.99"
    )
    await Attention(shop.engine).ask_for_attention(asked)
    await reset(shop, refund)
    await shop.until_event(refund, "picked_up")

    answered = await shop.raw(
        Role.OPS, "POST", at(refund, "resolution"), json={"step": "assess_refund", "action": "retry"}
    )
    shown = await shop.ops.get(f"/v1/refunds/{refund['refund_id']}")

    assert answered.status_code == 200 or shown["needs_attention"] is None, answered.text
