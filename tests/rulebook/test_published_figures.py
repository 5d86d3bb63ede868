"""Figures that other shops publish, in their tests, their documentation and their bug reports, over HTTP.

Where a shop names prices without tax, the price here has the tax inside. Each refund is quoted first: both must agree.
"""

from typing import Any

import pytest

from tests.rulebook.test_money import units
from tests.shop import Shop, a_line, a_payment
from tools.client import Json, Refused


def off(amount: int, **fields: Any) -> Json:
    return {"source": "campaign", "id": "promotion", "amount": amount, **fields}


async def refund(shop: Shop, lines: list[Json] | None = None, **fields: Any) -> Json:
    wanted = {"lines": lines, **fields}
    quote = await shop.quote(**wanted)
    done = await shop.approved_refund(**wanted)
    for figure in ("lines", "shipping", "fees", "deductions", "total", "explanations"):
        assert done[figure] == quote[figure], figure
    return done


async def in_turn(shop: Shop, *returned: str) -> list[int]:
    """Return these units one after the other, and say what each came to."""
    return [(await refund(shop, units(line_id)))["total"] for line_id in returned]


# Discounts on the whole order, shared out (rules 2 to 4)


@pytest.mark.parametrize(
    ("lines", "discounts", "returned", "parts"),
    [
        pytest.param([(1, 10_00)] * 3, [off(10_00)], "abc", [6_66, 6_67, 6_67], id="macrozheng/mall#356"),
        pytest.param([(10, 23_90)], [off(59_75)], "a" * 10, [17_93] * 5 + [17_92] * 5, id="woocommerce#64668"),
        pytest.param([(3, 1_00)], [off(4)], "aaa", [99, 99, 98], id="Shopify: 4 cents over 3 units"),
        pytest.param([(1, 6_00), (1, 4_00)], [off(1_00)], "ba", [3_60, 5_40], id="solidus#512"),
        pytest.param([(2, 84)], [off(1)], "aa", [84, 83], id="Solidus: 1.67 over two units"),
        pytest.param([(1, 60_00), (1, 50_00)], [off(16_50)], "ab", [51_00, 42_50], id="Salesforce B2C: 15 % over 100"),
        pytest.param(
            [(1, 60_00), (1, 50_00)],
            [off(10_00, line_ids=["a"]), off(15_00)],
            "ab",
            [42_50, 42_50],
            id="Salesforce B2C: 10 off one, then 15 % off both",
        ),
        pytest.param([(1, 30_00), (1, 20_00)], [off(20_00)], "ab", [18_00, 12_00], id="Macy's: buy one, get one"),
        pytest.param([(3, 13_99)], [off(13_99)], "aaa", [9_33, 9_33, 9_32], id="Paladin: buy two, get one"),
        pytest.param([(1, 400_00), (1, 100_00)], [off(50_00)], "ba", [90_00, 360_00], id="Taobao: 50 off 500"),
        pytest.param([(1, 150_00), (1, 60_00)], [off(42_00)], "ab", [120_00, 48_00], id="PrestaShop#18319"),
        pytest.param([(5, 5_50)], [off(2_75)], "aa", [4_95, 4_95], id="vendure#3885: two of five pizzas"),
        pytest.param([(3, 100_00)], [off(30_00)], "aa", [90_00, 90_00], id="sonata#177: 10 % off, two of three back"),
    ],
)
async def test_a_discount_on_the_order_is_shared_out_over_what_it_covers(
    shop: Shop, lines: list[tuple[int, int]], discounts: list[Json], returned: str, parts: list[int]
) -> None:
    sold = [a_line(name, quantity=count, unit_price=price) for name, (count, price) in zip("abc", lines, strict=False)]
    await shop.order(currency="EUR", lines=sold, discounts=discounts)

    assert await in_turn(shop, *returned) == parts


