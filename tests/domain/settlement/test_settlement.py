"""What one refund comes to: the same for the quote and for the refund, to the fen (rules 6, 12 and 23)."""

import pytest
from hypothesis import given

from domain.claims.claims import ClaimState
from domain.claims.reasons import Reason
from domain.entitlements.coupons import CouponOutcome
from domain.entitlements.points import PointsEffect
from domain.money.amounts import CurrencyMismatch
from domain.sale.orders import Order
from tests.domain.builders import a_coupon, a_line, an_order, cny, money_only, points_worth, units
from tests.domain.campaign_builders import a_campaign, a_reward
from tests.domain.checks import check_it_adds_up, check_what_is_missing, check_where_it_goes
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories


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


# For all orders, customers and histories


@given(desks(), histories())
def test_the_quote_is_what_the_refund_comes_to_though_another_was_settled_and_released_in_between(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps)
    if any(desk.position.line(line.line_id).claim_rest() for line in desk.sale.lines):
        quote = desk.quote(reason=Reason.QUALITY_ISSUE)
        another = desk.request(reason=Reason.QUALITY_ISSUE, include_shipping=True)
        desk.settle(another)
        desk.release(another)

        settlement = desk.settle(desk.request(reason=Reason.QUALITY_ISSUE))

        assert settlement == quote


@given(desks(), histories())
def test_every_settlement_adds_up_and_what_is_missing_is_deducted_or_owed(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for refund_id, settlement in desk.settled.items():
        check_it_adds_up(settlement)
        point_value, terms = desk.policy.point_value_in(desk.order.currency), desk.terms_of(refund_id)
        is_given = terms.beneficiary is not None
        check_where_it_goes(settlement, is_given=is_given)
        check_what_is_missing(settlement, point_value, has_moved=terms.external is not None, is_given=is_given)


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
