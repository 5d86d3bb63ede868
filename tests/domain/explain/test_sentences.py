"""Every figure can be said in every language that is shipped, put together from phrases (rule 38)."""

import pytest

from domain.durations import IsoDuration
from domain.entitlements.grants import Grant
from domain.explain.explanations import Figure, Named
from domain.explain.messages import Catalogue
from domain.explain.sentences import sentence, things_named
from domain.policy import Policy, Tier
from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_line,
    an_exclusive_discount,
    an_order,
    cny,
    money_only,
    points_worth,
    units,
)
from tests.domain.campaign_builders import a_purchase
from tests.domain.languages import LANGUAGES
from tests.domain.refund_desk import Desk
from tests.domain.repriced_orders import REPRICE
from tests.domain.shoppers import Shopper


def said(settlement: Settlement, figure: Figure, language: str = "en") -> list[str]:
    phrases = Catalogue(LANGUAGES).phrases(language)
    return [sentence(each, phrases) for each in settlement.explanations if each.figure is figure]


def one_of_two_kettles(policy: Policy | None = None) -> Settlement:
    discounts = [a_coupon(100_00, coupon_id="cpn-100"), points_worth(5_00, points=500)]
    order = an_order([a_line(2, 600_00)], discounts, shipping=10_00, points_earned=500)
    return Desk(order, policy).refund(units("l1", 1), goods_come_back=True)


def test_a_line_is_said_with_all_that_was_taken_off_it() -> None:
    assert said(one_of_two_kettles(), Figure.LINE) == [
        "¥547.50: it cost ¥600.00, less its ¥50.00 share of coupon cpn-100 and the ¥2.50 paid with points."
    ]
    assert said(one_of_two_kettles(), Figure.LINE, "zh-CN") == [
        "¥547.50：原价 ¥600.00，减去优惠券分摊的 ¥50.00，以及积分抵扣的 ¥2.50。"
    ]


def test_things_are_called_by_the_names_that_the_customer_knows() -> None:
    settlement, phrases = one_of_two_kettles(), Catalogue(LANGUAGES).phrases("zh-CN")
    (line,) = (each for each in settlement.explanations if each.figure is Figure.LINE)
    (coupon,) = (each for each in settlement.explanations if each.figure is Figure.COUPON)
    names = {(Named.COUPON, "cpn-100"): "新人券"}

    assert "优惠券“新人券”分摊的 ¥50.00" in sentence(line, phrases, names)
    assert "优惠券“新人券”暂不恢复" in sentence(coupon, phrases, names)
    assert {*things_named(line), *things_named(coupon)} == {(Named.LINE, "l1"), (Named.COUPON, "cpn-100")}


def test_a_payout_says_the_way_to_pay_and_not_the_payments_id() -> None:
    assert said(one_of_two_kettles(), Figure.PAYOUT, "zh-CN")[0].startswith("¥547.50 退还至原银行卡：")


def test_what_a_deduction_is_for_is_called_by_its_name() -> None:
    thanks = Grant("thanks", RewardKind.COUPON, cny(20_00), True)
    settlement = Desk(an_order([a_line(1, 50_00)]), shopper=Shopper(grants=[thanks])).refund()
    (deduction,) = (each for each in settlement.explanations if each.figure is Figure.DEDUCTION)

    assert [*things_named(deduction)] == [(Named.COUPON, "thanks")]
    assert "优惠券“感谢券”已使用" in sentence(
        deduction, Catalogue(LANGUAGES).phrases("zh-CN"), {(Named.COUPON, "thanks"): "感谢券"}
    )


def test_a_repriced_line_says_what_the_kept_goods_lose_and_what_they_keep() -> None:
    order = an_order([a_line(1, 50_00), a_line(1, 20_00)], [a_discount(10_00, minimum_spend=50_00)])
    loses, keeps = Desk(order, REPRICE), Desk(order, REPRICE)

    assert said(loses.refund(units("l1", 1)), Figure.LINE) == [
        "¥40.00: it cost ¥50.00; with promotions worked out anew for the goods you keep, less its ¥7.14 share of a "
        "discount and the ¥2.86 that the kept goods no longer get off."
    ]
    assert said(keeps.refund(units("l2", 1)), Figure.LINE) == [
        "¥20.00: it cost ¥20.00; with promotions worked out anew for the goods you keep, less its ¥2.86 share of a "
        "discount and plus ¥2.86 that stays off the goods you keep."
    ]


