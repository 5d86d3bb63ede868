"""What one refund comes to: the same for the quote and for the refund, and never below zero (rules 6, 10 and 20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims import ClaimState
from domain.coupons import CouponOutcome
from domain.money import CurrencyMismatch, Money
from domain.orders import Order, RewardKind
from domain.points import PointsEffect
from domain.policy import Policy
from domain.reasons import Reason
from domain.settlement import Deduction, DeductionKind, Settlement
from tests.domain.builders import (
    a_campaign,
    a_coupon,
    a_line,
    a_reward,
    an_order,
    cny,
    money_only,
    points_worth,
    units,
)
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk, Shopper
from tests.domain.strategies import histories, orders, policies, shoppers


def the_kettles() -> Order:
    """The order of the product description: two kettles, a coupon, 500 points worth 5.00, and shipping."""
    return an_order(
        [a_line(2, 600_00)],
        [a_coupon(100_00, coupon_id="cpn-100"), points_worth(5_00, points=500, on_lines=["l1"])],
        shipping=10_00,
        points_earned=500,
    )


def test_one_of_two_kettles_comes_back_as_547_50_and_250_points() -> None:
    shopper = Shopper([a_campaign()], [a_reward(200_00)], store_credit=200_00)

    settlement = Desk(the_kettles(), shopper=shopper).refund(units("l1", 1))

    assert settlement.total == settlement.goods == cny(547_50)
    assert settlement.shipping == cny(0)
    assert settlement.points == PointsEffect(restored=250, clawed_back=250)
    assert [tender.amount for tender in settlement.payouts] == [cny(547_50)]
    assert [coupon.outcome for coupon in settlement.coupons] == [CouponOutcome.KEPT]
    (campaign,) = settlement.campaigns
    assert (campaign.spend_before, campaign.spend_after) == (cny(1095_00), cny(547_50))
    assert (campaign.qualified_before, campaign.qualified_after) == (True, False)
    assert settlement.deductions == ()
    assert not settlement.completes_order


def test_the_second_kettle_brings_back_the_rest_with_the_shipping_and_the_coupon() -> None:
    desk = Desk(the_kettles())
    desk.refund(units("l1", 1))

    settlement = desk.refund()

    assert (settlement.goods, settlement.shipping, settlement.total) == (cny(547_50), cny(10_00), cny(557_50))
    assert settlement.points == PointsEffect(250, 250)
    assert [coupon.outcome for coupon in settlement.coupons] == [CouponOutcome.REINSTATED]
    assert settlement.completes_order


def test_inspection_counts_for_the_money_and_for_every_other_effect() -> None:
    shopper = Shopper([a_campaign(threshold=1095_00, reward=0)])
    desk = Desk(the_kettles(), shopper=shopper)
    refund = desk.request(reason=Reason.QUALITY_ISSUE)

    settlement = desk.settle(refund, accepted={"l1": 0})

    assert settlement.total == cny(0)
    assert settlement.payouts == ()
    assert settlement.points == PointsEffect(0, 0)
    assert [coupon.outcome for coupon in settlement.coupons] == [CouponOutcome.KEPT]
    assert settlement.campaigns[0].qualified_after


# Deductions (rule 10)


def a_desk_whose_reward_is_spent(goods: int, *, credit_left: int = 0) -> Desk:
    shopper = Shopper([a_campaign(threshold=goods)], [a_reward(200_00)], store_credit=credit_left)
    return Desk(an_order([a_line(2, goods // 2)]), shopper=shopper)


def test_a_spent_reward_is_taken_off_the_payout() -> None:
    settlement = a_desk_whose_reward_is_spent(1000_00, credit_left=30_00).refund(units("l1", 1))

    assert settlement.deductions == (
        Deduction(DeductionKind.CAMPAIGN_REWARD, "spend-1000", amount=cny(170_00), owed=cny(0)),
    )
    assert settlement.total == cny(330_00)
    assert settlement.campaigns[0].reward_clawed_back == 30_00


def test_what_the_payout_cannot_cover_is_owed() -> None:
    settlement = a_desk_whose_reward_is_spent(300_00).refund(units("l1", 1))

    (deduction,) = settlement.deductions
    assert (deduction.amount, deduction.owed) == (cny(150_00), cny(50_00))
    assert settlement.total == cny(0)
    assert settlement.payouts == ()


def test_two_deductions_share_one_payout() -> None:
    campaigns = [a_campaign(campaign_id="a", threshold=100_00), a_campaign(campaign_id="b", threshold=100_00)]
    rewards = [a_reward(70_00, campaign_id="a"), a_reward(70_00, campaign_id="b", reward_id=2)]
    desk = Desk(an_order([a_line(1, 100_00)]), shopper=Shopper(campaigns, rewards))

    settlement = desk.refund()

    assert [(each.source_id, each.amount, each.owed) for each in settlement.deductions] == [
        ("a", cny(70_00), cny(0)),
        ("b", cny(30_00), cny(40_00)),
    ]


def test_missing_reward_points_are_deducted_at_the_policys_value() -> None:
    campaign = a_campaign(threshold=100_00, reward=300, kind=RewardKind.POINTS)
    shopper = Shopper([campaign], [a_reward(300, kind=RewardKind.POINTS)], points=100)

    settlement = Desk(an_order([a_line(1, 100_00)]), Policy(point_value=5), shopper).refund()

    assert settlement.deductions[0].amount == cny(10_00)
    assert settlement.campaigns[0].reward_clawed_back == 100


# For all orders, customers and histories


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    order = draw(orders())
    return Desk(order, draw(policies()), draw(shoppers(order.currency)))


@given(desks(), histories())
def test_the_quote_is_what_the_refund_comes_to_though_another_was_settled_and_released_in_between(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    if any(desk.position.line(line.line_id).claim_rest() for line in desk.sale.lines):
        quote = desk.quote(reason=Reason.QUALITY_ISSUE)
        another = desk.request(include_shipping=True)
        desk.settle(another)
        desk.release(another)

        settlement = desk.settle(desk.request(reason=Reason.QUALITY_ISSUE))

        assert settlement == quote


@given(desks(), histories())
def test_every_settlement_adds_up_and_what_is_missing_is_deducted_or_owed(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for settlement in desk.settled.values():
        check_it_adds_up(settlement)
        check_what_is_missing(settlement)


@given(desks(), histories())
def test_spend_is_what_was_paid_less_what_settled_refunds_gave_back(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    claimed = desk.refunds_in(ClaimState.CLAIMED)
    for refund_id in claimed:
        before = desk.customer.purchases[-1].spend

        settlement = desk.settle(refund_id)

        assert desk.customer.purchases[-1].spend == before - settlement.goods
        for effect in settlement.campaigns:
            assert effect.spend_before - effect.spend_after == settlement.goods
            assert effect.spend_after.minor_units >= 0


def test_a_request_in_another_currency_is_an_error() -> None:
    with pytest.raises(CurrencyMismatch, match="JPY with CNY"):
        Desk(an_order()).quote(money_only("l1", 100, currency="JPY"))


def check_it_adds_up(settlement: Settlement) -> None:
    off = Money.total((deduction.amount for deduction in settlement.deductions), settlement.total.currency)
    assert settlement.total == settlement.goods + settlement.shipping - off
    assert settlement.total.minor_units >= 0
    assert Money.total((tender.amount for tender in settlement.payouts), off.currency) == settlement.total
    assert all(each.amount.minor_units >= 0 and each.owed.minor_units >= 0 for each in settlement.deductions)


def check_what_is_missing(settlement: Settlement) -> None:
    missing = [each.missing for each in settlement.take_backs if each.missing]
    assert [each.amount + each.owed for each in settlement.deductions] == missing
    assert not settlement.total or not any(each.owed for each in settlement.deductions)
    for each in settlement.take_backs:
        if each.reward.kind is not RewardKind.POINTS:
            assert each.taken + each.missing == each.reward.amount
        assert 0 <= each.taken_points <= each.reward.points
