"""Points that belong to lines, that end, or that go back only with the last unit (rule 19)."""

from dataclasses import replace

from hypothesis import given

from domain.explain.explanations import Figure, Phrase
from domain.sale.orders import EarnedLot, Order
from proof.arithmetic import work_out
from tests.domain.builders import a_line, an_order, money_only, on, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories


def an_order_that_earned(*lots: EarnedLot) -> Order:
    order = an_order([a_line(2, 50_00), a_line(1, 100_00)], points_earned=sum(lot.points for lot in lots))
    return replace(order, earned_lots=lots)


def taken(desk: Desk, *lines: str) -> list[int]:
    return [desk.refund(units(line_id, 1)).points.clawed_back for line_id in lines]


def test_points_go_back_with_the_lines_that_earned_them() -> None:
    lots = EarnedLot(25, ("l1",)), EarnedLot(100, ("l2",))

    assert taken(Desk(an_order_that_earned(*lots)), "l1", "l2", "l1") == [12, 100, 13]


def test_one_lot_for_all_goods_comes_to_the_same_as_a_number() -> None:
    as_number = Desk(an_order([a_line(2, 50_00), a_line(1, 100_00)], points_earned=33))

    assert taken(Desk(an_order_that_earned(EarnedLot(33))), "l1", "l2", "l1") == taken(as_number, "l1", "l2", "l1")


def test_a_welcome_bonus_goes_back_with_the_last_unit_alone() -> None:
    lots = EarnedLot(500, is_fixed=True), EarnedLot(10, ("l2",))

    assert taken(Desk(an_order_that_earned(*lots)), "l2", "l1", "l1") == [10, 0, 500]


def test_money_back_for_a_line_is_no_return_of_the_order() -> None:
    desk = Desk(an_order_that_earned(EarnedLot(500, is_fixed=True), EarnedLot(10, ("l2",))))

    assert desk.refund(money_only("l2", 40_00)).points.clawed_back == 0
    assert desk.refund(money_only("l2", 60_00)).points.clawed_back == 10


def test_points_that_ran_out_unspent_do_not_go_back_once_more() -> None:
    """Of 50 points 20 were spent and 30 ended: 20 are still to go back, with the last of their goods."""
    desk = Desk(
        an_order_that_earned(EarnedLot(50, ("l1",), on(4)), EarnedLot(7)), None, Shopper(points_ran_out=[30, 0])
    )

    assert taken(desk, "l1", "l1", "l2") == [1, 22, 4]


def test_each_lot_is_explained_by_its_own_goods() -> None:
    lots = EarnedLot(25, ("l1",), on(4)), EarnedLot(100, ("l2",)), EarnedLot(5, is_fixed=True)
    desk = Desk(an_order_that_earned(*lots), None, Shopper(points_ran_out=[2, 0, 0]))

    settlement = desk.refund(units("l1", 1), units("l2", 1))

    (why,) = (each for each in settlement.explanations if each.figure is Figure.POINTS_CLAWED_BACK)
    assert why.phrase is Phrase.POINTS_CLAWED_BACK_LOTS
    assert why.formula == "max(max(earned_1 * returned_1 // sold_1 - ran_out_1, 0) + earned_2 - before, 0)"
    assert work_out(why.formula, {each.name: each.value for each in why.inputs}) == why.result == 110


# For all orders, policies and histories


@given(desks(), histories())
def test_no_more_goes_back_than_was_earned_and_did_not_run_out(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    order, gone = desk.order, sum(desk.shopper.points_ran_out)
    taken_back = sum(each.points.clawed_back for each in desk.settled.values())
    assert 0 <= taken_back <= order.points_earned - (gone if order.earned_lots else 0)