def test_what_was_taken_off_before_is_said() -> None:
    desk = Desk(an_order([a_line(1, 50_00)]))
    desk.refund(money_only("l1", 7_00))

    assert said(desk.refund(), Figure.LINE) == ["¥43.00: it cost ¥50.00, less the ¥7.00 taken off before."]


def test_what_is_deducted_is_said_with_what_it_was_for() -> None:
    thanks = Grant("thanks", RewardKind.COUPON, cny(20_00), True)

    settlement = Desk(an_order([a_line(1, 50_00)]), shopper=Shopper(grants=[thanks])).refund()

    assert said(settlement, Figure.DEDUCTION) == [
        "¥20.00 taken off: coupon thanks, which came with the order, is used (¥20.00)."
    ]
    assert said(settlement, Figure.TOTAL) == [
        "¥30.00 in total: ¥50.00 for goods and less ¥20.00 that can't be taken back."
    ]


def test_a_share_of_a_granted_coupon_is_said_and_so_is_its_coming_back() -> None:
    thanks = Grant("thanks", RewardKind.COUPON, cny(20_00), False)
    desk = Desk(an_order([a_line(2, 50_00)]), shopper=Shopper(grants=[thanks]))

    part, last = desk.refund(units("l1", 1)), desk.refund()

    assert said(part, Figure.DEDUCTION) == [
        "¥10.00 taken off: a share of coupon thanks, which came with the goods and stays yours (¥10.00)."
    ]
    assert said(part, Figure.COUPON) == [
        "Coupon thanks came with the goods and stays yours: ¥10.00, the share of those that are returned, is taken off."
    ]
    assert said(last, Figure.DEDUCTION_RETURNED) == [
        "¥10.00 comes back that was taken off before: coupon thanks is revoked or worth less."
    ]
    assert said(last, Figure.TOTAL) == ["¥60.00 in total: ¥50.00 for goods and plus ¥10.00 taken off before."]


def test_an_exclusive_discount_says_whether_it_is_back() -> None:
    desk = Desk(an_order([a_line(2, 50_00)], [an_exclusive_discount(5_00)]))

    assert said(desk.refund(units("l1", 1)), Figure.EXCLUSIVE_DISCOUNT) == [
        "Your discount birthday stays used: it comes back with all goods that used it."
    ]
    assert said(desk.refund(), Figure.EXCLUSIVE_DISCOUNT) == ["Your discount birthday is active again."]


def test_shipping_that_does_not_come_back_yet_says_when_it_does() -> None:
    assert said(one_of_two_kettles(), Figure.SHIPPING) == ["No shipping: it comes back when the whole order does."]


def test_points_are_said_with_their_number() -> None:
    assert said(one_of_two_kettles(), Figure.POINTS_RESTORED) == ["250 points back that paid for these goods."]


@pytest.mark.parametrize(
    ("rate_bp", "rate"), [(1_000, "10 %"), (1_550, "15.5 %"), (5, "0.05 %"), (10_000, "100 %"), (1_005, "10.05 %")]
)
def test_a_rate_is_said_in_percent(rate_bp: int, rate: str) -> None:
    (fee,) = said(one_of_two_kettles(Policy(restocking_fee_bp=rate_bp)), Figure.FEE)

    assert f"restocking fee: {rate} of the ¥0.00" in fee


def test_three_parts_are_listed_with_a_comma_and_an_and() -> None:
    order = an_order([a_line(1, 50_00)], shipping=10_00)

    settlement = Desk(order, Policy(return_shipping_fee=8_00)).refund(goods_come_back=True)

    assert said(settlement, Figure.TOTAL) == [
        "¥52.00 in total: ¥50.00 for goods, ¥10.00 for shipping and less ¥8.00 in fees."
    ]


@pytest.mark.parametrize(
    ("bought_before", "grace", "text"),
    [
        (600_00, "P0D", "Your tier stays as it is: silver → silver."),
        (0, "P0D", "Your tier changes: silver → –."),
        (0, "P30D", "Your tier changes on 2026-12-20: silver → –."),
    ],
)
def test_a_tier_is_said_with_the_day_on_which_it_falls(bought_before: int, grace: str, text: str) -> None:
    policy = Policy(tiers=(Tier("silver", 600_00),), tier_grace=IsoDuration(grace))
    shopper = Shopper(other_purchases=[a_purchase(bought_before)])

    settlement = Desk(an_order([a_line(1, 600_00)]), policy, shopper).refund()

    assert said(settlement, Figure.TIER) == [text]
    assert [each.about for each in settlement.explanations if each.figure is Figure.TIER] == (
        ["2026-12-20"] if grace == "P30D" else [""]
    )
