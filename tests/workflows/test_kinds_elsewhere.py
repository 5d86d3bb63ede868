"""Coupons, campaigns and gift cards that live in another system of the merchant's."""

from collections.abc import AsyncIterator

import pytest

from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party
from tests.gateways.line import Fault
from tests.shop import ANYTHING, Shop, a_line, a_payment
from tests.workflows.test_entitlements import spender
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tests.workflows.test_payouts import coupon


@pytest.fixture
async def party() -> AsyncIterator[EntitlementsParty]:
    async with entitlements_party() as party:
        yield party


async def lives_there(shop: Shop, party: EntitlementsParty, *kinds: str, **policy: object) -> None:
    await shop.owner.put("/v1/entitlement-systems/promo", {"url": party.url, "secrets": party.secrets})
    await shop.policy(auto_approve=ANYTHING, entitlements_elsewhere=dict.fromkeys(kinds, "promo"), **policy)


async def test_a_coupon_comes_back_there_and_is_used_again_where_the_payout_fails(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party, "coupons")
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])
    party.line.meets(Fault.ANSWER_LOST)
    refund = await shop.approved_refund()
    back = await party.coupons()

    await shop.behave("ch-o1", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")
    withdrawn = await party.coupons()
    await settle_by_hand(shop, refund)
    await shop.until_ended(refund)

    assert (back, withdrawn) == ({"cpn-100": "unused"}, {"cpn-100": "used"})
    assert await party.coupons() == {"cpn-100": "unused"}
    assert await party.asked() == ["do", "look_up", "undo", "do"]
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"


async def test_a_coupon_that_another_refund_had_given_back_there_is_used_again_where_a_payout_fails(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party, "coupons", tender_order="in_order")
    await coupon(shop)
    payments = [a_payment("p1", 55_000, "ch-1"), a_payment("p2", 55_000, "ch-2")]
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}], payments=payments)
    first = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    back = await party.coupons()

    await shop.behave("ch-1", "fail_after_success")
    await hears_that_it_failed(shop, first)
    await shop.until_event(first, "needs_attention")
    withdrawn = await party.coupons()
    await settle_by_hand(shop, first)
    await shop.until_ended(first)

    assert (back, withdrawn) == ({"cpn-100": "unused"}, {"cpn-100": "used"})
    assert await party.coupons() == {"cpn-100": "unused"}
    assert await party.asked() == ["do", "undo", "do"]


async def test_a_coupon_that_stays_used_is_not_spoken_of(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party, "coupons")
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])

    await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    assert await party.asked() == []


async def test_a_part_of_a_coupon_is_a_new_one_there_as_well(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party, "coupons", coupon_on_partial="residual")
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])

    refund = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    (asked,) = await party.log()

    told = {"coupon_id": "cpn-100", "outcome": "residual", "amount": 5_000, "currency": "CNY"}
    assert asked["effect"] == {"kind": "coupons", "coupons": [told]}
    assert list((await party.coupons()).values()) == ["unused"]
    assert asked["instruction_id"] == f"{refund['refund_id']}-reinstate_coupons-1"


async def test_a_coupon_that_the_order_granted_is_revoked_there(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party, "coupons")
    await coupon(shop)
    await shop.order(rewards=[{"kind": "coupon", "coupon_id": "cpn-100"}])

    await shop.approved_refund()

    assert await party.coupons() == {"cpn-100": "revoked"}


async def test_a_spend_and_the_reward_that_is_no_longer_earned_are_taken_off_there(
    shop: Shop, party: EntitlementsParty
) -> None:
    await lives_there(shop, party, "campaigns")
    await spender(shop, 60_000, 60_000)

    done = await shop.approved_refund("o0")
    (asked,) = await party.log()

    assert await party.balance(shop.customer_id, "spend", "c1") == -60_000
    assert await party.balance(shop.customer_id, "store_credit", "c1") == -20_000
    assert asked["instruction_id"] == f"{done['refund_id']}-recalculate_campaigns-1"
    moved = asked["effect"]["campaigns"][0]
    assert (moved["spend_before"], moved["spend_after"]) == (120_000, 60_000)
    assert (moved["qualified_before"], moved["qualified_after"]) == (True, False)


async def test_what_a_campaign_lost_is_as_before_where_the_payout_fails(shop: Shop, party: EntitlementsParty) -> None:
    await lives_there(shop, party, "campaigns")
    await spender(shop, 60_000, 60_000)
    refund = await shop.approved_refund("o0")

    await shop.behave("ch-o0", "fail_after_success")
    await hears_that_it_failed(shop, refund)
    await shop.until_event(refund, "needs_attention")

    assert await party.balance(shop.customer_id, "spend", "c1") == 0
    assert await party.balance(shop.customer_id, "store_credit", "c1") == 0
    assert await party.asked() == ["do", "undo"]


async def a_card_paid(shop: Shop, party: EntitlementsParty) -> None:
    """An order of 100.00 by card and 50.00 by a gift card that lives there."""
    await lives_there(shop, party, "gift_cards")
    gift_card = {**a_payment("p2", 50_00, "GC-4711", "gift_card"), "gateway": None}
    payments = [a_payment("p1", 100_00, "ch-a"), gift_card]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)


async def test_what_a_gift_card_paid_goes_back_to_it_there(shop: Shop, party: EntitlementsParty) -> None:
    await a_card_paid(shop, party)
    party.line.meets(Fault.ANSWER_LOST)

    done = await shop.approved_refund()

    assert await party.balance(shop.customer_id, "gift_card", "GC-4711") == 50_00
    assert await party.asked() == ["do", "look_up"]
    paid = done["payouts"][1]
    assert (paid["status"], paid["gateway"]) == ("succeeded", "elsewhere:promo")
    assert paid["gateway_ref"].startswith("gift_cards-")
    asked = (await party.log())[0]
    assert (asked["order_id"], asked["customer_id"], asked["effect"]["payment_id"]) == ("o1", shop.customer_id, "p2")


async def test_a_gift_card_that_is_refused_there_goes_the_way_of_every_declined_payment(
    shop: Shop, party: EntitlementsParty
) -> None:
    await a_card_paid(shop, party)
    await party.goes("refuses")

    done = await shop.approved_refund()

    assert done["payouts"][1]["decline_code"] == "account_closed"
    assert (await shop.customer())["store_credit"]["balance"] == 50_00
