"""What operations read over time: rates, times, money by the day it moved, entitlements, and what people say."""

from datetime import datetime, timedelta
from typing import Any

from tests.shop import Shop, a_line, a_payment
from tools.client import Json


async def report(shop: Shop, name: str, **query: str) -> Json:
    return await shop.ops.get(f"/v1/reports/{name}", **query)


async def test_the_rate_is_of_the_orders_paid_and_the_times_are_those_of_the_stages(shop: Shop) -> None:
    for order_id in ("o1", "o2"):
        await shop.order(order_id)
    refund = await shop.approved_refund("o1")
    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/feedback", {"score": 4})

    found = await report(shop, "trends", every="month", **{"from": "2026-01-01T00:00:00Z"})

    assert (found["every"], found["time_zone"]) == ("month", "UTC")
    assert (sum(each["orders"] for each in found["items"]), sum(each["refunds"] for each in found["items"])) == (2, 1)
    (step,) = (each for each in found["items"] if each["refunds"])
    assert (step["opinions"], step["mean_score"], step["begins"][-2:]) == (1, 4.0, "01")
    assert 0 < step["median_s"]["answered"] <= step["median_s"]["completed"] and step["median_s"]["received"] is None
    assert step["refund_rate"] is None or step["refund_rate"] == 1 / step["orders"]


async def test_money_is_added_up_by_the_day_it_moved_and_by_how_it_was_paid_net_of_tax(shop: Shop) -> None:
    payments = [a_payment("p1", 60_00, "ch-1"), a_payment("p2", 40_00, "", "store_credit")]
    await shop.order("o1", lines=[a_line("l1", unit_price=100_00, tax=13_00)], payments=payments)
    await shop.approved_refund("o1")

    items = (await report(shop, "money"))["items"]

    shown = {each["method"]: (each["went_to"], each["amount"], each["tax"], each["net"]) for each in items}
    assert shown["card"] == ("original", 60_00, 7_80, 52_20)
    assert shown["store_credit"] == ("store_credit", 40_00, 5_20, 34_80)
    assert {(each["payouts"], each["currency"]) for each in items} == {(1, "CNY")}
    assert (await report(shop, "money", to=items[0]["day"] + "T00:00:00Z"))["items"] == []


async def test_what_was_given_back_is_counted_by_what_became_of_it(shop: Shop) -> None:
    coupon: Json = {"customer_id": shop.customer_id, "name": "10 off", "amount": 10_00, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/c1", coupon)
    discounts = [{"source": "coupon", "id": "c1", "amount": 10_00}]
    await shop.order("o1", lines=[a_line("l1", unit_price=50_00)], discounts=discounts, points_earned=40)
    await shop.approved_refund("o1")

    found = await report(shop, "entitlements")

    assert (found["refunds"], found["points_clawed_back"], found["points_restored"]) == (1, 40, 0)
    assert (found["coupons"], found["gifts"], found["campaigns_restored"]) == ({"reinstated": 1}, {}, 0)


async def test_opinions_are_grouped_by_reason_and_by_what_was_waited_for_beside_the_time_before(
    shop: Shop, other_shop: Shop
) -> None:
    for whose in (shop, other_shop):
        await whose.order("o1")
        refund = await whose.approved_refund("o1")
        said: Any = {"score": 2, "comment": "slow 🐌"}
        await whose.merchant.post(f"/v1/refunds/{refund['refund_id']}/feedback", said)

    found = await report(shop, "opinions")
    until = datetime.fromisoformat(found["to"]) + timedelta(days=1)
    later = await report(shop, "opinions", **{"from": found["to"], "to": until.isoformat()})

    (topic,), (comment,) = found["topics"], found["comments"]
    assert (topic["reason"], topic["opinions"], topic["mean_score"]) == ("quality_issue", 1, 2.0)
    assert (topic["opinions_before"], topic["mean_score_before"]) == (0, None)
    assert (comment["comment"], comment["score"], comment["waited_for"]) == ("slow 🐌", 2, topic["waited_for"])
    assert [(each["opinions"], each["opinions_before"]) for each in later["topics"]] == [(0, 1)]
