"""Points that were spent come back, points that were earned are taken back (rules 18 to 20)."""

import pytest
from hypothesis import given

from domain.entitlements.points import PointsEffect
from domain.policy import EarnedPoints, Policy
from domain.sale.orders import Discount
from tests.domain.builders import a_coupon, a_gift, a_line, an_order, cny, money_only, points_worth, units
from tests.domain.checks import check_no_point_moves_twice
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

KEEP = Policy(earned_points=EarnedPoints.KEEP)


def test_500_points_spent_on_two_units_come_back_250_at_a_time() -> None:
    desk = Desk(an_order([a_line(2, 600_00)], [points_worth(5_00, points=500)]))

    assert [desk.refund(units("l1", 1)).points.restored for _ in range(2)] == [250, 250]


def test_an_order_paid_with_points_alone_is_returned_item_by_item() -> None:
    lines = [a_line(1, 60_00), a_line(1, 40_00)]
    desk = Desk(an_order(lines, [points_worth(100_00, points=1_000)], points_earned=11))

    first, second = desk.refund(units("l2", 1)), desk.refund(units("l1", 1))

    assert (first.total, first.payouts, first.points) == (cny(0), (), PointsEffect(400, 4))
    assert (second.total, second.payouts, second.points) == (cny(0), (), PointsEffect(600, 7))


def test_what_costs_nothing_at_all_has_no_points_to_take_back_before_the_last_of_it_returns() -> None:
    desk = Desk(an_order([a_line(2, 0)], points_earned=9))

    assert [desk.refund(units("l1", 1)).points.clawed_back for _ in range(2)] == [0, 9]


def test_earned_points_are_taken_back_in_proportion_and_the_last_return_takes_the_rest() -> None:
    desk = Desk(an_order([a_line(3, 100_00)], [a_coupon(10_00)], points_earned=100))

    assert [desk.refund(units("l1", 1)).points.clawed_back for _ in range(3)] == [33, 33, 34]


def test_who_earned_500_and_returns_all_has_500_taken_back_or_keeps_them() -> None:
    order = an_order([a_line(1, 500_00)], points_earned=500)

    assert Desk(order).refund().points == PointsEffect(restored=0, clawed_back=500)
    assert Desk(order, KEEP).refund().points == PointsEffect(restored=0, clawed_back=0)


def test_a_money_only_adjustment_moves_no_points() -> None:
    order = an_order([a_line(1, 500_00)], [points_worth(50_00, points=500)], points_earned=450)

    assert Desk(order).refund(money_only("l1", 200_00)).points == PointsEffect(0, 0)


def test_an_adjustment_does_not_lower_what_a_returned_unit_had_earned() -> None:
    desk = Desk(an_order([a_line(2, 100_00)], points_earned=200))
    desk.refund(money_only("l1", 100_00))

    assert desk.refund(units("l1", 1)).points.clawed_back == 100


def test_adjustments_of_a_lines_whole_price_take_back_what_it_earned_like_a_return_of_it() -> None:
    desk = Desk(an_order([a_line(2, 100_00), a_line(1, 50_00)], points_earned=250))

    first, last = desk.refund(money_only("l1", 150_00)), desk.refund(money_only("l1", 50_00))
    returned = desk.refund(units("l1", 2))

    assert [each.points.clawed_back for each in (first, last, returned)] == [0, 200, 0]
    assert desk.refund().points.clawed_back == 50


def test_the_rest_of_a_line_paid_back_as_an_adjustment_takes_back_the_rest_of_its_points() -> None:
    desk = Desk(an_order([a_line(2, 100_00)], points_earned=201))

    assert desk.refund(units("l1", 1)).points.clawed_back == 100
    assert desk.refund(money_only("l1", 100_00)).points.clawed_back == 101


def test_a_gift_that_cost_something_and_was_not_returned_after_all_leaves_nothing_to_take_back_for_nothing() -> None:
    """The gift cost all of the order and the goods nothing: it earned every point."""
    desk = Desk(an_order([a_line(1, 167_77, gift=True), a_line(1, 0)], points_earned=167_77))
    gift = desk.request(units("l1", 1))
    assert desk.settle(gift).points.clawed_back == 167_77
    desk.refund(units("l2", 1))

    desk.release(gift)

    assert desk.quote_nothing().points == PointsEffect(0, 0)
    assert desk.refund(units("l1", 1)).points.clawed_back == 167_77


def test_the_last_unit_takes_the_rest_of_the_points_also_where_its_price_came_back_before() -> None:
    """The gift was deducted with the adjustment and stays: what it earned goes back with the last of the goods."""
    desk = Desk(an_order([a_line(1, 1), a_gift(1, unit_price=167_77, minimum_spend=167_77)], points_earned=1))

    adjustment, last = desk.refund(money_only("l1", 1)), desk.refund()

    assert [each.points.clawed_back for each in (adjustment, last)] == [0, 1]
    assert desk.quote_nothing().points == PointsEffect(0, 0)


def test_a_change_of_the_policy_makes_no_refund_of_nothing_take_points() -> None:
    desk = Desk(an_order([a_line(2, 100_00)], points_earned=200), KEEP)
    desk.refund(units("l1", 1))

    desk.policy = Policy()

    assert desk.quote_nothing().points == desk.refund(money_only("l1", 10_00)).points == PointsEffect(0, 0)


@pytest.mark.parametrize("paid_with", [[], [points_worth(400_00, points=400)]], ids=["money", "points"])
def test_points_of_a_refund_that_is_only_claimed_are_not_taken_back_for_another(paid_with: list[Discount]) -> None:
    desk = Desk(an_order([a_line(4, 100_00)], paid_with, points_earned=100))
    desk.request(units("l1", 1))

    assert desk.refund(units("l1", 1)).points.clawed_back == 25


# For all orders and histories


@given(desks(), histories())
def test_never_more_points_move_than_were_spent_and_earned_and_in_the_end_all_of_them(
    desk: Desk, steps: list[Step]
) -> None:
    play(desk, steps, after_each=check_no_point_moves_twice)

    desk.refund_all_that_is_left()
    check_no_point_moves_twice(desk)

    effects = [each.points for each in desk.settled.values()]
    stays = sum(line.points_of(desk.position.line(line.line_id).gifts_kept) for line in desk.sale.lines)
    stays += sum(desk.position.extra_left(extra).points for extra in desk.sale.extras)
    stays += desk.position.shipping_points_left
    assert sum(effect.restored for effect in effects) == desk.order.points_spent - stays
    there = desk.order.points_earned - sum(desk.shopper.points_ran_out)
    taken = 0 if desk.policy.earned_points is EarnedPoints.KEEP else there
    assert sum(effect.clawed_back for effect in effects) == taken
