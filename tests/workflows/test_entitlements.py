"""What goes back beside the money, and what is held until then: coupons, points, campaigns (rules 13, 18 to 23, 37)."""

import asyncio

from tests.shop import Shop, a_line, days_ago
from tests.workflows.test_payouts import coupon
from tools.client import Json

SPEND_AND_SAVE: Json = {
    "name": "满1000元返200元",
    "kind": "spend_threshold",
    "starts_at": days_ago(58),
    "ends_at": days_ago(-34),
    "threshold": 100_000,
    "reward": {"kind": "store_credit", "amount": 20_000},
}


async def spender(shop: Shop, *prices: int, **campaign: object) -> None:
    """A customer with a campaign and one order of one unit for each price."""
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"locale": "zh-CN"})
    await shop.merchant.put("/v1/campaigns/c1", {**SPEND_AND_SAVE, **campaign})
    for place, unit_price in enumerate(prices):
        await shop.order(f"o{place}", lines=[a_line("l1", unit_price=unit_price)])


async def test_the_coupon_comes_back_with_the_last_unit_and_not_before(shop: Shop) -> None:
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])

    first = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    in_between = (await shop.merchant.get("/v1/coupons/cpn-100"))["status"]
    last = await shop.approved_refund()

    assert (first["effects"]["coupons"][0]["outcome"], in_between) == ("kept", "used")
    assert last["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    assert first["total"] + last["total"] == 110_000


async def test_a_coupon_gets_back_the_time_it_had_left(shop: Shop) -> None:
    body = {"customer_id": shop.customer_id, "name": "¥100 off", "amount": 10_000, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/cpn-100", {**body, "valid_until": days_ago(17, "08:01:00")})
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 10_000}])

    done = await shop.approved_refund()
    back = await shop.merchant.get("/v1/coupons/cpn-100")

    assert back["status"] == "unused"
    assert back["valid_until"] > done["completed_at"]


async def test_points_spent_come_back_and_points_earned_go_netted_into_one_entry(shop: Shop) -> None:
    points = f"/v1/customers/{shop.customer_id}/points"
    await shop.merchant.post(points, {"points": 50, "note": "opening balance"})
    discount = {"source": "points", "points": 50, "amount": 500}
    await shop.order(discounts=[discount], points_earned=100)
    await shop.merchant.post(points, {"points": -70, "note": "spent elsewhere"})

    done = await shop.approved_refund()

    assert done["effects"]["points_restored"] == 50 and done["effects"]["points_clawed_back"] == 100
    assert (await shop.customer())["points"] == {"balance": -20, "held": 0}


async def test_where_the_policy_keeps_earned_points_nothing_is_clawed_back(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, earned_points="keep")
    await shop.order(points_earned=500)

    await shop.approved_refund()

    assert (await shop.customer())["points"]["balance"] == 500


async def test_an_order_paid_with_points_alone_is_a_refund_too(shop: Shop) -> None:
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 300})
    lines = [a_line("l1", unit_price=100_00), a_line("l2", unit_price=200_00)]
    await shop.order(lines=lines, discounts=[{"source": "points", "points": 300, "amount": 300_00}], payments=[])

    first = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    balance = (await shop.customer())["points"]["balance"]
    await shop.approved_refund()

    assert first["total"] == 0 and first["payouts"] == [] and balance == 100
    assert (await shop.customer())["points"]["balance"] == 300


async def test_a_refund_below_the_threshold_loses_the_reward(shop: Shop) -> None:
    await spender(shop, 100_000, 20_000)
    rewarded = await shop.customer()

    done = await shop.approved_refund("o0")
    after = await shop.customer()

    assert rewarded["store_credit"]["balance"] == 20_000 and rewarded["campaigns"][0]["qualified"]
    effect = done["effects"]["campaigns"][0]
    assert (effect["spend_before"], effect["spend_after"]) == (120_000, 20_000)
    assert effect["qualified_before"] and not effect["qualified_after"] and effect["reward_clawed_back"] == 20_000
    assert after["store_credit"]["balance"] == 0 and after["campaigns"][0]["rewards_held"] == 0


async def test_a_refund_above_the_threshold_confirms_the_standing_in_the_sources_words(shop: Shop) -> None:
    await spender(shop, 100_000, 20_000)

    done = await shop.approved_refund("o1")

    assert done["effects"]["campaigns"][0]["participation_restored"]
    assert (await shop.customer())["store_credit"]["balance"] == 20_000
    inbox = await shop.inbox()
    assert "您的退款请求已审核通过" in inbox
    assert "您的‘满1000元返200元’活动资格已恢复，请继续享受优惠。" in inbox


async def test_a_reward_that_is_spent_is_deducted_from_the_refund(shop: Shop) -> None:
    await spender(shop, 100_000)
    credit = {"payment_id": "p1", "method": "store_credit", "amount": 15_000}
    await shop.order("spent", lines=[a_line("l1", unit_price=15_000)], payments=[credit])

    done = await shop.approved_refund("o0")

    (deduction,) = done["deductions"]
    assert [deduction[name] for name in ("kind", "id", "amount", "owed")] == ["campaign_reward", "c1", 15_000, 0]
    assert done["total"] == 85_000 and (await shop.customer())["store_credit"]["balance"] == 0


async def test_a_reward_coupon_that_is_unused_is_revoked(shop: Shop) -> None:
    await spender(shop, 100_000, reward={"kind": "coupon", "amount": 20_000})
    (given,) = (await shop.customer())["coupons"]

    await shop.approved_refund("o0")

    assert given["status"] == "unused"
    assert (await shop.customer())["coupons"][0]["status"] == "revoked"


async def test_spending_again_earns_the_reward_again(shop: Shop) -> None:
    await spender(shop, 100_000)
    await shop.approved_refund("o0")

    await shop.order("later", lines=[a_line("l1", unit_price=100_000)])

    assert (await shop.customer())["store_credit"]["balance"] == 20_000


async def test_two_refunds_that_cross_the_threshold_together_lose_the_reward_once(shop: Shop) -> None:
    await spender(shop, 30_000, 30_000, 60_000)

    await asyncio.gather(shop.approved_refund("o0"), shop.approved_refund("o1"))
    after = await shop.customer()

    assert after["campaigns"][0]["spend"] == 60_000 and not after["campaigns"][0]["qualified"]
    assert after["store_credit"]["balance"] == 0


async def test_the_first_purchase_offer_opens_again_when_no_order_is_left(shop: Shop) -> None:
    campaign = {**SPEND_AND_SAVE, "kind": "first_purchase", "threshold": None, "reward": None, "discount": 2_000}
    await shop.merchant.put("/v1/campaigns/c1", campaign)
    await shop.order()
    used_up = (await shop.customer())["campaigns"][0]["qualified"]

    done = await shop.approved_refund()

    assert not used_up and (await shop.customer())["campaigns"][0]["qualified"]
    assert done["effects"]["campaigns"][0]["participation_restored"]
