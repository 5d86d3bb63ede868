"""Points come back to the lots they were taken from, with the time they had left (rule 18)."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.entitlements.points import RestoredLot, SpentLot, restore_lots
from domain.policy import CouponExpiry
from tests.domain.builders import on


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


def test_a_single_point_comes_back_too() -> None:
    assert restored([a_lot(1)], 1) == [RestoredLot(1, 1, None)]
    assert restored([], 1) == [RestoredLot(None, 1, None)]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500))), st.integers(0, 2_000))
def test_no_point_is_lost_between_the_lots(given_and_back: list[tuple[int, int]], points: int) -> None:
    lots = [a_lot(max(pair), restored=min(pair), lot_id=place) for place, pair in enumerate(given_and_back)]

    back = restored(lots, points)

    assert sum(lot.points for lot in back) == points
    assert all(lot.points > 0 for lot in back)
    room = {lot.lot_id: lot.points - lot.restored for lot in lots}
    assert all(lot.points <= room[lot.lot_id] for lot in back if lot.lot_id is not None)
