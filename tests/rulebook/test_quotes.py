"""The quote is the refund; where something changed since, the customer is told why. Every figure explains itself."""

import ast
from typing import Any

from tests.rulebook.test_money import save_10_from_50, units
from tests.shop import Shop, a_line
from tools.client import Json

FIGURES = ("lines", "shipping", "fees", "deductions", "total", "effects")


def worked_out(explanation: Json) -> Any:
    """Work a formula out from its inputs, without looking at its result."""
    names = {each["name"]: each["value"] for each in explanation["inputs"]} | {"min": min, "max": max}
    return eval(compile(ast.parse(explanation["formula"], mode="eval"), "formula", "eval"), {}, names)  # noqa: S307


async def test_the_quote_is_the_refund(shop: Shop) -> None:
    lines = [a_line("l1", quantity=3, unit_price=99_99, tax=30_00), a_line("l2", unit_price=49_99)]
    off: list[Json] = [{"source": "coupon", "id": "cpn", "amount": 33_33}]
    await shop.order(lines=lines, discounts=off, shipping={"amount": 10_00}, points_earned=77)

    quote = await shop.quote(lines=units("l1", 2))
    done = await shop.approved_refund(lines=units("l1", 2))

    assert {name: done[name] for name in FIGURES} == {name: quote[name] for name in FIGURES}
    assert done["explanations"] == quote["explanations"]
    assert done["differs_from_quote"] is None


async def test_the_policy_in_force_at_execution_decides_and_the_customer_is_told(shop: Shop) -> None:
    await shop.policy()
    lines = [a_line("l1", unit_price=20_00), a_line("l2", unit_price=40_00)]
    await shop.order(lines=lines, discounts=[save_10_from_50()])
    refund = await shop.refund(reason="changed_mind", lines=units("l1"))
    changed = await shop.policy(promotion_refund="reprice")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})

    done = await shop.until(refund, "completed")

    assert (refund["total"], done["total"]) == (16_67, 10_00)
    assert (done["policy_version"], done["quoted_policy_version"]) == (changed["version"], changed["version"] - 1)
    assert done["differs_from_quote"]["causes"] == ["policy_changed"]
    assert any("16.67" in message and "10.00" in message for message in await shop.inbox())


async def test_a_fee_that_was_not_quoted_is_not_charged(shop: Shop) -> None:
    await shop.policy()
    await shop.order()
    refund = await shop.refund(kind="return", reason="changed_mind")
    await shop.lenient_policy(return_shipping_fee=5_00)
    path = f"/v1/refunds/{refund['refund_id']}"
    await shop.reviewer.post(f"{path}/review", {"decision": "approve"})
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(f"{path}/receipt", {})
    await shop.warehouse.post(f"{path}/inspection", {})

    done = await shop.until(refund, "completed")

    assert (done["total"], done["fees"]) == (refund["total"], [])


async def test_another_refund_in_between_is_named_as_the_cause(shop: Shop) -> None:
    await shop.policy(promotion_refund="reprice")
    lines = [a_line("l1", unit_price=20_00), a_line("l2", unit_price=40_00)]
    await shop.order(lines=lines, discounts=[save_10_from_50()])
    first = await shop.refund(reason="changed_mind", lines=units("l1"))
    second = await shop.refund(reason="changed_mind", lines=units("l2"))
    for refund in (second, first):
        await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "approve"})
        await shop.until(refund, "completed")

    done = await shop.until(first, "completed")

    assert done["total"] + (await shop.until(second, "completed"))["total"] == 50_00
    assert done["differs_from_quote"]["causes"] == ["other_refunds"]


async def test_every_figure_explains_itself_in_the_customers_language(shop: Shop) -> None:
    await shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"name": "李雷", "locale": "zh-CN"})
    off: list[Json] = [
        {"source": "coupon", "id": "cpn-100", "amount": 100_00},
        {"source": "points", "points": 500, "amount": 5_00, "line_ids": ["l1"]},
    ]
    coupon = {"customer_id": shop.customer_id, "name": "新人券", "amount": 100_00, "currency": "CNY"}
    await shop.merchant.put("/v1/coupons/cpn-100", coupon)
    await shop.order(discounts=off, shipping={"amount": 10_00}, points_earned=500)

    quote = await shop.quote(lines=units("l1"), reason="changed_mind")

    (line,) = quote["lines"]
    explanation = line["explanation"]
    assert (line["amount"], explanation["rule"]) == (547_50, 4)
    assert explanation["arithmetic"] == "60000 - 5000 - 250 = 54750"
    assert explanation["text"] == "¥547.50：原价 ¥600.00，减去优惠券“新人券”分摊的 ¥50.00，以及积分抵扣的 ¥2.50。"
    for each in quote["explanations"]:
        assert worked_out(each) == each["result"] if each["formula"] else each["arithmetic"] == "", each
    explained = {each["figure"] for each in quote["explanations"]}
    assert explained >= {"line", "shipping", "total", "payout", "points_restored", "points_clawed_back", "coupon"}
