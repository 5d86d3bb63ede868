"""Every figure of a refund has exactly one explanation, and its formula comes to it."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from domain.explanations import Explanation, Figure, Phrase
from domain.points import PointsEffect
from domain.policy import Policy, PromotionRefund
from domain.reasons import Reason
from domain.settlement import Settlement
from tests.domain.arithmetic import work_out
from tests.domain.builders import a_coupon, a_discount, a_line, an_order, money_only, points_worth, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories


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


def test_what_has_no_number_has_no_arithmetic() -> None:
    assert Explanation(Figure.TIER, "silver", 28, Phrase.TIER_SAME, 0, "units").arithmetic == ""


@pytest.mark.parametrize("formula", ["open('x')", "a ** b", "a / b", "[a]", "a if b else a", "'a'"])
def test_the_tests_work_out_arithmetic_only(formula: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        work_out(formula, {"a": 1, "b": 2})


# For all orders, policies and histories


@given(desks(), histories())
def test_every_formula_comes_to_its_figure(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for settlement in desk.settled.values():
        for each in settlement.explanations:
            inputs = {given.name: given.value for given in each.inputs}
            assert len(inputs) == len(each.inputs)
            if each.formula:
                assert work_out(each.formula, inputs) == each.result
                assert work_out(each.arithmetic.split(" = ")[0], {}) == each.result
            else:
                assert each.result == 0


RULES = {
    Figure.LINE: {Phrase.LINE: 4, Phrase.LINE_NOTHING_OFF: 4, Phrase.ADJUSTMENT: 5, Phrase.LINE_REPRICED: 7},
    Figure.COUPON: {
        Phrase.COUPON_KEPT: 13,
        Phrase.COUPON_REINSTATED: 13,
        Phrase.COUPON_RESIDUAL: 15,
        Phrase.COUPON_REVOKED: 16,
        Phrase.COUPON_VALUE_DEDUCTED: 16,
    },
}
RULE = {
    Figure.SHIPPING: 8,
    Figure.FEE: 9,
    Figure.DEDUCTION: 10,
    Figure.TOTAL: 10,
    Figure.PAYOUT: 11,
    Figure.POINTS_RESTORED: 18,
    Figure.POINTS_CLAWED_BACK: 19,
    Figure.POINTS_SHORTFALL: 20,
    Figure.CAMPAIGN: 23,
    Figure.EXCLUSIVE_DISCOUNT: 26,
    Figure.GIFT: 27,
    Figure.TIER: 28,
}


@given(desks(), histories())
def test_every_explanation_names_the_rule_it_follows(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for each in (each for settlement in desk.settled.values() for each in settlement.explanations):
        is_of_a_grant = each.figure is Figure.COUPON and each.subject.startswith("granted")
        rule = RULE.get(each.figure) or RULES[each.figure][each.phrase]
        assert each.rule == (16 if is_of_a_grant else rule)


@given(desks(), histories())
def test_every_figure_has_exactly_one_explanation(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left(Reason.QUALITY_ISSUE)

    for settlement in desk.settled.values():
        explained = sorted((each.figure.value, each.subject, each.result) for each in settlement.explanations)
        assert explained == sorted(_figures(settlement, desk))


def _figures(settlement: Settlement, desk: Desk) -> Iterator[tuple[str, str, int]]:
    yield "shipping", "", settlement.shipping.minor_units
    yield "total", "", settlement.total.minor_units
    yield from (("line", each.line_id, each.amount.minor_units) for each in settlement.claims)
    yield from (("fee", each.kind.value, each.amount.minor_units) for each in settlement.fees)
    for deduction in settlement.deductions:
        yield "deduction", f"{deduction.kind}/{deduction.source_id}", deduction.amount.minor_units
    yield from (("payout", each.payment.payment_id, each.amount.minor_units) for each in settlement.payouts)
    yield from _points(settlement.points, desk)
    for coupon in (*settlement.coupons, *settlement.granted_coupons):
        yield "coupon", coupon.coupon_id, coupon.amount.minor_units
    yield from (("campaign", each.campaign_id, each.spend_after.minor_units) for each in settlement.campaigns)
    yield from (("exclusive_discount", each.discount_id, 0) for each in settlement.exclusive_discounts)
    yield from (("gift", each.line_id, each.value.minor_units) for each in settlement.gifts)
    if settlement.tier:
        last = settlement.tier.becomes if settlement.tier.falls_at else settlement.tier.after
        yield "tier", f"{settlement.tier.before or '–'} → {last or '–'}", 0


def _points(effect: PointsEffect, desk: Desk) -> Iterator[tuple[str, str, int]]:
    """Points are explained where the order spent or earned any."""
    assert desk.order.points_spent or not effect.restored
    assert desk.order.points_earned or not effect.clawed_back
    if desk.order.points_spent:
        yield "points_restored", "", effect.restored
    if desk.order.points_earned:
        yield "points_clawed_back", "", effect.clawed_back
    if effect.deducted or effect.forgiven:
        yield "points_shortfall", "", effect.deducted + effect.forgiven
