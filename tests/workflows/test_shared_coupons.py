"""One coupon or exclusive discount on several orders, and payouts that fail later (rules 14, 26, 35 and 43)."""

from datetime import datetime, timedelta

import pytest

from tests.shop import Shop, a_line, a_payment, days_ago
from tests.workflows.test_late_failures import hears_that_it_failed, settle_by_hand
from tools.client import Json

SPENT = {"source": "coupon", "id": "cpn-100", "amount": 10_000}
VIP = {"source": "exclusive_discount", "id": "vip-5", "amount": 500}
ENDS = days_ago(17, "08:01:00")
"""Ten days after the orders of these tests are paid."""
SOONER = days_ago(-5)
"""Before ten days from now are over, and not while the tests run."""


async def know_coupon(shop: Shop) -> None:
    body = {"customer_id": shop.customer_id, "name": "满减", "amount": 10_000, "currency": "CNY", "valid_until": ENDS}
    await shop.merchant.put("/v1/coupons/cpn-100", body)


async def coupon(shop: Shop) -> tuple[str, datetime]:
    known = await shop.merchant.get("/v1/coupons/cpn-100")
    return known["status"], datetime.fromisoformat(known["valid_until"])


async def discount(shop: Shop) -> tuple[str, datetime]:
    (known,) = (await shop.customer())["exclusive_discounts"]
    return known["status"], datetime.fromisoformat(known["valid_until"])


async def outcome(shop: Shop, refund: Json, effect: str) -> str:
    refund = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    (only,) = refund["effects"][effect]
    return str(only["outcome"])


def is_ten_days_on(end: datetime, since: str) -> bool:
    return abs(end - datetime.fromisoformat(since) - timedelta(days=10)) < timedelta(minutes=1)


async def fails_later(shop: Shop, refund: Json, charge: str, payment_id: str = "p1") -> None:
    await shop.behave(charge, "fail_after_success")
    await hears_that_it_failed(shop, refund, payment_id)
    await shop.until_noticed(refund)


async def paid_by_hand(shop: Shop, refund: Json) -> Json:
    await settle_by_hand(shop, refund)
    return await shop.until(refund, "completed")


# On two orders (rule 43)


