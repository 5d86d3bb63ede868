"""The ways of a refund whose histories are recorded: each ends with the refund whose last run is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gateways.ports import GatewayStatus
from temporal_client.payout_events import note_payout_event
from tests.shop import Shop, a_line, a_payment, days_ago
from tests.workflows.bank_desk import bank_desk
from tests.workflows.test_payouts import coupon
from tools.client import Json
from workflows.contract import ReviewSaid


async def approved_by_rule(shop: Shop) -> Json:
    await coupon(shop)
    discounts = [{"source": "coupon", "id": "cpn-100", "amount": 10_000}]
    await shop.order(discounts=discounts, points_earned=300)
    return await shop.approved_refund()


async def goods_come_back(shop: Shop) -> Json:
    await shop.order()
    refund = await shop.refund(reason="changed_mind", kind="return", lines=[{"line_id": "l1", "quantity": 1}])
    await _say(shop, refund, "reviewer", "review", decision="approve", note="fine")
    await _say(shop, refund, "merchant", "shipment", carrier="SF", tracking_number="SF1")
    await _say(shop, refund, "warehouse", "receipt")
    await _say(shop, refund, "warehouse", "inspection")
    return await shop.until(refund, "completed")


async def decided_by_signal(shop: Shop) -> Json:
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 200_000})
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    await shop.workflow(refund).signal("decide", ReviewSaid("approve", by="wang"))
    return await shop.until(refund, "completed")


async def rejected_after_evidence(shop: Shop) -> Json:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    await _say(shop, refund, "reviewer", "review", decision="request_evidence", note="a photo, please")
    await _say(shop, refund, "reviewer", "review", decision="reject", note="used")
    return await shop.until(refund, "rejected")


async def overdue_review(shop: Shop) -> Json:
    await shop.policy(review_sla="PT1S")
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    await shop.until(refund, "needs_attention")
    await _say(shop, refund, "reviewer", "review", decision="approve")
    return await shop.until(refund, "completed")


async def cancelled_in_transit(shop: Shop) -> Json:
    refund = await _return_under_way(shop)
    await _say(shop, refund, "merchant", "shipment", carrier="SF", tracking_number="SF1")
    await _say(shop, refund, "merchant", "cancel", note="keeps it")
    return await shop.until(refund, "cancelled")


async def cancelled_from_temporal(shop: Shop) -> Json:
    refund = await _return_under_way(shop)
    await shop.workflow(refund).cancel()
    return await shop.until(refund, "cancelled")


async def expired(shop: Shop) -> Json:
    await shop.policy(auto_approve={"max_amount": 10**12}, return_deadline="PT2S")
    return await shop.until(await _return_under_way(shop), "expired")


async def late_parcel(shop: Shop) -> Json:
    refund = await expired(shop)
    await _say(shop, refund, "warehouse", "receipt")
    await _say(shop, refund, "reviewer", "review", decision="approve")
    await _say(shop, refund, "warehouse", "inspection")
    return await shop.until(refund, "completed")


async def one_of_two_tenders_declined(shop: Shop) -> Json:
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)
    await shop.behave("ch-b", "decline")
    return await shop.approved_refund()


async def declined_and_settled_by_hand(shop: Shop) -> Json:
    await shop.policy(auto_approve={"max_amount": 10**12}, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", "decline")
    refund = await shop.refund()
    await shop.until(refund, "needs_attention")
    await _say(shop, refund, "ops", "resolution", step="pay_out", action="settle", note="bank transfer 4711")
    return await shop.until(refund, "completed")


async def pending_for_a_while(shop: Shop) -> Json:
    await shop.order()
    await shop.behave("ch-o1", "pending")
    refund = await shop.refund()
    await shop.until(refund, "paying_out")
    await asyncio.sleep(2)
    await shop.behave("ch-o1", "succeed")
    return await shop.until(refund, "completed")


async def charged_back(shop: Shop) -> Json:
    await shop.order()
    await shop.behave("ch-o1", "dispute")
    return await shop.until(await shop.refund(), "rejected")


async def failed_after_it_was_paid(shop: Shop) -> Json:
    refund = await approved_by_rule(shop)
    await shop.behave("ch-o1", "fail_after_success")
    await note_payout_event(
        shop.temporal, shop.engine, await shop.payout_key(refund), GatewayStatus.FAILED, reference=None
    )
    await shop.until_event(refund, "needs_attention")
    await _say(shop, refund, "ops", "resolution", step="pay_out", action="settle", note="bank transfer 4711")
    await shop.workflow(refund).result()
    return refund


async def terminated_and_picked_up(shop: Shop) -> Json:
    refund = await _return_under_way(shop)
    await _say(shop, refund, "warehouse", "receipt")
    await shop.workflow(refund).terminate("by mistake")
    await shop.until_event(refund, "picked_up")
    await _say(shop, refund, "warehouse", "inspection")
    return await shop.until(refund, "completed")


async def a_measured_line_comes_back(shop: Shop) -> Json:
    apples = {"line_id": "l1", "sku": "apples", "quantity": "0.4", "unit": "kg", "total": 796}
    await shop.order(lines=[apples])
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    await _say(shop, refund, "warehouse", "receipt", lines=[{"line_id": "l1", "quantity": "0.3"}])
    inspected = {"line_id": "l1", "accepted": "0.25", "rejected": "0.05", "disposition": "used"}
    await _say(shop, refund, "warehouse", "inspection", lines=[inspected])
    return await shop.until(refund, "completed")


async def several_parcels_of_which_one_is_lost(shop: Shop) -> Json:
    """An order that came in two parcels goes back in three; one of them is lost and paid all the same."""
    parcels = [_a_parcel("s1", 2, amount=600), _a_parcel("s2", 1, amount=400)]
    await shop.order(lines=[a_line("l1", quantity=3)], shipping={"amount": 10_00}, shipments=parcels)
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    await _say(shop, refund, "merchant", "shipment", carrier="SF", tracking_number="SF1")
    await _say(shop, refund, "warehouse", "receipt", **_ONE)
    await _say(shop, refund, "warehouse", "loss", note="SF has lost it", **_ONE)
    await _say(shop, refund, "merchant", "shipment", carrier="YTO", tracking_number="YT2")
    await _say(shop, refund, "reviewer", "review", decision="approve")
    await _say(shop, refund, "warehouse", "receipt", **_ONE)
    await _say(shop, refund, "warehouse", "inspection")
    return await shop.until(refund, "completed")


async def transferred_after_two_approvals(shop: Shop) -> Json:
    desk = await bank_desk(shop)
    await shop.order()
    waiting = await desk.to_be_transferred()
    await desk.resolve(waiting, "settle", reference="TRX-1")
    return await shop.until(waiting, "completed")


async def a_transfer_that_the_bank_sent_back(shop: Shop) -> Json:
    refund = await transferred_after_two_approvals(shop)
    await shop.workflow(refund).result()
    await _say(shop, refund, "ops", "resolution", step="pay_out", action="failed", note="account closed")
    await shop.until(refund, "needs_attention")
    await _say(shop, refund, "ops", "resolution", step="pay_out", action="settle", reference="TRX-2")
    return await shop.until(refund, "completed")


_ONE: Json = {"lines": [{"line_id": "l1", "quantity": 1}]}


def _a_parcel(shipment_id: str, units: int, *, amount: int) -> Json:
    came = {"shipped_at": days_ago(26), "delivered_at": days_ago(25)}
    return {"shipment_id": shipment_id, "lines": [{"line_id": "l1", "quantity": units}], "amount": amount, **came}


async def _return_under_way(shop: Shop) -> Json:
    await shop.order()
    return await shop.until(await shop.refund(kind="return"), "awaiting_return")


async def asked_before_providers_had_queues(shop: Shop) -> Json:
    """Its history is by the version before 0113, whose payout went on on the task queue of the refunds."""
    await shop.order()
    await shop.behave("ch-o1", "break_down")
    return await shop.approved_refund()


async def _say(shop: Shop, refund: Json, who: str, verb: str, **body: Any) -> None:
    await getattr(shop, who).post(f"/v1/refunds/{refund['refund_id']}/{verb}", body)


Scenario = Callable[[Shop], Awaitable[Json]]

SCENARIOS: tuple[Scenario, ...] = (
    approved_by_rule,
    goods_come_back,
    decided_by_signal,
    rejected_after_evidence,
    overdue_review,
    cancelled_in_transit,
    cancelled_from_temporal,
    expired,
    late_parcel,
    one_of_two_tenders_declined,
    declined_and_settled_by_hand,
    pending_for_a_while,
    charged_back,
    failed_after_it_was_paid,
    terminated_and_picked_up,
    a_measured_line_comes_back,
    several_parcels_of_which_one_is_lost,
    transferred_after_two_approvals,
    a_transfer_that_the_bank_sent_back,
    asked_before_providers_had_queues,
)
