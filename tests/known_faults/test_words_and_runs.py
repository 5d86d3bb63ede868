"""A13, B3, B6: what was said to one run of a refund is said to the refund, whichever run hears it."""

import asyncio

import httpx
import pytest

from activities.attention import Attention, AttentionNeeded
from activities.steps import RefundRef
from db import claims, customers
from db.api_keys import Role
from reconciliation.lost import Trouble
from reconciliation.reconciler import Reconciler
from showcase.client import Json
from tests.reconciliation.scenes import at, awaiting_return, found, in_review, inspecting
from tests.shop import Shop
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

    Today it is 409, and the inspection counts.
    """
    refund = await inspecting(shop)
    async with shop.engine.begin() as somebody:  # who keeps the settlement that follows it waiting
        await customers.lock(somebody, shop.merchant_id, shop.customer_id)
        sending = asyncio.create_task(inspect(shop, refund))
        await shop.until_event(refund, "inspected")
        await shop.workflow(refund).terminate("by mistake")
        answer = await sending

    again = await inspect(shop, refund)

    assert answer.status_code in (200, 503), answer.text
    assert again.status_code == 200, again.text


async def inspect(shop: Shop, refund: Json) -> httpx.Response:
    headers = {"Idempotency-Key": "k1"}
    return await shop.raw(Role.WAREHOUSE, "POST", at(refund, "inspection"), json={}, headers=headers)


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
