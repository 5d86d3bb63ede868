"""A refund from request to the last message, and every way it can end (rules 12, 30 to 33 and 38)."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from db.api_keys import Role
from domain.lifecycle import RefundStatus
from tests.shop import IN_TIME_S, Shop, a_line
from tools.client import Json, Refused
from workflows.contract import ReviewSaid


def events(refund: Json) -> list[str]:
    return [entry["event"] for entry in refund["timeline"]]


async def a_return_under_way(shop: Shop, **fields: Any) -> Json:
    await shop.order()
    refund = await shop.refund(kind="return", **fields)
    return await shop.until(refund, "awaiting_return")


async def test_a_return_goes_through_review_parcel_and_inspection_to_the_payout(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind", kind="return", lines=[{"line_id": "l1", "quantity": 1}])
    at = f"/v1/refunds/{refund['refund_id']}"

    approved = await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": "fine"})
    shipped = await shop.merchant.post(f"{at}/shipment", {"carrier": "SF", "tracking_number": "SF1"})
    received = await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {"lines": [{"line_id": "l1", "accepted": 1}]})
    done = await shop.until(refund, "completed")

    assert [approved["status"], shipped["status"], received["status"]] == [
        "awaiting_return",
        "in_transit",
        "inspecting",
    ]
    assert approved["review"]["decision"] == "approve" and approved["review"]["by"] == "reviewer"
    assert done["return"]["tracking_number"] == "SF1" and done["return"]["rma"].startswith("RMA-")
    assert [payout["status"] for payout in done["payouts"]] == ["succeeded"] and done["total"] == 60_000
    on_the_way = ["approved", "label_ready", "shipped", "parcel_received", "inspected"]
    assert events(done) == ["requested", *on_the_way, "settled", "paid", "completed"]


async def test_only_accepted_units_are_paid_and_the_rest_can_be_asked_for_again(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", quantity=3, unit_price=10_000)])
    refund = await shop.refund(kind="return")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(f"{at}/receipt", {"lines": [{"line_id": "l1", "quantity": 3}]})

    found = [{"line_id": "l1", "accepted": 2, "rejected": 1, "disposition": "return_to_customer", "note": "worn"}]
    await shop.warehouse.post(f"{at}/inspection", {"lines": found})
    done = await shop.until(refund, "completed")

    assert done["total"] == 20_000
    assert [(line["quantity"], line["amount"]) for line in done["lines"]] == [(2, 20_000)]
    order = await shop.merchant.get("/v1/orders/o1")
    assert order["refundable"] == [{"line_id": "l1", "quantity": 1, "amount": 10_000}]


async def test_a_return_of_which_nothing_is_accepted_is_rejected(shop: Shop) -> None:
    refund = await a_return_under_way(shop)
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {"lines": [{"line_id": "l1", "rejected": 2}]})

    done = await shop.until(refund, "rejected")

    assert done["payouts"] == [] and "label_voided" in events(done)


async def test_a_rejected_refund_gives_its_units_back_and_cannot_be_approved_afterwards(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    at = f"/v1/refunds/{refund['refund_id']}"

    rejected = await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": "used"})

    assert rejected["status"] == "rejected"
    with pytest.raises(Refused) as refused:
        await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    assert (refused.value.status, refused.value.code) == (409, "conflicting_state")
    order = await shop.merchant.get("/v1/orders/o1")
    assert order["refundable"][0]["quantity"] == 2
    assert [text for text in await shop.inbox() if "o1 was rejected. It does not meet our conditions" in text]


async def test_a_reviewer_may_ask_for_evidence_before_deciding(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    at = f"/v1/refunds/{refund['refund_id']}"

    asked = await shop.reviewer.post(f"{at}/review", {"decision": "request_evidence", "note": "a photo, please"})
    given = await shop.merchant.post(f"{at}/evidence", {"evidence": ["https://shop.example/1.jpg"]})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    done = await shop.until(refund, "completed")

    assert asked["status"] == "in_review" and given["evidence"] == ["https://shop.example/1.jpg"]
    assert events(done)[:4] == ["requested", "evidence_requested", "evidence_added", "approved"]


async def test_people_at_the_temporal_ui_decide_by_signal_and_nonsense_is_ignored(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"allowed": True, "up_to": 200_000})
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    workflow = shop.workflow(refund)

    await workflow.signal("decide", {"decision": "perhaps"})
    await workflow.signal("decide", ReviewSaid("approve", by="wang"))
    await workflow.signal("decide", ReviewSaid("reject", by="li"))
    done = await shop.until(refund, "completed")

    assert done["review"]["by"] == "temporal:wang"


async def test_of_fifty_approvals_at_once_one_takes_effect(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")

    async def approve() -> int:
        try:
            await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
        except Refused as refused:
            return refused.status
        return 200

    answers = await asyncio.gather(*(approve() for _ in range(50)))
    done = await shop.until(refund, "completed")

    assert sorted(answers) == [200] + [409] * 49
    assert events(done).count("approved") == 1


async def test_temporal_takes_fifty_approvals_at_once_too(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))

    async def approve() -> str:
        try:
            await shop.workflow(refund).execute_update("review", {"decision": "approve"})
        except WorkflowUpdateFailedError:
            return "refused"
        except RPCError as ended:  # the one approval that counts ends the workflow in the same task
            return "refused" if ended.status is RPCStatusCode.NOT_FOUND else ended.message
        return "approved"

    answers = await asyncio.gather(*(approve() for _ in range(50)))

    assert sorted(answers) == ["approved"] + ["refused"] * 49


@pytest.mark.parametrize("reached", ["in_review", "awaiting_return", "in_transit", "inspecting"])
async def test_a_refund_can_be_cancelled_at_every_stage_before_the_payout(shop: Shop, reached: str) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind", kind="return")
    at = f"/v1/refunds/{refund['refund_id']}"
    stages: list[tuple[str, Any, str, Json]] = [
        ("awaiting_return", shop.reviewer, "review", {"decision": "approve"}),
        ("in_transit", shop.merchant, "shipment", {"carrier": "SF", "tracking_number": "1"}),
        ("inspecting", shop.warehouse, "receipt", {}),
    ]
    order = [RefundStatus.IN_REVIEW, *(RefundStatus(stage) for stage, *_ in stages)]
    for _, who, verb, body in stages[: order.index(RefundStatus(reached))]:
        await who.post(f"{at}/{verb}", body)

    cancelled = await shop.merchant.post(f"{at}/cancel", {"note": "keeps it"})

    assert cancelled["status"] == "cancelled" and cancelled["payouts"] == []
    assert ("label_voided" in events(cancelled)) == (reached != "in_review")
    again = await shop.refund(reason="changed_mind", kind="return")
    assert again["lines"][0]["quantity"] == 2


async def test_approving_and_cancelling_in_the_same_instant_ends_one_way(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    at = f"/v1/refunds/{refund['refund_id']}"

    await asyncio.gather(
        shop.raw(Role.REVIEWER, "POST", f"{at}/review", json={"decision": "approve"}),
        shop.raw(Role.MERCHANT, "POST", f"{at}/cancel", json={}),
    )
    done = await shop.until(refund, "completed", "cancelled")

    assert bool(done["payouts"]) == (done["status"] == "completed")


async def test_a_return_that_nobody_sends_expires_after_a_reminder(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, return_deadline="PT3S")
    await shop.order()

    done = await shop.until(await shop.refund(kind="return"), "expired")

    assert "label_voided" in events(done)
    inbox = await shop.inbox()
    assert any("Please remember" in text for text in inbox) and any("has expired" in text for text in inbox)


@pytest.mark.parametrize(("rule", "status"), [("approve", "completed"), ("reject", "rejected")])
async def test_a_review_that_nobody_does_ends_as_the_policy_says(shop: Shop, rule: str, status: str) -> None:
    await shop.policy(review_sla="PT1S", review_timeout=rule)
    await shop.order()

    done = await shop.until(await shop.refund(reason="changed_mind"), status)

    assert done["review"]["rule"] == "review_timeout"


async def test_a_review_that_nobody_does_is_escalated_and_can_still_be_done(shop: Shop) -> None:
    await shop.policy(review_sla="PT1S")
    await shop.order()
    refund = await shop.refund(reason="changed_mind")

    waiting = await shop.until(refund, "needs_attention")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
    done = await shop.until(refund, "completed")

    assert waiting["needs_attention"]["step"] == "review" and done["needs_attention"] is None


async def test_an_inspection_that_nobody_does_is_escalated(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, inspection_sla="PT1S")
    refund = await a_return_under_way(shop)
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.warehouse.post(f"{at}/receipt", {})

    waiting = await shop.until(refund, "needs_attention")
    await shop.warehouse.post(f"{at}/inspection", {})
    await shop.until(refund, "completed")

    assert waiting["needs_attention"]["step"] == "inspection"


async def test_goods_below_the_returnless_limit_stay_with_the_customer(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, returnless_below=200_000)
    await shop.order()

    done = await shop.until(await shop.refund(kind="return"), "completed")

    assert done["return"] is None


async def test_cancelling_in_the_temporal_ui_undoes_the_refund_too(shop: Shop) -> None:
    refund = await a_return_under_way(shop)

    await shop.workflow(refund).cancel()
    done = await shop.until(refund, "cancelled")

    assert "label_voided" in events(done)
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_operations_find_the_refund_and_read_its_story_in_temporal(shop: Shop) -> None:
    refund = await a_return_under_way(shop)

    async with asyncio.timeout(IN_TIME_S):  # the database may know a moment sooner than Temporal's visibility
        while True:
            described = await shop.workflow(refund).describe()
            attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
            if attributes.get("RefundStatus") != "in_review":
                break
            await asyncio.sleep(0.1)

    assert attributes["MerchantId"] == shop.merchant_id and attributes["OrderId"] == "o1"
    assert attributes["RefundStatus"] == "awaiting_return" and attributes["NeedsAttention"] is False
    assert attributes["AmountMinor"] == 120_000
    assert "order o1" in (await described.static_summary() or "")
    details = await shop.workflow(refund).query("__temporal_workflow_metadata")
    assert "the parcel" in str(details)


async def test_people_at_the_temporal_ui_may_send_the_same_update_as_the_review_desk(shop: Shop) -> None:
    await shop.policy(approval_from_temporal={"up_to": 120_000})
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))

    await shop.workflow(refund).execute_update("review", {"decision": "approve"})

    assert (await shop.until(refund, "completed"))["review"]["by"] == "temporal"
