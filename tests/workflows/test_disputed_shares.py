"""Shares of a refund are judged one by one: a disputed payment holds its own, never another's (rule 46)."""

import itertools

import pytest

from tests.shop import ANYTHING, Shop, a_line, a_payment
from tests.upkeep.scenes import at
from tests.workflows.test_payouts import gateway_refunds
from tools.client import Json

GIFT_CARD = a_payment("gift", 40_00, "ch-gift", "gift_card")
CARD = a_payment("card", 60_00, "ch-card")
TENDER_ORDERS = ("proportional", "in_order", "reverse_order")


async def a_disputed_refund(shop: Shop, payments: list[Json], tender_order: str, *charges: str) -> Json:
    await shop.policy(auto_approve=ANYTHING, tender_order=tender_order)
    await shop.order(lines=[a_line("l1", unit_price=100_00)], payments=payments)
    for charge in charges:
        await shop.behave(charge, "dispute")
    return await shop.refund()


@pytest.mark.parametrize(
    ("tender_order", "payments"), [*itertools.product(TENDER_ORDERS, ([GIFT_CARD, CARD], [CARD, GIFT_CARD]))]
)
async def test_only_the_disputed_share_waits_for_a_person(shop: Shop, tender_order: str, payments: list[Json]) -> None:
    refund = await a_disputed_refund(shop, payments, tender_order, "ch-card")

    waiting = await shop.until_noticed(refund)
    paid = await gateway_refunds(shop)
    await shop.behave("ch-card", "succeed")
    await shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": "retry", "note": "the dispute is won"})
    await shop.until(refund, "completed")

    assert waiting["needs_attention"]["reason"] == "card was declined: charge_disputed"
    assert paid == [("ch-gift", 40_00, "succeeded")]
    assert await gateway_refunds(shop) == [("ch-card", 60_00, "succeeded"), ("ch-gift", 40_00, "succeeded")]


@pytest.mark.parametrize("tender_order", TENDER_ORDERS)
async def test_a_refund_is_refused_where_every_share_is_disputed(shop: Shop, tender_order: str) -> None:
    refund = await a_disputed_refund(shop, [GIFT_CARD, CARD], tender_order, "ch-card", "ch-gift")

    await shop.until(refund, "rejected")

    assert await gateway_refunds(shop) == []
    assert (await shop.merchant.get("/v1/orders/o1"))["refundable"][0]["quantity"] == 1


@pytest.mark.parametrize("payments", [[GIFT_CARD, CARD], [CARD, GIFT_CARD]])
async def test_a_share_that_is_made_good_with_credit_is_no_reason_to_refuse_or_to_hold(
    shop: Shop, payments: list[Json]
) -> None:
    await shop.order(lines=[a_line("l1", unit_price=100_00)], payments=payments)
    await shop.behave("ch-gift", "decline")
    await shop.behave("ch-card", "dispute")

    waiting = await shop.until_noticed(await shop.refund())

    assert waiting["needs_attention"]["reason"] == "card was declined: charge_disputed"
    assert (await shop.customer())["store_credit"]["balance"] == 40_00
