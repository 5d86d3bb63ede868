"""What is approved by rule is limited for an order and for a customer, however it is cut into requests (rule 40)."""

import asyncio
from datetime import timedelta
from typing import Any

from domain import clock
from tests.shop import Shop, a_line
from tools.client import Json


async def asked(shop: Shop, order_id: str, amount: int, **fields: Any) -> Json:
    """Ask for money off the order's first line, and wait until that is decided by rule or waits for a reviewer."""
    refund = await shop.refund(order_id, lines=[{"line_id": "l1", "amount": amount}], **fields)
    return await judged(shop, refund)


async def judged(shop: Shop, refund: Json) -> Json:
    while True:
        known = await shop.until(refund, "completed", "in_review")
        if known["status"] == "completed" or known["waits_because"]:
            return known
        await asyncio.sleep(0.1)


async def test_a_second_150_00_of_an_order_waits_for_a_reviewer_where_200_00_are_approved_by_rule(shop: Shop) -> None:
    """Before, each was below the limit by itself: all were paid, 1,500.00 in ten requests."""
    await shop.policy()
    await shop.order(lines=[a_line("l1", unit_price=150_000)])

    first = await asked(shop, "o1", 15_000)
    others = [await asked(shop, "o1", 15_000 + more) for more in (1, 2)]

    assert (first["status"], first["review"]["rule"]) == ("completed", "merchant_fault")
    assert [each["status"] for each in others] == ["in_review", "in_review"]
    assert others[0]["waits_because"] == [
        {
            "code": "order_over_limit",
            "message": "¥150.01 after ¥150.00 that the order got by rule, together at most ¥200.00",
        }
    ]


async def test_what_a_reviewer_approved_and_what_was_called_off_does_not_count(shop: Shop) -> None:
    await shop.policy()
    await shop.order(lines=[a_line("l1", unit_price=150_000)])
    approved = await asked(shop, "o1", 60_000)
    await shop.reviewer.post(f"/v1/refunds/{approved['refund_id']}/review", {"decision": "approve"})
    await shop.until(approved, "completed")
    sent_back = await shop.refund("o1", lines=[{"line_id": "l1", "amount": 19_999}], reason="changed_mind")
    await shop.merchant.post(f"/v1/refunds/{sent_back['refund_id']}/cancel", {})

    assert (await asked(shop, "o1", 20_000))["status"] == "completed"


async def test_a_customer_gets_500_00_by_rule_in_thirty_days_from_all_orders_together(shop: Shop) -> None:
    await shop.policy()
    for order_id in ("o1", "o2", "o3"):
        await shop.order(order_id, lines=[a_line("l1", unit_price=150_000)])

    refunds = [await asked(shop, order_id, 20_000) for order_id in ("o1", "o2", "o3")]
    an_hour_ago = (clock.now() - timedelta(hours=1)).isoformat()
    backdated = await asked(shop, "o3", 20_001, requested_at=an_hour_ago)

    assert [each["status"] for each in refunds] == ["completed", "completed", "in_review"]
    assert [each["code"] for each in refunds[2]["waits_because"]] == ["customer_over_limit"]
    assert "customer_over_limit" in [each["code"] for each in backdated["waits_because"]]


async def test_of_ten_requests_at_once_only_as_much_is_approved_by_rule_as_of_one(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_risk": 100})
    await shop.order(lines=[a_line(f"l{number}", unit_price=15_000) for number in range(10)])

    refunds = await asyncio.gather(
        *(shop.refund("o1", lines=[{"line_id": f"l{number}", "quantity": 1}]) for number in range(10))
    )
    statuses = [(await judged(shop, refund))["status"] for refund in refunds]

    assert sorted(statuses) == ["completed"] + 9 * ["in_review"]


async def test_nothing_is_approved_by_rule_in_a_currency_that_the_policy_has_no_amount_for(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": {"CNY": 20_000, "USD": 3_000}})
    for order_id, currency in (("o1", "CNY"), ("o2", "USD"), ("o3", "EUR")):
        await shop.order(order_id, currency=currency, lines=[a_line("l1", unit_price=150_000)])

    refunds = {order_id: await asked(shop, order_id, 3_001) for order_id in ("o1", "o2", "o3")}

    codes = {order_id: [each["code"] for each in refund["waits_because"]] for order_id, refund in refunds.items()}
    assert codes == {"o1": [], "o2": ["amount_over_limit"], "o3": ["currency_without_limit"]}
