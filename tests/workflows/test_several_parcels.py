"""Goods that come back in several parcels, and one that comes after its refund was paid (rule 31)."""

import pytest

from tests.shop import Shop
from tests.workflows.test_lost_parcels import a_return
from tests.workflows.test_refund_story import events
from tools import clocks
from tools.client import Json, Refused

ONE = {"lines": [{"line_id": "l1", "quantity": 1}]}


def message(refund: Json, event: str) -> str:
    return next(str(each["message"]) for each in refund["timeline"] if each["event"] == event)


async def test_a_second_parcel_is_told_of_also_when_the_first_is_here_and_both_are_paid(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.merchant.post(f"{at}/shipment", {"carrier": "SF Express", "tracking_number": "SF1"})
    await shop.warehouse.post(f"{at}/receipt", ONE)

    sent = await shop.merchant.post(f"{at}/shipment", {"carrier": "YTO", "tracking_number": "YT2"})
    await shop.warehouse.post(f"{at}/receipt", ONE)
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.merchant.post(f"{at}/shipment", {"carrier": "YTO", "tracking_number": "YT3"})
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    numbers = [each["tracking_number"] for each in sent["return"]["parcels"]]
    assert (sent["status"], numbers, sent["return"]["tracking_number"]) == ("inspecting", ["SF1", "YT2"], "YT2")
    assert (done["total"], events(done).count("parcel_received")) == (120_000, 2)


async def test_a_parcel_that_comes_after_the_others_were_paid_is_noted_and_can_be_asked_for(
    shop: Shop,
) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", ONE)
    await shop.warehouse.post(f"{at}/inspection", {})
    await shop.until(refund, "completed")

    noted = await shop.warehouse.post(f"{at}/receipt", {}, key="late")
    again = await shop.warehouse.post(f"{at}/receipt", {}, key="late")
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/receipt", {})
    asked_anew = await shop.quote()

    assert (noted["status"], noted["total"], again["timeline"]) == ("completed", 60_000, noted["timeline"])
    assert "1 × l1 that nothing was paid for" in message(noted, "parcel_noted")
    assert asked_anew["lines"][0]["quantity"] == 1
    inbox = await shop.ops.get("/v1/inbox")
    assert any("after the refund was complete" in each["body"] for each in inbox["items"])


async def test_a_lost_parcel_that_comes_after_it_was_paid_is_noted_as_paid(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/loss", {})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve"})
    await shop.until(refund, "completed")

    with pytest.raises(Refused, match="422 quantity_not_available"):
        await shop.warehouse.post(f"{at}/receipt", {"lines": [{"line_id": "l1", "quantity": 3}]})
    noted = await shop.warehouse.post(f"{at}/receipt", {})

    assert "2 × l1 that the refund has paid for" in message(noted, "parcel_noted")
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 0


# One of several is lost

LOST = {"note": "SF Express has lost it", **ONE}
APPROVE = {"decision": "approve", "note": "the carrier pays"}
REJECT = {"decision": "reject", "note": "no proof of posting"}


def lost_parcels(refund: Json) -> list[tuple[int, bool | None]]:
    return [(each["lines"][0]["quantity"], each["is_paid"]) for each in refund["return"]["lost"]]


async def one_is_lost(shop: Shop) -> tuple[Json, str]:
    """One of two kettles is here, the other was in a parcel that is lost."""
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", ONE)
    lost = await shop.warehouse.post(f"{at}/loss", LOST)
    assert (lost["status"], lost_parcels(lost)) == ("in_review", [(1, None)])
    return refund, at


async def test_of_two_parcels_one_is_lost_and_a_reviewer_has_it_paid_with_what_was_accepted(shop: Shop) -> None:
    refund, at = await one_is_lost(shop)

    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/loss", LOST)
    approved = await shop.reviewer.post(f"{at}/review", APPROVE)
    with pytest.raises(Refused, match="409 conflicting_state"):
        await shop.warehouse.post(f"{at}/loss", {})
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert (approved["status"], lost_parcels(approved)) == ("inspecting", [(1, True)])
    assert (done["total"], done["lines"][0]["quantity"], done["differs_from_quote"]) == (120_000, 2, None)
    assert "1 × l1" in message(done, "parcel_lost")
    inbox = await shop.inbox()
    assert any(said.startswith("One of the parcels of your return for order o1 was lost") for said in inbox)
    assert "The goods in the lost parcel for order o1 will be refunded." in inbox


