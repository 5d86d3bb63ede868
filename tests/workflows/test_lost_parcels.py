"""A parcel that is lost, or comes after its refund is over, is noted by the warehouse and asks a reviewer (rule 31)."""

import pytest

from tests.shop import Shop
from tests.workflows.test_refund_story import events
from tools.client import Json, Refused


async def a_return(shop: Shop) -> tuple[Json, str]:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")
    return refund, f"/v1/refunds/{refund['refund_id']}"


# After cancel or reject


@pytest.mark.parametrize("end", ["cancelled", "rejected"])
async def test_a_parcel_that_comes_after_cancel_or_reject_is_reviewed_inspected_and_paid(shop: Shop, end: str) -> None:
    await shop.order()
    if end == "cancelled":
        refund, at = await a_return(shop)
        await shop.merchant.post(f"{at}/cancel", {})
    else:
        refund = await shop.refund(kind="return", reason="changed_mind")
        at = f"/v1/refunds/{refund['refund_id']}"
        await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": "worn"})
    await shop.until(refund, end)

    reopened = await shop.warehouse.post(f"{at}/receipt", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": "it is here"})
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert reopened["status"] == "in_review"
    assert [each["code"] for each in reopened["waits_because"]] == ["parcel_late"]
    assert (done["total"], done["review"]["by"]) == (120_000, "reviewer")


async def test_the_rest_of_a_parcel_that_comes_after_cancel_is_all_that_is_expected(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {"lines": [{"line_id": "l1", "quantity": 1}]})
    await shop.merchant.post(f"{at}/cancel", {})
    await shop.until(refund, "cancelled")

    with pytest.raises(Refused, match="422 quantity_not_available"):
        await shop.warehouse.post(f"{at}/receipt", {"lines": [{"line_id": "l1", "quantity": 2}]})
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/receipt", {})

    assert done["lines"][0]["quantity"] == 2


async def test_goods_that_were_inspected_and_refused_do_not_come_late(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {"lines": [{"line_id": "l1", "accepted": 0, "rejected": 2}]})
    await shop.until(refund, "rejected")

    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/receipt", {})


async def test_a_late_parcel_that_the_reviewer_refuses_leaves_the_units_free(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.merchant.post(f"{at}/cancel", {})
    await shop.until(refund, "cancelled")

    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": "called off"})
    await shop.until(refund, "rejected")

    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


# Lost on its way back


async def test_a_lost_parcel_asks_a_reviewer_and_is_paid_without_an_inspection(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.merchant.post(f"{at}/shipment", {"carrier": "SF Express", "tracking_number": "SF1"})

    lost = await shop.warehouse.post(f"{at}/loss", {"note": "SF Express has lost it"})
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/loss", {})
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/receipt", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": "the carrier pays"})
    done = await shop.until(refund, "completed")

    assert (lost["status"], lost["review"]) == ("in_review", None)
    assert [each["code"] for each in lost["waits_because"]] == ["parcel_lost"]
    assert (done["total"], done["review"]["by"]) == (120_000, "reviewer")
    assert events(done)[-5:] == ["parcel_lost", "approved", "settled", "paid", "completed"]
    assert "Your parcel for order o1 was lost on its way back. Your refund is being reviewed." in await shop.inbox()


async def test_a_reviewer_may_refuse_a_refund_whose_parcel_is_lost(shop: Shop) -> None:
    refund, at = await a_return(shop)

    await shop.warehouse.post(f"{at}/loss", {"note": "never handed in"})
    await shop.reviewer.post(f"{at}/review", {"decision": "reject", "note": "no proof of posting"})
    done = await shop.until(refund, "rejected")

    assert "label_voided" in events(done)
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_a_parcel_that_is_found_to_be_lost_after_the_end_asks_a_reviewer_too(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.merchant.post(f"{at}/cancel", {})
    await shop.until(refund, "cancelled")

    lost = await shop.warehouse.post(f"{at}/loss", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    done = await shop.until(refund, "completed")

    assert lost["status"] == "in_review" and done["total"] == 120_000


async def test_a_run_that_was_ended_while_a_loss_is_reviewed_still_asks_the_reviewer(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/loss", {})

    await shop.workflow(refund).terminate("by mistake")
    waiting = await shop.until_event(refund, "picked_up")
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    done = await shop.until(refund, "completed")

    assert waiting["status"] in ("in_review", "needs_attention")
    assert done["review"]["by"] == "reviewer"


async def test_what_is_here_or_never_had_to_come_back_can_not_be_lost(shop: Shop) -> None:
    _, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.order("o2")
    money_only = await shop.approved_refund("o2")

    for path in (at, f"/v1/refunds/{money_only['refund_id']}"):
        with pytest.raises(Refused, match="409 conflicting_state"):
            await shop.warehouse.post(f"{path}/loss", {})
