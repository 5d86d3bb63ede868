"""A parcel that arrives after its return has expired opens the refund again in front of a reviewer (rule 31)."""

import asyncio

import pytest

from activities.refunds import CloseRefund, RefundRef, Refunds
from activities.reopening import Reopenings
from db.effects import AlreadyUndone
from domain.reasons import RefundStatus
from showcase.client import Json, Refused
from tests.shop import Shop
from tests.workflows.test_refund_story import events


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
    await shop.workflow(refund).result()

    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_a_late_parcel_whose_units_are_another_refunds_now_needs_a_person(shop: Shop) -> None:
    refund = await an_expired_return(shop)
    await shop.approved_refund()

    with pytest.raises(Refused) as refused:
        path = f"/v1/refunds/{refund['refund_id']}"
        await _receive_and_skip(shop, path)

    assert refused.value.code == "conflicting_state"
    assert (await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}"))["status"] == "expired"


async def _receive_and_skip(shop: Shop, path: str) -> None:
    """The warehouse waits for its answer while operations skip what can't be claimed."""
    arrived = asyncio.create_task(shop.warehouse.post(f"{path}/receipt", {}))
    waiting = await shop.until_event({"refund_id": path.removeprefix("/v1/refunds/")}, "needs_attention")
    body = {"step": waiting["needs_attention"]["step"], "action": "skip", "note": "goods sent back"}
    await shop.ops.post(f"{path}/resolution", body)
    await arrived


async def test_a_claim_that_arrives_after_the_refund_was_closed_claims_nothing(shop: Shop) -> None:
    """Its undo had failed and a person skipped it, so only the closing can keep it out."""
    refund = await an_expired_return(shop)
    again = RefundRef(refund["refund_id"], shop.merchant_id, round=2)

    await Refunds(shop.engine).close_refund(CloseRefund(again, RefundStatus.CANCELLED, "kept", "wang", "run.1"))
    with pytest.raises(AlreadyUndone):
        await Reopenings(shop.engine).claim_again(again)

    assert (await shop.merchant.get(f"/v1/refunds/{again.refund_id}"))["status"] == "cancelled"
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2