async def test_what_a_reviewer_does_not_have_paid_is_left_out_and_can_be_asked_for(shop: Shop) -> None:
    refund, at = await one_is_lost(shop)

    await shop.reviewer.post(f"{at}/review", REJECT)
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert (done["total"], done["review"]["decision"], lost_parcels(done)) == (60_000, "approve", [(1, False)])
    assert any("approved without what is lost" in each["message"] for each in done["timeline"])
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 1


async def test_a_parcel_is_lost_before_the_other_came_and_a_run_that_was_ended_knows_it(shop: Shop) -> None:
    refund, at = await a_return(shop)
    with pytest.raises(Refused, match="422 quantity_not_available"):
        await shop.warehouse.post(f"{at}/loss", {"lines": [{"line_id": "l2", "quantity": 1}]})
    await shop.warehouse.post(f"{at}/loss", LOST)
    approved = await shop.reviewer.post(f"{at}/review", APPROVE)
    await shop.workflow(refund).terminate("by mistake")
    await shop.until_event(refund, "picked_up")

    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {"lines": [{"line_id": "l1", "accepted": 0, "rejected": 1}]})
    done = await shop.until(refund, "completed")

    assert approved["status"] == "awaiting_return"
    assert (done["total"], done["lines"][0]["quantity"]) == (60_000, 1)


async def test_a_parcel_that_comes_while_a_reviewer_is_asked_about_another_is_noted_at_once(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/loss", LOST)

    await shop.merchant.post(f"{at}/shipment", {"carrier": "YTO", "tracking_number": "YT2"})
    here = await shop.warehouse.post(f"{at}/receipt", {})
    approved = await shop.reviewer.post(f"{at}/review", APPROVE)
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert (here["status"], events(here)[-2:]) == ("in_review", ["shipped", "parcel_received"])
    assert (approved["status"], done["total"]) == ("inspecting", 120_000)


async def test_a_lost_parcel_that_comes_before_the_inspection_is_inspected_like_any_other(shop: Shop) -> None:
    refund, at = await one_is_lost(shop)
    await shop.reviewer.post(f"{at}/review", APPROVE)

    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {"lines": [{"line_id": "l1", "accepted": 1, "rejected": 1}]})
    done = await shop.until(refund, "completed")

    assert (done["total"], done["lines"][0]["quantity"]) == (60_000, 1)


async def test_where_one_parcel_after_the_other_is_lost_each_is_decided_and_the_first_stays_paid(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/loss", LOST)
    await shop.reviewer.post(f"{at}/review", APPROVE)

    await shop.warehouse.post(f"{at}/loss", {"note": "this one too"})
    await shop.reviewer.post(f"{at}/review", REJECT)
    done = await shop.until(refund, "completed")

    assert (done["total"], lost_parcels(done)) == (60_000, [(1, True), (1, False)])


async def test_where_all_parcels_are_lost_and_none_is_paid_the_refund_is_refused(shop: Shop) -> None:
    refund, at = await a_return(shop)
    for _ in range(2):
        await shop.warehouse.post(f"{at}/loss", ONE)
        await shop.reviewer.post(f"{at}/review", {**REJECT, "reason_code": "evidence_insufficient"})
    done = await shop.until(refund, "rejected")

    assert done["ended_because"]["code"] == "evidence_insufficient"
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 2


async def test_where_nothing_else_is_sent_in_time_what_is_lost_and_paid_is_still_paid(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, return_deadline="P2D")
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/loss", LOST)
    await shop.reviewer.post(f"{at}/review", APPROVE)

    await clocks.advance(shop.owner, "P4D")
    done = await shop.until(refund, "completed")

    assert (done["total"], done["lines"][0]["quantity"]) == (60_000, 1)
