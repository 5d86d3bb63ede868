"""Every figure of a refund has exactly one explanation, and its formula comes to it."""

import pytest

from domain.entitlements.grants import Grant
from domain.explain.explanations import Explanation, Figure, Input, Part, Phrase
from domain.policy import Policy, PromotionRefund
from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement
from proof.arithmetic import work_out
from tests.domain.builders import a_coupon, a_discount, a_line, an_order, cny, money_only, points_worth, units
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper


def arithmetic(settlement: Settlement, figure: Figure) -> list[str]:
    return [each.arithmetic for each in settlement.explanations if each.figure is figure]


def test_a_line_says_what_each_discount_and_adjustment_took_off_it() -> None:
    order = an_order([a_line(2, 600_00)], [a_coupon(100_00), points_worth(5_00, points=500)])
    desk = Desk(order)
    adjusted = desk.refund(money_only("l1", 7_00))

    returned = desk.refund(units("l1", 1))

    assert arithmetic(adjusted, Figure.LINE) == ["700 = 700"]
    assert arithmetic(returned, Figure.LINE) == ["60000 - 5000 - 250 - 700 = 54050"]


def test_a_line_that_is_repriced_says_what_the_kept_goods_lose_and_what_they_keep() -> None:
    reprice = Policy(promotion_refund=PromotionRefund.REPRICE)
    order = an_order([a_line(1, 40_00), a_line(1, 20_00)], [a_discount(10_00, minimum_spend=50_00)])
    desk = Desk(order, reprice)

    assert arithmetic(desk.refund(units("l2", 1)), Figure.LINE) == ["2000 - 333 - 667 = 1000"]
    assert arithmetic(desk.refund(units("l1", 1)), Figure.LINE) == ["4000 + 667 - 667 = 4000"]


def test_shipping_fees_and_the_total_add_up() -> None:
    order = an_order([a_line(1, 50_00)], shipping=12_00)
    desk = Desk(order, Policy(restocking_fee_bp=1_000, return_shipping_fee=8_00))
    refund = desk.request(goods_come_back=True)

    settlement = desk.settle(refund, lesser={"l1": 1})

    assert arithmetic(settlement, Figure.SHIPPING) == ["1200 - 0 = 1200"]
    assert arithmetic(settlement, Figure.FEE) == [
        "min((2 * 5000 * 1000 + 10000) // 20000, 6200) = 500",
        "min(800, 5700) = 800",
    ]
    assert arithmetic(settlement, Figure.TOTAL) == ["5000 + 1200 - 500 - 800 = 4900"]


def test_earned_points_say_what_was_taken_before() -> None:
    desk = Desk(an_order([a_line(3, 100_00)], points_earned=100))

    said = [arithmetic(desk.refund(units("l1", 1)), Figure.POINTS_CLAWED_BACK)[0] for _ in range(3)]

    assert said == [
        "max(100 * 10000 // 30000 - 0, 0) = 33",
        "max(100 * 20000 // 30000 - 33, 0) = 33",
        "max(100 - 66, 0) = 34",
    ]


def test_the_total_takes_every_fee_and_deduction_off_by_its_number() -> None:
    grants = [Grant(name, RewardKind.COUPON, cny(1_00), True) for name in ("a", "b")]
    desk = Desk(
        an_order([a_line(1, 50_00)], shipping=12_00),
        Policy(restocking_fee_bp=1_000, return_shipping_fee=8_00),
        Shopper(grants=grants),
    )
    refund = desk.request(goods_come_back=True)

    (total,) = [each for each in desk.settle(refund, lesser={"l1": 1}).explanations if each.figure is Figure.TOTAL]

    assert total.formula == "goods + shipping - fee_1 - fee_2 - deduction_1 - deduction_2"
    assert [each.part for each in total.inputs] == [
        Part.GOODS,
        Part.SHIPPING,
        Part.FEE,
        Part.FEE,
        *[Part.DEDUCTION] * 2,
    ]
    assert [each.about for each in total.inputs] == ["", "", "", "", "a", "b"]


def test_points_that_come_back_say_for_which_line() -> None:
    order = an_order([a_line(1, 60_00), a_line(1, 40_00)], [points_worth(10_00, points=100)])

    (points,) = [each for each in Desk(order).refund().explanations if each.figure is Figure.POINTS_RESTORED]

    assert (points.subject, points.formula) == ("", "points_1 + points_2")
    assert points.inputs == (
        Input("points_1", 60, "points", Part.OF_LINE, about="l1"),
        Input("points_2", 40, "points", Part.OF_LINE, about="l2"),
    )


def test_an_adjustment_of_what_points_paid_for_brings_none_back_and_says_so() -> None:
    order = an_order([a_line(1, 60_00)], [points_worth(10_00, points=100)])

    assert arithmetic(Desk(order).refund(money_only("l1", 5_00)), Figure.POINTS_RESTORED) == ["0 = 0"]


def test_shipping_is_explained_by_the_reason_of_the_refund() -> None:
    (shipping,) = [each for each in Desk(an_order()).refund().explanations if each.figure is Figure.SHIPPING]

    assert shipping.about == "changed_mind"


def test_points_earned_by_what_costs_nothing_need_no_arithmetic() -> None:
    desk = Desk(an_order([a_line(2, 0)], points_earned=9))

    assert arithmetic(desk.refund(units("l1", 1)), Figure.POINTS_CLAWED_BACK) == ["0 = 0"]


def test_what_went_into_a_line_is_named_in_the_order_of_the_discounts() -> None:
    discounts = [a_discount(2_00), a_coupon(1_00, coupon_id="spring")]
    desk = Desk(an_order([a_line(1, 50_00)], discounts))
    desk.refund(money_only("l1", 7_00))

    (line, *_) = desk.refund().explanations

    assert line.formula == "gross - discount_1 - discount_2 - adjusted"
    assert line.inputs == (
        Input("gross", 50_00, "CNY"),
        Input("discount_1", 2_00, "CNY", Part.OTHER_SHARE, about=""),
        Input("discount_2", 1_00, "CNY", Part.COUPON_SHARE, about="spring"),
        Input("adjusted", 7_00, "CNY", Part.ADJUSTED),
    )


def test_what_has_no_number_has_no_arithmetic() -> None:
    assert Explanation(Figure.TIER, "silver", 28, Phrase.TIER_SAME, 0, "units").arithmetic == ""


@pytest.mark.parametrize("formula", ["open('x')", "a ** b", "a / b", "[a]", "a if b else a", "'a'"])
def test_the_tests_work_out_arithmetic_only(formula: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        work_out(formula, {"a": 1, "b": 2})