async def test_a_coupon_on_two_orders_is_kept_until_no_order_uses_it(shop: Shop) -> None:
    await know_coupon(shop)
    for order_id in ("o1", "o2"):
        await shop.order(order_id, discounts=[SPENT])

    first = await shop.approved_refund("o1")
    in_between, told = await coupon(shop), await shop.inbox()
    second = await shop.approved_refund("o2")
    status, end = await coupon(shop)

    assert first["effects"]["coupons"][0]["outcome"] == "kept"
    assert in_between == ("used", datetime.fromisoformat(ENDS))
    assert not [text for text in told if "满减" in text]
    assert second["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert status == "unused" and is_ten_days_on(end, second["completed_at"])


async def test_a_quote_says_that_another_order_keeps_the_coupon(shop: Shop) -> None:
    await know_coupon(shop)
    for order_id in ("o1", "o2"):
        await shop.order(order_id, discounts=[SPENT])

    quote = await shop.quote("o1")

    assert quote["effects"]["coupons"][0]["outcome"] == "kept"
    assert [each["text"] for each in quote["explanations"] if each["figure"] == "coupon"] == [
        "Coupon 满减 stays used: another order uses it too, and it comes back with the last of them."
    ]


async def test_the_time_of_a_coupon_on_two_orders_does_not_depend_on_which_comes_back_last(shop: Shop) -> None:
    await know_coupon(shop)
    await shop.order("o1", discounts=[SPENT])
    await shop.order("o2", discounts=[SPENT], paid_at=days_ago(19, "08:01:00"), delivered_at=days_ago(18))

    await shop.approved_refund("o1")
    last = await shop.approved_refund("o2")

    assert is_ten_days_on((await coupon(shop))[1], last["completed_at"])


async def test_a_coupon_that_was_used_again_is_kept_when_its_first_order_comes_back_once_more(shop: Shop) -> None:
    await know_coupon(shop)
    await shop.order(discounts=[SPENT])
    refund = await shop.approved_refund()
    await shop.order("o2", discounts=[SPENT])
    await fails_later(shop, refund, "ch-o1")

    await paid_by_hand(shop, refund)

    assert (await coupon(shop))[0] == "used"
    assert await outcome(shop, refund, "coupons") == "kept"


async def test_an_exclusive_discount_on_two_orders_is_kept_until_no_order_uses_it(shop: Shop) -> None:
    for order_id in ("o1", "o2"):
        await shop.order(order_id, discounts=[{**VIP, "valid_until": ENDS}])

    quoted = await shop.quote("o1")
    first = await shop.approved_refund("o1")
    in_between, told = await discount(shop), await shop.inbox()
    second = await shop.approved_refund("o2")
    status, end = await discount(shop)

    for kept in (quoted, first):
        assert kept["effects"]["exclusive_discounts"] == [{"id": "vip-5", "outcome": "kept"}]
    assert in_between == ("used", datetime.fromisoformat(ENDS))
    assert not [text for text in told if "vip-5" in text]
    assert second["effects"]["exclusive_discounts"][0]["outcome"] == "reinstated"
    assert status == "active" and is_ten_days_on(end, second["completed_at"])


async def test_another_customers_order_does_not_keep_a_code_that_is_nobodys(shop: Shop) -> None:
    summer = {**SPENT, "id": "summer"}
    await shop.order("o1", discounts=[summer, VIP])
    await shop.order("o2", discounts=[summer, VIP], customer_id="hanmeimei")

    done = await shop.approved_refund("o1")

    assert done["effects"]["coupons"][0]["outcome"] == "reinstated"
    assert done["effects"]["exclusive_discounts"][0]["outcome"] == "reinstated"


# Payouts that fail later (rules 35 and 43)


@pytest.mark.parametrize("failures", [1, 2])
async def test_time_is_given_back_once_however_many_payouts_fail(shop: Shop, failures: int) -> None:
    await know_coupon(shop)
    tenders = [a_payment(f"p{place}", amount, f"ch-{place}") for place, amount in ((1, 60_000), (2, 49_500))]
    await shop.order(discounts=[SPENT, {**VIP, "valid_until": ENDS}], payments=tenders)
    refund = await shop.approved_refund()

    for place in range(1, failures + 1):
        await fails_later(shop, refund, f"ch-{place}", f"p{place}")
        done = await paid_by_hand(shop, refund)

    for status, end in (await coupon(shop), await discount(shop)):
        assert status in ("unused", "active") and is_ten_days_on(end, done["completed_at"])


async def test_a_late_failure_withdraws_only_what_hung_on_it(shop: Shop) -> None:
    """D1 came back with the goods of the first refund, D2 with those of the second."""
    lines = [a_line("l1", unit_price=60_000), a_line("l2", unit_price=60_000)]
    off = [{**VIP, "id": f"d{place}", "line_ids": [f"l{place}"]} for place in (1, 2)]
    tenders = [a_payment("p1", 59_500, "ch-1"), a_payment("p2", 59_500, "ch-2")]
    await shop.lenient_policy(tender_order="in_order")
    await shop.order(lines=lines, discounts=off, payments=tenders)
    await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])
    second = await shop.approved_refund()

    await fails_later(shop, second, "ch-2", "p2")
    withdrawn = {each["id"]: each["status"] for each in (await shop.customer())["exclusive_discounts"]}
    await paid_by_hand(shop, second)
    again = {each["id"]: each["status"] for each in (await shop.customer())["exclusive_discounts"]}

    assert withdrawn == {"d1": "active", "d2": "used"}
    assert again == {"d1": "active", "d2": "active"}


async def test_a_coupon_stays_back_when_only_the_payout_of_an_adjustment_fails_later(shop: Shop) -> None:
    await know_coupon(shop)
    tenders = [a_payment("p1", 10_000, "ch-1"), a_payment("p2", 100_000, "ch-2")]
    await shop.lenient_policy(tender_order="in_order")
    await shop.order(discounts=[SPENT], payments=tenders)
    adjusted = await shop.approved_refund(lines=[{"line_id": "l1", "amount": 10_000}])
    await shop.approved_refund()

    await fails_later(shop, adjusted, "ch-1")

    assert (await coupon(shop))[0] == "unused"


async def test_points_have_the_ends_they_would_have_had_without_the_failure(shop: Shop) -> None:
    """Of 160 points 60 were spent, with ten days left; a failure must not give other points that time as well."""
    path = f"/v1/customers/{shop.customer_id}/points"
    await shop.merchant.post(path, {"points": 60, "expires_at": days_ago(17, "08:01:00")})
    await shop.order(discounts=[{"source": "points", "points": 60, "amount": 60}], points_earned=40)
    await shop.merchant.post(path, {"points": 100, "expires_at": SOONER})
    refund = await shop.approved_refund()
    once = await _lots(shop)

    await fails_later(shop, refund, "ch-o1")
    withdrawn = await _lots(shop)
    await paid_by_hand(shop, refund)

    assert withdrawn == {SOONER[:10]: 100, "never": 40}
    assert await _lots(shop) == once


async def _lots(shop: Shop) -> dict[str, int]:
    """What is left of a customer's points, by the day they end."""
    async with shop.engine.connect() as connection:
        query = "select expires_at, remaining from points_lots where merchant_id = %s and remaining > 0"
        found = (await connection.exec_driver_sql(query, (shop.merchant_id,))).all()
    ends = [row.expires_at.date().isoformat() if row.expires_at else "never" for row in found]
    return {end: sum(row.remaining for at, row in zip(ends, found, strict=True) if at == end) for end in ends}
