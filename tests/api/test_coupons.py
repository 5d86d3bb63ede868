"""Coupons over HTTP: whose they are, whose ids they have, and what a merchant's `PUT` leaves alone (rules 15, 43)."""

import asyncio
from typing import Any

from db.api_keys import Role
from tests.shop import Shop, a_line, days_ago
from tests.workflows.test_entitlements import SPEND_AND_SAVE, spender
from tools.client import Json

LONGEST = "c" * 100


def body(customer_id: str = "lilei", **fields: Any) -> Json:
    return {"customer_id": customer_id, "name": "满减", "amount": 10_000, "currency": "CNY", **fields}


def off(coupon_id: str) -> Json:
    return {"source": "coupon", "id": coupon_id, "amount": 10_000}


async def status(shop: Shop, coupon_id: str) -> str:
    return str((await shop.merchant.get(f"/v1/coupons/{coupon_id}"))["status"])


# Whose they are


async def test_one_new_coupon_put_for_two_customers_at_once_is_one_customers(shop: Shop) -> None:
    for number in range(8):
        path, customers = f"/v1/coupons/cpn-{number}", ["lilei", "hanmeimei"] * 4
        put = (shop.raw(Role.MERCHANT, "PUT", path, json=body(customer)) for customer in customers)
        answers = await asyncio.gather(*put)

        owner = (await shop.merchant.get(path))["customer_id"]
        for customer, answer in zip(customers, answers, strict=True):
            assert answer.status_code == (200 if customer == owner else 409)
            assert customer == owner or answer.json()["code"] == "conflicting_state"


async def test_another_customers_coupon_is_not_used_up(shop: Shop) -> None:
    await shop.merchant.put("/v1/coupons/cpn-100", body("hanmeimei"))
    order = shop.order_body(discounts=[off("cpn-100")])

    for sold in (order, {**order, "status": "placed", "paid_at": None, "payments": []}):
        refused = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=sold)
        assert (refused.status_code, refused.json()["code"]) == (422, "coupon_of_another_customer")
    assert await status(shop, "cpn-100") == "unused"


async def test_an_order_that_was_booked_before_the_coupon_was_known_can_be_put_again(shop: Shop) -> None:
    order = await shop.order(discounts=[off("cpn-100")])
    await shop.merchant.put("/v1/coupons/cpn-100", body("hanmeimei"))

    assert (await shop.order(discounts=[off("cpn-100")], status="delivered"))["customer_id"] == order["customer_id"]


# Ids


async def test_a_reward_does_not_take_the_id_of_a_merchants_coupon(shop: Shop) -> None:
    reward = {"kind": "coupon", "amount": 20_000}
    await spender(shop, 100_000, reward=reward)
    (given,) = (await shop.customer())["coupons"]

    assert given["coupon_id"].startswith("makewhole-") and len(given["coupon_id"]) <= 100
    put = await shop.raw(Role.MERCHANT, "PUT", f"/v1/coupons/{given['coupon_id']}", json=body())
    assert (put.status_code, put.json()["code"]) == (422, "validation_failed")
    assert await status(shop, given["coupon_id"]) == "unused"


async def test_a_reward_of_a_campaign_with_the_longest_id_can_be_spent(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/campaigns/{LONGEST}", {**SPEND_AND_SAVE, "reward": {"kind": "coupon", "amount": 100}})
    await shop.order("o0", lines=[a_line("l1", unit_price=100_000)])
    (given,) = (await shop.customer())["coupons"]

    await shop.order("o9", discounts=[{**off(given["coupon_id"]), "amount": 100}])

    assert await status(shop, given["coupon_id"]) == "used"


async def test_a_part_of_a_coupon_with_the_longest_id_can_be_spent_and_read(shop: Shop) -> None:
    await shop.lenient_policy(coupon_on_partial="residual")
    await shop.merchant.put(f"/v1/coupons/{LONGEST}", body())
    await shop.order(discounts=[off(LONGEST)])
    done = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    issued = done["effects"]["coupons"][0]["residual_coupon_id"]

    await shop.order("o9", discounts=[{**off(issued), "amount": 5_000}])

    assert issued.startswith("makewhole-") and await status(shop, issued) == "used"
    assert any("worth ¥50.00" in text for text in await shop.inbox())


# A merchant's nightly PUT (rule 43)


async def test_time_that_a_refund_gave_back_survives_the_merchants_put(shop: Shop) -> None:
    ended = body(valid_until=days_ago(17, "08:01:00"))
    await shop.merchant.put("/v1/coupons/cpn-100", ended)
    await shop.order(discounts=[off("cpn-100")])
    await shop.approved_refund()
    given = (await shop.merchant.get("/v1/coupons/cpn-100"))["valid_until"]

    answer = await shop.merchant.put("/v1/coupons/cpn-100", {**ended, "name": "renamed"})

    assert (answer["name"], answer["valid_until"], answer["status"]) == ("renamed", given, "unused")
    assert (await shop.customer())["coupons"] == [answer]


async def test_a_later_end_that_the_merchant_gives_counts(shop: Shop) -> None:
    await shop.merchant.put("/v1/coupons/cpn-100", body(valid_until=days_ago(17, "08:01:00")))
    await shop.order(discounts=[off("cpn-100")])
    await shop.approved_refund()

    later = await shop.merchant.put("/v1/coupons/cpn-100", body(valid_until="2099-01-01T00:00:00Z"))
    forever = await shop.merchant.put("/v1/coupons/cpn-100", body())

    assert (later["valid_until"], forever["valid_until"]) == ("2099-01-01T00:00:00Z", None)
