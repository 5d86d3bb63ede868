"""A parcel that arrives after its return has expired opens the refund again in front of a reviewer (rule 31)."""

import pytest

from activities.refunds import CloseRefund, Refunds
from activities.reopening import Reopenings
from db.steps import AlreadyUndone
from domain.lifecycle import RefundStatus
from service.steps import RefundRef
from tests.shop import Shop
from tests.workflows.test_refund_story import a_return_under_way, events
from tools.client import Json, Refused


async def an_expired_return(shop: Shop) -> Json:
    await shop.policy(auto_approve={"max_amount": 10**12}, return_deadline="PT2S")
    await shop.order()
    return await shop.until(await shop.refund(kind="return"), "expired")


async def test_a_late_parcel_is_reviewed_inspected_and_paid(shop: Shop) -> None:
    refund = await an_expired_return(shop)
    at = f"/v1/refunds/{refund['refund_id']}"

    reopened = await shop.warehouse.post(f"{at}/receipt", {})
    approved = await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": "a day late"})
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert reopened["status"] == "in_review" and approved["status"] == "inspecting"
    assert done["total"] == 120_000 and done["review"]["by"] == "reviewer"
    assert events(done)[-7:] == ["reopened", "parcel_received", "approved", "inspected", "settled", "paid", "completed"]


async def test_a_late_parcel_may_be_refused_by_the_reviewer(shop: Shop) -> None:
    refund = await an_expired_return(shop)
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})

    await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": "far too late"})
    await shop.until_ended(refund)

    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_a_late_parcel_opens_a_refund_again_whose_workflow_was_once_ended_in_temporal(shop: Shop) -> None:
    refund = await a_return_under_way(shop, reason="quality_issue")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.workflow(refund).terminate("by mistake")
    await shop.until_event(refund, "picked_up")
    await shop.merchant.post(f"{at}/cancel", {})

    reopened = await shop.warehouse.post(f"{at}/receipt", {})

    assert reopened["status"] == "in_review"


async def a_late_parcel_whose_units_are_another_refunds(shop: Shop) -> Json:
    """The warehouse is told so at once."""
    refund = await an_expired_return(shop)
    await shop.approved_refund()
    with pytest.raises(Refused) as refused:
        await shop.warehouse.post(f"/v1/refunds/{refund['refund_id']}/receipt", {})
    assert (refused.value.status, refused.value.code) == (422, "quantity_not_available")
    return refund


async def test_a_late_parcel_whose_units_are_another_refunds_now_is_refused_at_once_and_noted(shop: Shop) -> None:
    refund = await a_late_parcel_whose_units_are_another_refunds(shop)
    at = f"/v1/refunds/{refund['refund_id']}"

    with pytest.raises(Refused) as again:
        await shop.warehouse.post(f"{at}/receipt", {})
    shown = await shop.until_event(refund, "needs_attention")

    assert again.value.status == 409
    assert "2 × l1" in next(each["message"] for each in shown["timeline"] if each["event"] == "parcel_noted")


async def test_operations_may_skip_a_late_parcel_that_can_not_be_refunded(shop: Shop) -> None:
    refund = await a_late_parcel_whose_units_are_another_refunds(shop)
    waiting = await shop.until_event(refund, "needs_attention")

    body = {"step": waiting["needs_attention"]["step"], "action": "skip", "note": "goods sent back"}
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", body)

    assert (await shop.until(refund, "expired"))["status"] == "expired"


async def test_a_late_parcel_is_received_when_its_units_are_free_again(shop: Shop) -> None:
    refund = await an_expired_return(shop)
    await shop.policy(auto_approve={})
    other = await shop.until(await shop.refund(), "in_review")
    with pytest.raises(Refused):
        await shop.warehouse.post(f"/v1/refunds/{refund['refund_id']}/receipt", {})
    waiting = await shop.until_event(refund, "needs_attention")
    await shop.merchant.post(f"/v1/refunds/{other['refund_id']}/cancel", {})

    body = {"step": waiting["needs_attention"]["step"], "action": "retry", "note": "free again"}
    await shop.ops.post(f"/v1/refunds/{refund['refund_id']}/resolution", body)
    reopened = await shop.until_event(refund, "parcel_received")

    assert reopened["status"] == "in_review"


async def test_in_the_round_of_a_late_parcel_the_customer_is_told_anew(shop: Shop) -> None:
    refund = await an_expired_return(shop)
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    await shop.warehouse.post(f"{at}/inspection", {})
    await shop.until(refund, "completed")

    assert (await shop.inbox()).count("Your refund request has been approved.") == 2


async def test_a_claim_that_arrives_after_the_refund_was_closed_claims_nothing(shop: Shop) -> None:
    """Its undo had failed and a person skipped it, so only the closing can keep it out."""
    refund = await an_expired_return(shop)
    again = RefundRef(refund["refund_id"], shop.merchant_id, round=2)
    last = f"{(await shop.workflow(refund).describe()).run_id}.99"

    await Refunds(shop.engine).close_refund(CloseRefund(again, RefundStatus.CANCELLED, "kept", "wang", last))
    with pytest.raises(AlreadyUndone):
        await Reopenings(shop.engine).claim_again(again)

    assert (await shop.merchant.get(f"/v1/refunds/{again.refund_id}"))["status"] == "cancelled"
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2
