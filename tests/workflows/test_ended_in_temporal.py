"""Whatever somebody does to a workflow in the Temporal UI, its refund goes on."""

from tests.shop import Shop
from tests.workflows.test_payouts import gateway_refunds
from tests.workflows.test_refund_story import a_return_under_way, events


async def test_a_terminated_refund_is_picked_up_and_nobody_is_asked_twice(shop: Shop) -> None:
    refund = await a_return_under_way(shop, reason="quality_issue")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})

    await shop.workflow(refund).terminate("by mistake")
    await shop.until_event(refund, "picked_up")
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert events(done).count("approved") == 1 and events(done).count("parcel_received") == 1
    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


async def test_a_refund_that_is_terminated_while_its_payout_is_pending_is_paid_once(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()
    await shop.until(refund, "paying_out")

    await shop.workflow(refund).terminate("by mistake")
    await shop.until_event(refund, "picked_up")
    await shop.behave("ch-o1", "succeed")
    await shop.until(refund, "completed")

    assert await gateway_refunds(shop) == [("ch-o1", 120_000, "succeeded")]


async def test_a_refund_that_is_cancelled_from_temporal_during_its_payout_is_seen_through(shop: Shop) -> None:
    await shop.order()
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()
    await shop.until(refund, "paying_out")

    await shop.workflow(refund).cancel()
    await shop.behave("ch-o1", "succeed")

    assert (await shop.until(refund, "completed"))["payouts"][0]["status"] == "succeeded"
