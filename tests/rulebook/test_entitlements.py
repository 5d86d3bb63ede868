"""Coupons, grants, points, gifts, exclusive discounts and tiers, over HTTP (rules 13 to 20 and 26 to 28)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, days_ago
from tools.client import Json

GRANTED: Json = {"kind": "coupon", "coupon_id": "welcome"}


def a_coupon(coupon_id: str = "cpn-100", amount: int = 100_00) -> Json:
    return {"source": "coupon", "id": coupon_id, "amount": amount}


async def know_coupon(shop: Shop, coupon_id: str = "cpn-100", **fields: Any) -> None:
    body = {"customer_id": shop.customer_id, "name": "满减", "amount": 100_00, "currency": "CNY", **fields}
    await shop.merchant.put(f"/v1/coupons/{coupon_id}", body)


async def coupon(shop: Shop, coupon_id: str = "cpn-100") -> Json:
    return await shop.merchant.get(f"/v1/coupons/{coupon_id}")


# Coupons


async def test_a_coupon_that_expired_while_the_parcel_travelled_is_valid_again(shop: Shop) -> None:
    await know_coupon(shop, valid_until=days_ago(17, "08:01:00"))
    await shop.order(discounts=[a_coupon()])

    done = await shop.approved_refund()

    known = await coupon(shop)
    ten_days_on = datetime.fromisoformat(done["completed_at"]) + timedelta(days=10)
    assert known["status"] == "unused"
    assert abs(datetime.fromisoformat(known["valid_until"]) - ten_days_on) < timedelta(minutes=1)


async def test_a_partial_return_gives_a_residual_coupon_and_the_residuals_never_exceed_the_coupon(shop: Shop) -> None:
    await shop.lenient_policy(coupon_on_partial="residual")
    await know_coupon(shop, minimum_spend=500_00)
    await shop.order(lines=[a_line("l1", unit_price=900_00), a_line("l2", unit_price=300_00)], discounts=[a_coupon()])

    first = await shop.approved_refund(lines=units("l2"))
    second = await shop.approved_refund(lines=units("l1"))

    effects = [refund["effects"]["coupons"][0] for refund in (first, second)]
    assert [(each["outcome"], each["amount"]) for each in effects] == [("residual", 25_00), ("residual", 75_00)]
    given = [await coupon(shop, each["residual_coupon_id"]) for each in effects]
    assert [(each["amount"], each["minimum_spend"], each["status"]) for each in given] == [
        (25_00, 500_00, "unused"),
        (75_00, 500_00, "unused"),
    ]
    assert (await coupon(shop))["status"] == "used"


async def test_a_coupon_that_the_order_granted_is_revoked_if_unused(shop: Shop) -> None:
    await know_coupon(shop, "welcome")
    await shop.order(rewards=[GRANTED])

    partial = await shop.approved_refund(lines=units("l1"))
    complete = await shop.approved_refund(lines=units("l1"))

    assert (partial["effects"]["coupons"][0]["outcome"], partial["total"]) == ("kept", 550_00)
    assert complete["effects"]["coupons"][0]["outcome"] == "revoked"
    assert (await coupon(shop, "welcome"))["status"] == "revoked"
    assert partial["total"] + complete["total"] == 1_200_00


@pytest.mark.parametrize(("rule", "total"), [("deduct", 1_100_00), ("forgive", 1_200_00)])
async def test_a_granted_coupon_that_is_used_is_deducted_or_forgiven(shop: Shop, rule: str, total: int) -> None:
    await shop.lenient_policy(granted_coupon_used=rule)
    await know_coupon(shop, "welcome")
    await shop.order(rewards=[GRANTED])
    await shop.order("o2", discounts=[a_coupon("welcome")])

    done = await shop.approved_refund()

    assert done["total"] == total
    assert sum(each["amount"] for each in done["deductions"]) == 1_200_00 - total


async def test_store_credit_that_the_order_granted_goes_back_with_it(shop: Shop) -> None:
    await shop.order(rewards=[{"kind": "store_credit", "amount": 80_00}])
    assert (await shop.customer())["store_credit"]["balance"] == 80_00

    done = await shop.approved_refund()

    assert (await shop.customer())["store_credit"]["balance"] == 0
    assert (done["total"], done["deductions"]) == (1_200_00, [])
    (grant,) = (await shop.merchant.get("/v1/orders/o1"))["entitlements"]["grants"]
    assert (grant["kind"], grant["amount"], grant["status"]) == ("store_credit", 80_00, "withdrawn")


# Points


async def test_an_order_paid_with_points_alone_gives_each_items_points_back(shop: Shop) -> None:
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 1_000})
    lines = [a_line("l1", unit_price=6_00), a_line("l2", unit_price=4_00)]
    await shop.order(lines=lines, discounts=[{"source": "points", "points": 1_000, "amount": 10_00}], payments=[])

    first = await shop.approved_refund(lines=units("l1"))
    second = await shop.approved_refund(lines=units("l2"))

    assert [first["total"], second["total"]] == [0, 0]
    assert [first["effects"]["points_restored"], second["effects"]["points_restored"]] == [600, 400]
    assert (await shop.customer())["points"]["balance"] == 1_000


@pytest.mark.parametrize(
    ("rule", "balance", "deducted", "forgiven"),
    [("negative_balance", -20, 0, 0), ("deduct_from_refund", 0, 20, 0), ("forgive", 0, 0, 20)],
)
async def test_points_that_are_spent_already(shop: Shop, rule: str, balance: int, deducted: int, forgiven: int) -> None:
    await shop.lenient_policy(points_shortfall=rule, point_value=5)
    customer = f"/v1/customers/{shop.customer_id}/points"
    await shop.merchant.post(customer, {"points": 50})
    await shop.order(discounts=[{"source": "points", "points": 50, "amount": 50}], points_earned=100)
    await shop.merchant.post(customer, {"points": -70})

    done = await shop.approved_refund()

    assert (await shop.customer())["points"]["balance"] == balance
    assert done["total"] == 1_200_00 - 50 - deducted * 5
    assert (done["effects"]["points_deducted"], done["effects"]["points_forgiven"]) == (deducted, forgiven)


async def test_points_that_are_gone_are_deducted_at_their_ratio(shop: Shop) -> None:
    await shop.lenient_policy(points_shortfall="deduct_from_refund", point_value="0.5")
    await shop.order(points_earned=177)
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": -177})

    quote, done = await shop.quote(), await shop.approved_refund()

    assert quote["total"] == done["total"] == 1_200_00 - 88
    assert done["deductions"][0]["amount"] == 88


async def test_points_come_back_with_the_expiry_they_had_and_nothing_is_spent_from_lots_that_ran_out(
    shop: Shop,
) -> None:
    path = f"/v1/customers/{shop.customer_id}/points"
    await shop.merchant.post(path, {"points": 100, "expires_at": days_ago(58)})
    await shop.merchant.post(path, {"points": 100, "expires_at": "2099-01-01T00:00:00Z"})
    assert (await shop.customer())["points"]["balance"] == 100
    await shop.order(discounts=[{"source": "points", "points": 60, "amount": 60}])
    spent = (await shop.customer())["points"]["balance"]

    await shop.approved_refund()

    assert (spent, (await shop.customer())["points"]["balance"]) == (40, 100)


async def test_what_the_payout_cannot_cover_is_recorded_as_owed(shop: Shop) -> None:
    await shop.lenient_policy(points_shortfall="deduct_from_refund", point_value=1_000_00)
    await shop.order(points_earned=2)
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": -2})

    done = await shop.approved_refund()

    assert (done["total"], done["deductions"][0]["amount"], done["deductions"][0]["owed"]) == (0, 1_200_00, 800_00)
    assert (await shop.customer())["owed"] == {"CNY": 800_00}


# Gifts, exclusive discounts, tiers


@pytest.mark.parametrize(("rule", "total"), [("deduct", 1_150_00), ("forgive", 1_200_00)])
async def test_a_gift_that_stays_though_its_goods_go_back(shop: Shop, rule: str, total: int) -> None:
    await shop.lenient_policy(missing_gift=rule)
    gift = a_line("g1", unit_price=0, gift=True, gift_value=50_00)
    await shop.order(lines=[a_line("l1", quantity=2, unit_price=600_00), gift])

    partial = await shop.quote(lines=units("l1"))
    done = await shop.approved_refund(lines=units("l1", 2))

    assert (partial["total"], partial["effects"]["gifts"][0]["outcome"]) == (600_00, "kept")
    assert done["total"] == total


async def test_a_gift_that_comes_back_with_the_goods_costs_nothing(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1"), a_line("g1", unit_price=0, gift=True, gift_value=50_00)])

    done = await shop.approved_refund()

    assert (done["total"], done["effects"]["gifts"][0]["outcome"]) == (10_00, "returned")


async def test_an_exclusive_discount_is_active_again_when_its_lines_are_returned(shop: Shop) -> None:
    off = {"source": "exclusive_discount", "id": "vip-5", "amount": 5_00, "line_ids": ["l1"]}
    await shop.order(lines=[a_line("l1"), a_line("l2")], discounts=[{**off, "valid_until": days_ago(-3)}])
    before = (await shop.customer())["exclusive_discounts"]

    done = await shop.approved_refund(lines=units("l1"))

    (after,) = (await shop.customer())["exclusive_discounts"]
    assert [each["status"] for each in before] == ["used"]
    assert done["effects"]["exclusive_discounts"] == [{"id": "vip-5", "outcome": "reinstated"}]
    assert after["status"] == "active"
    assert datetime.fromisoformat(after["valid_until"]) > datetime.fromisoformat(days_ago(-3))


TIERS = [{"name": "silver", "minimum_spend": 500_00}, {"name": "gold", "minimum_spend": 1_000_00}]


async def test_a_tier_falls_with_the_spend(shop: Shop) -> None:
    await shop.lenient_policy(tiers=TIERS)
    await shop.order()
    assert (await shop.customer())["tier"] == "gold"

    done = await shop.approved_refund(lines=units("l1"))

    assert (done["effects"]["tier"]["before"], done["effects"]["tier"]["after"]) == ("gold", "silver")
    assert (await shop.customer())["tier"] == "silver"


async def test_a_demotion_waits_for_the_grace(shop: Shop) -> None:
    await shop.lenient_policy(tiers=TIERS, tier_grace="P30D")
    await shop.order()

    done = await shop.approved_refund(lines=units("l1"))

    tier = done["effects"]["tier"]
    assert (tier["before"], tier["after"], tier["becomes"]) == ("gold", "gold", "silver")
    assert (await shop.customer())["tier"] == "gold"


# Until the end of the year 9999, which shops write for never


async def test_what_is_valid_for_ever_comes_back_for_ever(shop: Shop) -> None:
    never = "9999-12-31T23:59:59Z"
    await know_coupon(shop, valid_until=never)
    await shop.merchant.post(f"/v1/customers/{shop.customer_id}/points", {"points": 60, "expires_at": never})
    vip = {"source": "exclusive_discount", "id": "vip-5", "amount": 5_00, "valid_until": never}
    await shop.order(discounts=[a_coupon(), {"source": "points", "points": 60, "amount": 60}, vip])

    await shop.approved_refund()

    customer = await shop.customer()
    assert (customer["points"]["balance"], (await coupon(shop))["status"]) == (60, "unused")
    assert [each["status"] for each in customer["exclusive_discounts"]] == ["active"]
    assert (await coupon(shop))["valid_until"].startswith("9999-12-31")
