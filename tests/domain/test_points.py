"""Points that were spent come back, points that were earned are taken back (rules 18 to 20)."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import Discount, Order
from domain.points import PointsEffect, RestoredLot, SpentLot, restore_lots
from domain.policy import CouponExpiry, EarnedPoints, Policy
from tests.domain.builders import a_coupon, a_line, an_order, cny, money_only, on, points_worth, units
from tests.domain.checks import check_no_point_moves_twice
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import histories, orders

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


@pytest.mark.parametrize("paid_with", [[], [points_worth(400_00, points=400)]], ids=["money", "points"])
def test_points_of_a_refund_that_is_only_claimed_are_not_taken_back_for_another(paid_with: list[Discount]) -> None:
    desk = Desk(an_order([a_line(4, 100_00)], paid_with, points_earned=100))
    desk.request(units("l1", 1))

    assert desk.refund(units("l1", 1)).points.clawed_back == 25


def test_a_balance_of_30_with_100_earned_and_50_spent_ends_at_minus_20() -> None:
    desk = Desk(an_order([a_line(1, 150_00)], [points_worth(50_00, points=50)], points_earned=100))

    assert 30 + desk.refund().points.net == -20


# For all orders and histories


@given(orders(), st.sampled_from(EarnedPoints), histories())
def test_never_more_points_move_than_were_spent_and_earned_and_in_the_end_all_of_them(
    order: Order, policy: EarnedPoints, steps: list[Step]
) -> None:
    desk = play(Desk(order, Policy(earned_points=policy)), steps, after_each=check_no_point_moves_twice)

    desk.refund_all_that_is_left()
    check_no_point_moves_twice(desk)

    effects = [each.points for each in desk.settled.values()]
    assert sum(effect.restored for effect in effects) == order.points_spent
    taken = 0 if policy is EarnedPoints.KEEP else order.points_earned
    assert sum(effect.clawed_back for effect in effects) == taken


# Lots


def a_lot(points: int, expires_at: datetime | None = None, *, restored: int = 0, lot_id: int = 1) -> SpentLot:
    return SpentLot(lot_id, points, restored, expires_at)


def restored(spent: list[SpentLot], points: int, policy: CouponExpiry = CouponExpiry.EXTEND) -> list[RestoredLot]:
    return list(restore_lots(tuple(spent), points, policy, spent_at=on(1, 3), refunded_at=on(10, 4)))


def test_points_come_back_with_the_time_they_had_left() -> None:
    lot = a_lot(500, on(31, 3))

    assert restored([lot], 500) == [RestoredLot(1, 500, on(10, 5))]
    assert restored([lot], 500, CouponExpiry.ORIGINAL) == [RestoredLot(1, 500, on(31, 3))]


def test_points_without_an_end_come_back_without_one() -> None:
    assert restored([a_lot(500)], 200) == [RestoredLot(1, 200, None)]


def test_the_lots_that_live_longest_are_filled_first() -> None:
    lots = [a_lot(100, lot_id=1), a_lot(300, on(31, 3), lot_id=2), a_lot(50, on(2, 3), lot_id=3)]

    assert [(lot.lot_id, lot.points) for lot in restored(lots, 250)] == [(1, 100), (2, 150)]


def test_a_lot_takes_no_more_than_it_gave() -> None:
    lots = [a_lot(100, restored=100, lot_id=1), a_lot(300, restored=250, lot_id=2), a_lot(300, lot_id=3)]

    assert [(lot.lot_id, lot.points) for lot in restored(lots, 60)] == [(2, 50), (3, 10)]


def test_points_that_no_lot_knows_of_are_restored_all_the_same() -> None:
    assert restored([a_lot(10)], 25) == [RestoredLot(1, 10, None), RestoredLot(None, 15, None)]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500))), st.integers(0, 2_000))
def test_no_point_is_lost_between_the_lots(given_and_back: list[tuple[int, int]], points: int) -> None:
    lots = [a_lot(max(pair), restored=min(pair), lot_id=place) for place, pair in enumerate(given_and_back)]

    back = restored(lots, points)

    assert sum(lot.points for lot in back) == points
    assert all(lot.points > 0 for lot in back)
    room = {lot.lot_id: lot.points - lot.restored for lot in lots}
    assert all(lot.points <= room[lot.lot_id] for lot in back if lot.lot_id is not None)
