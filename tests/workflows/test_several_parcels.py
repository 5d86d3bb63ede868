"""Goods that come back in several parcels, and one that comes after its refund was paid (rule 31)."""

import pytest

from tests.shop import Shop
from tests.workflows.test_lost_parcels import a_return
from tests.workflows.test_refund_story import events
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