async def test_four_t_shirts_less_3_99_are_9_91_and_three_times_9_90_each_with_90_of_tax(shop: Shop) -> None:
    """Sylius RefundPlugin, credit memo with a promotion: net 9.01 and three times 9.00, and 10 % tax."""
    await shop.order(lines=[a_line("a", quantity=4, unit_price=11_00, tax=3_60)], discounts=[off(4_39)])

    parts = [(await refund(shop, units("a")))["lines"][0] for _ in range(4)]

    assert [(part["amount"], part["tax"]) for part in parts] == [(9_91, 90), (9_90, 90), (9_90, 90), (9_90, 90)]


async def test_two_for_200_less_20_and_10_percent_tax_give_back_99_for_one(shop: Shop) -> None:
    """medusajs/medusa#15885: 97.90 before it was mended."""
    await shop.order(lines=[a_line("a", quantity=2, unit_price=110_00, tax=18_00)], discounts=[off(22_00)])

    (line,) = (await refund(shop, units("a")))["lines"]

    assert (line["amount"], line["tax"]) == (99_00, 9_00)


# Part of a unit, part of the shipping (rules 5 and 8)


async def test_a_t_shirt_of_12_30_of_which_5_00_came_back_gives_back_7_30_and_the_order_44_60(shop: Shop) -> None:
    """Sylius RefundPlugin, refunding part of an order unit: two units at 10.00 with 23 % tax, shipping 20.00."""
    shirts = a_line("a", quantity=2, unit_price=12_30, tax=4_60)
    await shop.order(lines=[shirts], shipping={"amount": 20_00})

    part = await refund(shop, [{"line_id": "a", "amount": 5_00}])
    unit = await refund(shop, units("a"), include_shipping=False)
    rest = await refund(shop)

    assert [part["total"], unit["total"], rest["total"]] == [5_00, 7_30, 32_30]
    assert sum(line["tax"] for each in (part, unit, rest) for line in each["lines"]) == 4_60


async def test_any_parts_of_an_order_have_no_more_tax_than_the_order(shop: Shop) -> None:
    """polarsource/polar#13770: 52 and 10 of tax, in parts of 32, 9, 8, 3, 6 and 3."""
    await shop.order(currency="USD", lines=[a_line("a", unit_price=62, tax=10)])

    asked = [[{"line_id": "a", "amount": part}] for part in (32, 9, 8, 3, 6, 3, 1)]
    parts = [(await refund(shop, each, confirm_duplicate=True))["lines"][0] for each in asked]

    assert (sum(part["amount"] for part in parts), sum(part["tax"] for part in parts)) == (62, 10)
    assert all(part["tax"] <= part["amount"] for part in parts)


async def test_shipping_at_half_price_comes_back_alone_and_once(shop: Shop) -> None:
    """Sylius RefundPlugin, refunding an order shipping cost with a promotion applied: 10.00 of 20.00."""
    half = {"source": "other", "amount": 10_00, "target": "shipping"}
    await shop.order(shipping={"amount": 20_00}, discounts=[half])

    alone = await refund(shop, [], include_shipping=True)

    assert (alone["total"], alone["shipping"], alone["lines"]) == (10_00, 10_00, [])
    with pytest.raises(Refused, match="422 nothing_left_to_refund"):
        await shop.refund(lines=[], include_shipping=True)
    assert (await refund(shop))["shipping"] == 0


# Promotions recalculated on what is kept (rule 7)


@pytest.mark.parametrize(
    ("lines", "discount", "returned", "parts"),
    [
        pytest.param([(1, 9_00), (2, 9_00)], off(2_00, minimum_spend=20_00), "bba", [7_00, 9_00, 9_00], id="chantelle"),
        pytest.param([(3, 10_00)], off(9_00, minimum_spend=30_00), "aaa", [1_00, 10_00, 10_00], id="chantelle 2+1"),
        pytest.param(
            [(6, 50_00)],
            off(30_00, minimum_spend=300_00, rate_bp=1_000),
            "aaaaa",
            [20_00, 50_00, 50_00, 50_00, 50_00],
            id="sonata#177: 10 % from 300, five of six back",
        ),
        pytest.param(
            [(1, 200_00), (1, 100_00)], off(10_00, minimum_spend=300_00), "a", [190_00], id="XLmoto: jacket and pants"
        ),
    ],
)
async def test_what_is_kept_costs_what_it_would_have_cost_alone(
    shop: Shop, lines: list[tuple[int, int]], discount: Json, returned: str, parts: list[int]
) -> None:
    await shop.lenient_policy(promotion_refund="reprice")
    sold = [a_line(name, quantity=count, unit_price=price) for name, (count, price) in zip("ab", lines, strict=False)]
    await shop.order(currency="EUR", lines=sold, discounts=[discount])

    assert await in_turn(shop, *returned) == parts


