"""Stock that lives in another system of the merchant's: what inspection accepted of each unit is told there, once."""

from collections.abc import AsyncIterator

import pytest

from activities.payout_books import PayOut
from service.steps import RefundRef
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party
from tests.gateways.line import Fault
from tests.shop import ANYTHING, Shop, a_line
from tests.upkeep.scenes import at
from tests.workflows.test_late_failures import hears_that_it_failed, looking_later, settle_by_hand
from tests.workflows.test_refund_story import events
from tools.client import Json, Refused

THOUSAND = 1_000
"""The reference counts thousandths, as some goods are measured."""

RESTOCKED, DAMAGED = "sku-l1/restock/A-3", "sku-l1/damaged/"


@pytest.fixture
async def party() -> AsyncIterator[EntitlementsParty]:
    async with entitlements_party() as party:
        yield party


async def lives_there(shop: Shop, party: EntitlementsParty) -> None:
    """The merchant names the system, and has sold three kettles."""
    await shop.owner.put("/v1/entitlement-systems/wms", {"url": party.url, "secrets": party.secrets})
    await shop.policy(auto_approve=ANYTHING, entitlements_elsewhere={"stock": "wms"})
    await shop.order(lines=[a_line("l1", quantity=3)])


def put(quantity: int, disposition: str, location: str | None = None) -> Json:
    return {"quantity": quantity, "disposition": disposition, "location": location}


def two_kept_apart() -> Json:
    return {"line_id": "l1", "accepted": 3, "stock": [put(2, "restock", "A-3"), put(1, "damaged")]}


async def stock(party: EntitlementsParty) -> tuple[int, int]:
    """What has come back of the kettles there: to be sold as new, and damaged."""
    found = [await party.balance("", "stock", place) for place in (RESTOCKED, DAMAGED)]
    return found[0] // THOUSAND, found[1] // THOUSAND


async def test_what_becomes_of_each_accepted_unit_is_told_once_it_is_paid(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    party.line.meets(Fault.ANSWER_LOST)

    done = await shop.returned(inspected=[two_kept_apart()])
    (asked, looked_up) = await party.log()

    assert await stock(party) == (2, 1)
    assert (asked["path"], looked_up["path"]) == ("/do", "/look-up")
    assert asked["instruction_id"] == f"{done['refund_id']}-move_stock-1"
    lot = {"line_id": "l1", "sku": "sku-l1", "unit": None, "word": None}
    lots = [{**lot, **put(2, "restock", "A-3"), "quantity": "2"}, {**lot, **put(1, "damaged"), "quantity": "1"}]
    assert asked["effect"] == {"kind": "stock", "lots": lots}
    assert events(done).index("paid") < events(done).index("done_elsewhere")
    inspected = next(each["message"] for each in done["timeline"] if each["event"] == "inspected")
    assert inspected == "l1: 3 accepted, 0 rejected, 2 restock at A-3, 1 damaged"


async def test_a_word_of_the_line_is_enough_and_what_is_rejected_is_not_told(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party)
    found = {"line_id": "l1", "accepted": 2, "rejected": 1, "disposition": "scratched", "lesser": 1}

    await shop.returned(inspected=[found])
    (asked,) = await party.log()

    told = [(each["quantity"], each["disposition"], each["word"]) for each in asked["effect"]["lots"]]
    assert told == [("1", "restock", "scratched"), ("1", "damaged", "scratched")]


async def test_a_payout_that_fails_later_moves_no_goods(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    refund = await shop.returned(inspected=[two_kept_apart()])
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert await party.asked() == ["do"]
    assert await stock(party) == (2, 1)


async def test_what_people_saw_to_is_not_told_in_a_later_round(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    await party.goes("refuses")
    refund = await shop.refund(kind="return")
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(at(refund, "receipt"), {})
    await shop.warehouse.post(at(refund, "inspection"), {"lines": [two_kept_apart()]})
    waiting, before = await shop.until(refund, "needs_attention"), await party.asked()
    await shop.ops.post(at(refund, "resolution"), {"step": "move_stock", "action": "settle", "note": "booked"})
    await shop.until(refund, "completed")
    await party.goes("")
    await shop.behave("ch-o1", "fail_after_success")

    await hears_that_it_failed(shop, refund)
    await shop.until_noticed(refund)
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert waiting["payouts"][0]["status"] == "succeeded"
    assert await party.asked() == before
    assert await stock(party) == (0, 0)


async def test_what_nobody_has_answered_before_the_payout_failed_is_found_out_and_told_once(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party)
    await party.goes("never_answers")
    refund = await shop.refund(kind="return")
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(at(refund, "receipt"), {})
    await shop.warehouse.post(at(refund, "inspection"), {"lines": [two_kept_apart()]})
    await shop.until(refund, "restoring")
    await shop.behave("ch-o1", "fail_after_success")

    share = PayOut(RefundRef(refund["refund_id"], shop.merchant_id), "p1")
    await looking_later(shop).take_back_payout(share)
    await shop.until_event(refund, "needs_attention")
    await party.goes("")
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    asked = await party.asked()
    assert asked.count("do") == 1 and asked[-1] == "look_up"
    assert await stock(party) == (2, 1)


async def test_a_refund_without_a_return_says_nothing_to_the_stock(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)

    await shop.approved_refund()

    assert await party.asked() == []


async def test_of_each_accepted_unit_it_is_said_what_becomes_of_it(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party)
    refund = await shop.refund(kind="return")
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(at(refund, "receipt"), {})
    found = {"line_id": "l1", "accepted": 3, "stock": [put(2, "restock", "A-3")]}

    with pytest.raises(Refused, match=r"/lines/0/stock.*of 2 units.*of 3 accepted"):
        await shop.warehouse.post(at(refund, "inspection"), {"lines": [found]})


async def test_units_that_are_not_restocked_are_in_a_lesser_condition(shop: Shop) -> None:
    await shop.policy(auto_approve=ANYTHING, restocking_fee_bp=1_000)
    await shop.order(lines=[a_line("l1", quantity=3)])
    refund = await shop.refund(kind="return", reason="changed_mind")
    await shop.reviewer.post(at(refund, "review"), {"decision": "approve"})
    await shop.warehouse.post(at(refund, "receipt"), {})

    await shop.warehouse.post(at(refund, "inspection"), {"lines": [two_kept_apart()]})
    done = await shop.until(refund, "completed")

    assert (done["fees"][0]["kind"], done["fees"][0]["amount"]) == ("restocking", 1_00)
