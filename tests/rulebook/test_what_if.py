"""What past refunds would have come to under another policy, refund by refund and in total."""

import json
from typing import Any

from db.api_keys import Role
from tests.rulebook.test_money import save_10_from_50, units
from tests.shop import Shop, a_line
from tools.client import Json

RANGE: Any = {"settled_from": "2020-01-01T00:00:00Z"}


async def what_if(shop: Shop, policy: Json, **body: Any) -> tuple[list[Json], Json]:
    answer = await shop.raw(Role.OPS, "POST", "/v1/policy/simulation", json={"policy": policy, **RANGE, **body})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.text
    *differing, summary = [json.loads(line) for line in answer.text.splitlines()]
    return differing, summary


async def two_returns_of_a_promoted_order(shop: Shop) -> list[Json]:
    lines = [a_line("l1", unit_price=20_00), a_line("l2", unit_price=40_00)]
    await shop.order(lines=lines, discounts=[save_10_from_50()])
    return [await shop.approved_refund(lines=units(line_id)) for line_id in ("l1", "l2")]


async def test_the_same_policy_changes_nothing(shop: Shop) -> None:
    await two_returns_of_a_promoted_order(shop)

    differing, summary = await what_if(shop, {})

    assert (differing, summary["refunds"], summary["different"]) == ([], 2, 0)
    assert summary["currencies"] == {"CNY": {"total_before": 50_00, "total_after": 50_00, "difference": 0}}


async def test_each_refund_of_an_order_builds_on_what_the_ones_before_would_have_come_to(shop: Shop) -> None:
    first, second = await two_returns_of_a_promoted_order(shop)

    differing, summary = await what_if(shop, {"promotion_refund": "reprice"})

    assert [(each["refund_id"], each["total_before"], each["total_after"]) for each in differing] == [
        (first["refund_id"], 16_67, 10_00),
        (second["refund_id"], 33_33, 40_00),
    ]
    assert (summary["different"], summary["currencies"]["CNY"]["difference"]) == (2, 0)


async def test_an_amount_by_currency_counts_for_each_currency_by_itself(shop: Shop) -> None:
    """A fee of 5.00 everywhere becomes one in yuan alone (rule 58)."""
    await shop.lenient_policy(return_shipping_fee=5_00)
    for order_id, currency in (("o1", "CNY"), ("o2", "USD")):
        await shop.order(order_id, currency=currency, lines=[a_line("l1", unit_price=20_00)])
        await shop.returned(order_id, reason="changed_mind")

    differing, summary = await what_if(shop, {"return_shipping_fee": {"CNY": 5_00}})

    assert [(each["order_id"], each["total_before"], each["total_after"]) for each in differing] == [
        ("o2", 15_00, 20_00)
    ]
    assert {currency: each["difference"] for currency, each in summary["currencies"].items()} == {"CNY": 0, "USD": 5_00}


async def test_a_shorter_window_would_have_refused(shop: Shop) -> None:
    await two_returns_of_a_promoted_order(shop)

    differing, summary = await what_if(shop, {"return_window": "PT1S"})

    assert {each["refusal"] for each in differing} == {"outside_return_window"}
    assert (summary["refused"], summary["currencies"]["CNY"]["total_after"]) == (2, 0)


async def test_nothing_is_changed_by_asking(shop: Shop) -> None:
    refunds = await two_returns_of_a_promoted_order(shop)
    policy, customer = await shop.ops.get("/v1/policy"), await shop.customer()

    await what_if(shop, {"promotion_refund": "reprice", "earned_points": "keep"})

    assert (await shop.ops.get("/v1/policy"), await shop.customer()) == (policy, customer)
    for refund in refunds:
        assert await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}") == refund


async def test_a_range_without_refunds_comes_to_nothing(shop: Shop) -> None:
    await two_returns_of_a_promoted_order(shop)

    differing, summary = await what_if(shop, {"promotion_refund": "reprice"}, settled_to="2021-01-01T00:00:00Z")

    assert (differing, summary["refunds"], summary["currencies"]) == ([], 0, {})


async def test_only_operations_may_ask_and_a_policy_that_cannot_be_is_refused(shop: Shop) -> None:
    path = "/v1/policy/simulation"

    forbidden = await shop.raw(Role.MERCHANT, "POST", path, json={})
    invalid = await shop.raw(Role.OPS, "POST", path, json={"policy": {"promotion_refund": "guess"}})

    turned_round = {"settled_from": "2026-01-02T00:00:00Z", "settled_to": "2026-01-01T00:00:00Z"}
    no_range = await shop.raw(Role.OPS, "POST", path, json=turned_round)

    assert (forbidden.status_code, invalid.status_code, no_range.status_code) == (403, 422, 422)
