"""Every figure names the rule that it follows: one example a rule, where a generated refund may miss it."""

from domain.explain.explanations import Explanation, Figure
from domain.policy import CouponOnPartial, PointsShortfall, Policy
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_coupon, a_discount, a_line, an_order, units
from tests.domain.refund_desk import Desk
from tests.domain.repriced_orders import REPRICE
from tests.domain.shoppers import Shopper


def explained(settlement: Settlement, figure: Figure) -> list[Explanation]:
    return [each for each in settlement.explanations if each.figure is figure]


def rules(settlement: Settlement, figure: Figure) -> list[int]:
    return [each.rule for each in explained(settlement, figure)]


def test_points_that_are_missing_follow_rule_20() -> None:
    order = an_order([a_line(1, 10_00)], points_earned=100)

    short = Desk(order, Policy(points_shortfall=PointsShortfall.DEDUCT_FROM_REFUND), Shopper(points=30)).refund()

    assert rules(short, Figure.POINTS_SHORTFALL) == [20]


def test_a_coupon_follows_rule_13_and_its_residual_rule_15() -> None:
    order = an_order([a_line(2, 30_00)], [a_coupon(10_00)])
    whole, residual = Desk(order), Desk(order, Policy(coupon_on_partial=CouponOnPartial.RESIDUAL))

    assert rules(whole.refund(units("l1", 1)), Figure.COUPON) == [13]
    assert rules(whole.refund(), Figure.COUPON) == [13]
    assert rules(residual.refund(units("l1", 1)), Figure.COUPON) == [15]


def test_both_fees_follow_rule_9() -> None:
    fees = Policy(restocking_fee_bp=1_000, return_shipping_fee=5_00)

    refund = Desk(an_order([a_line(1, 50_00)]), fees).refund(goods_come_back=True)

    assert rules(refund, Figure.FEE) == [9, 9]


def test_a_line_that_gets_a_single_penny_more_says_so() -> None:
    order = an_order([a_line(1, 50), a_line(1, 20)], [a_discount(3, minimum_spend=50)])

    (line,) = explained(Desk(order, REPRICE).refund(units("l2", 1)), Figure.LINE)

    assert (line.rule, line.arithmetic) == (7, "20 + 1 - 1 = 20")
