"""A lost dispute takes back what was earned and granted, by the share lost, and reinstates nothing (rule 52)."""

from dataclasses import replace

from hypothesis import given

from domain.claims.reasons import Reason
from domain.entitlements.coupons import CouponOutcome
from domain.entitlements.exclusive_discounts import ExclusiveOutcome
from domain.entitlements.grants import Grant
from domain.sale.orders import EarnedLot, LineKind, RewardKind
from tests.domain.builders import (
    a_coupon,
    a_line,
    a_payment,
    an_exclusive_discount,
    an_extra,
    an_order,
    cny,
    points_worth,
    units,
)
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories


def test_it_takes_back_what_was_earned_by_the_share_lost() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], points_earned=100), shopper=Shopper(points=100))

    settlement = desk.lose_dispute("card", cny(30_00))

    assert settlement is not None and settlement.points.clawed_back == 30
    assert [claim.amount for claim in settlement.claims] == [cny(18_00), cny(12_00)]


def test_what_is_returned_later_takes_back_only_the_rest() -> None:
    desk = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], points_earned=100), shopper=Shopper(points=100))
    desk.lose_dispute("card", cny(50_00))

    first = desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)
    last = desk.refund(units("l2", 1), reason=Reason.QUALITY_ISSUE)

    assert (first.total, first.points.clawed_back) == (cny(30_00), 30)
    assert (last.total, last.points.clawed_back) == (cny(20_00), 20)


def test_points_and_credit_of_lines_go_by_what_was_lost_of_those_lines() -> None:
    grants = (Grant("thanks", RewardKind.STORE_CREDIT, cny(20_00), is_used=False, line_ids=("l2",)),)
    order = an_order([a_line(1, 60_00), a_line(1, 40_00)], points_earned=50)
    order = replace(order, earned_lots=(EarnedLot(50, ("l2",)),))
    desk = Desk(order, shopper=Shopper(points=50, store_credit=20_00, grants=grants))

    settlement = desk.lose_dispute("card", cny(50_00))

    assert settlement is not None and settlement.points.clawed_back == 25
    assert [each.taken for each in settlement.grants] == [cny(10_00)]


def test_nothing_that_was_spent_comes_back_even_where_all_is_lost() -> None:
    discounts = [a_coupon(10_00), an_exclusive_discount(10_00), points_worth(5_00, points=500)]
    desk = Desk(an_order([a_line(1, 100_00)], discounts, points_earned=75), shopper=Shopper(points=75))

    settlement = desk.lose_dispute("card", cny(75_00))

    assert settlement is not None
    assert (settlement.points.restored, settlement.points.clawed_back) == (0, 75)
    assert [each.outcome for each in settlement.coupons] == [CouponOutcome.KEPT]
    assert [each.outcome for each in settlement.exclusive_discounts] == [ExclusiveOutcome.KEPT]


def test_what_went_back_before_is_not_lost_once_more() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]))
    desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)

    lost = desk.lose_dispute("card", cny(100_00))
    again = desk.lose_dispute("card", cny(100_00))

    assert lost is not None and lost.total == cny(50_00)
    assert again is None


def test_what_is_lost_beyond_the_goods_is_of_the_shipping_and_then_of_the_extras() -> None:
    desk = Desk(an_order([a_line(1, 60_00), an_extra(LineKind.TIP, 5_00)], shipping=10_00))

    settlement = desk.lose_dispute("card", cny(72_00))

    assert settlement is not None
    assert (settlement.goods, settlement.shipping, settlement.extras_paid) == (cny(60_00), cny(10_00), cny(2_00))


def test_cents_that_were_paid_too_much_go_with_all_that_the_bank_took_and_hold_nothing() -> None:
    order = replace(an_order([a_line(2, 50_00)], payments=[a_payment("card", 100_03)]), owed=cny(-3))
    desk = Desk(order)

    lost = desk.lose_dispute("card", cny(100_03))
    returned = desk.refund(reason=Reason.QUALITY_ISSUE)
    held = desk.disputes[-1].holds_its_payment
    desk.release(desk.losses[-1])
    rest = desk.refund(reason=Reason.QUALITY_ISSUE)

    assert lost is not None and (lost.total, lost.overpaid_back, held) == (cny(100_03), cny(3), False)
    assert (returned.total, rest.total, rest.overpaid_back) == (cny(0), cny(100_03), cny(3))


def test_what_units_paid_less_for_a_loss_that_was_won_after_all_goes_back_with_the_points_it_had_earned() -> None:
    desk = Desk(an_order([a_line(1, 100_00)], points_earned=100), shopper=Shopper(points=100))
    desk.lose_dispute("card", cny(30_00))
    less = desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE)
    desk.release(desk.losses[-1])

    rest = desk.refund(reason=Reason.QUALITY_ISSUE)

    assert (less.total, rest.total) == (cny(70_00), cny(30_00))
    assert (less.points.clawed_back, rest.points.clawed_back) == (70, 30)


def test_it_counts_for_its_own_payment_alone() -> None:
    payments = (a_payment("gift", 40_00), a_payment("card", 60_00))
    desk = Desk(an_order([a_line(1, 100_00)], payments=payments))

    desk.lose_dispute("card", cny(60_00))

    assert [left for _, left in desk.position.payments_left] == [cny(40_00), cny(0)]


@given(desks(), histories())
def test_one_that_is_won_after_all_leaves_everything_as_if_it_had_not_been(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    before, customer = desk.position, desk.customer
    lost = [desk.lose_dispute(each.payment_id, each.worth) for each in desk.order.payments]
    for refund_id in desk.losses[-sum(each is not None for each in lost) :] if any(lost) else []:
        desk.release(refund_id)

    assert (desk.position, desk.customer) == (before, customer)


@given(desks(), histories())
def test_the_points_that_all_refunds_and_losses_take_back_are_those_of_what_is_gone(
    desk: Desk, steps: list[Step]
) -> None:
    """However disputes and refunds follow one another, no more is taken back than was earned."""
    play(desk, steps)
    for payment in desk.order.payments:
        desk.lose_dispute(payment.payment_id, payment.worth)

    taken = sum(each.points.clawed_back for each in desk.settled.values())
    assert 0 <= taken <= desk.order.points_earned