async def test_a_return_that_falls_below_a_spend_tier_is_credited_at_the_tier_below(shop: Shop) -> None:
    """Sonja by Sonja Morgan: 300.00 at 30 % off, 25.00 of it returned, the rest is 275.00 at 25 % off."""
    await shop.lenient_policy(promotion_refund="reprice")
    tiers = [
        off(75_00, minimum_spend=200_00, rate_bp=2_500),
        off(15_00, minimum_spend=225_00, rate_bp=667),
    ]
    await shop.order(lines=[a_line("a", unit_price=25_00), a_line("b", unit_price=275_00)], discounts=tiers)

    assert await in_turn(shop, "a") == [210_00 - 206_25]


# Payments, points and what came with the order (rules 10, 11, 16, 19, 20 and 27)


async def test_the_latest_payment_is_refunded_first(shop: Shop) -> None:
    """AuroraTMS RefundCalculatorTest: 150.00 and 100.00, refunded in 80.00 and 170.00."""
    await shop.lenient_policy(tender_order="reverse_order")
    payments = [a_payment("first", 150_00, "ch-1"), a_payment("latest", 100_00, "ch-2")]
    await shop.order(lines=[a_line("a", unit_price=250_00)], payments=payments)

    part = await refund(shop, [{"line_id": "a", "amount": 80_00}])
    rest = await refund(shop)

    paid = [{payout["payment_id"]: payout["amount"] for payout in each["payouts"]} for each in (part, rest)]
    assert paid == [{"latest": 80_00}, {"latest": 20_00, "first": 150_00}]


async def test_returning_75_of_100_leaves_25_of_100_points_and_the_reward_coupon_used(shop: Shop) -> None:
    """RVCA, returns of loyalty orders: 100.00 less a coupon of 15.00, 100 points earned."""
    coupon = {"source": "coupon", "id": "reward", "amount": 15_00}
    lines = [a_line("a", unit_price=75_00), a_line("b", unit_price=25_00)]
    await shop.order(lines=lines, discounts=[coupon], points_earned=100)

    part = await refund(shop, units("a"))
    left = (await shop.customer())["points"]["balance"]
    rest = await refund(shop, units("b"))

    assert (part["effects"]["points_clawed_back"], left) == (75, 25)
    assert [each["effects"]["coupons"][0]["outcome"] for each in (part, rest)] == ["kept", "reinstated"]
    assert part["total"] + rest["total"] == 85_00


async def test_credit_earned_by_the_order_and_spent_since_is_taken_off_the_refund(shop: Shop) -> None:
    """Catch: 10.00 of credit earned by 100.00 and redeemed, the refund is 90.00."""
    await shop.order(lines=[a_line("a", unit_price=100_00)], rewards=[{"kind": "store_credit", "amount": 10_00}])
    spent = [{"payment_id": "p1", "method": "store_credit", "amount": 10_00}]
    await shop.order("o2", lines=[a_line("a", unit_price=10_00)], payments=spent)

    assert (await refund(shop))["total"] == 90_00


async def test_a_promotional_gift_that_is_kept_is_taken_off_the_refund(shop: Shop) -> None:
    """ibaby: the retail price of the gift, 24.00."""
    await shop.order(lines=[a_line("a", unit_price=150_00), a_line("g", unit_price=0, gift=True, gift_value=24_00)])

    assert (await refund(shop, units("a")))["total"] == 126_00
