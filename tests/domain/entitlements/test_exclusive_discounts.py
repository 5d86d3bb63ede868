"""An exclusive discount is active again when all lines that used it are returned (rule 26)."""

from hypothesis import given

from domain.entitlements.exclusive_discounts import ExclusiveEffect, ExclusiveOutcome
from domain.sale.orders import DiscountSource
from domain.settlement.settlement import Settlement
from tests.domain.builders import (
    a_discount,
    a_line,
    a_shipping_discount,
    an_exclusive_discount,
    an_order,
    money_only,
    units,
)
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

REINSTATED, KEPT = ExclusiveOutcome.REINSTATED, ExclusiveOutcome.KEPT


def outcomes(settlement: Settlement) -> list[ExclusiveOutcome]:
    return [effect.outcome for effect in settlement.exclusive_discounts]


def a_desk() -> Desk:
    """Two kettles with the birthday discount, and a pot without it."""
    return Desk(an_order([a_line(2, 30_00), a_line(1, 10_00)], [an_exclusive_discount(6_00, on_lines=["l1"])]))


def test_it_is_active_again_when_the_last_unit_that_used_it_is_returned() -> None:
    desk = a_desk()

    assert [outcomes(desk.refund(units("l1", 1))) for _ in range(2)] == [[KEPT], [REINSTATED]]


def test_goods_that_did_not_use_it_neither_bring_it_back_nor_keep_it() -> None:
    desk = a_desk()

    assert outcomes(desk.refund(units("l2", 1))) == [KEPT]
    assert desk.refund(units("l1", 2)).exclusive_discounts == (ExclusiveEffect("birthday", REINSTATED),)


def test_an_adjustment_does_not_return_it() -> None:
    assert outcomes(a_desk().refund(money_only("l1", 54_00))) == [KEPT]


def test_a_unit_that_inspection_rejects_keeps_it_used() -> None:
    desk = a_desk()

    assert outcomes(desk.settle(desk.request(units("l1", 2)), accepted={"l1": 1})) == [KEPT]


def test_units_that_are_only_asked_for_are_not_returned() -> None:
    desk = a_desk()
    desk.request(units("l1", 1))

    assert outcomes(desk.refund(units("l1", 1))) == [KEPT]


def test_one_on_shipping_alone_belongs_to_the_whole_order() -> None:
    on_shipping = a_shipping_discount(5_00, source=DiscountSource.EXCLUSIVE_DISCOUNT, source_id="free shipping")
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 10_00)], [on_shipping], shipping=5_00))

    assert [outcomes(desk.refund(units("l1", 1))), outcomes(desk.refund())] == [[KEPT], [REINSTATED]]


def test_one_on_goods_and_shipping_belongs_to_the_goods() -> None:
    on_shipping = a_shipping_discount(5_00, source=DiscountSource.EXCLUSIVE_DISCOUNT, source_id="birthday")
    both = [an_exclusive_discount(6_00, on_lines=["l1"]), on_shipping]
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 10_00)], both, shipping=5_00))

    assert outcomes(desk.refund(units("l1", 1))) == [REINSTATED]


def test_a_line_from_which_it_took_nothing_did_not_use_it() -> None:
    free_already = a_discount(10_00, on_lines=["l2"])
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 10_00)], [free_already, an_exclusive_discount(3_00)]))

    assert outcomes(desk.refund(units("l1", 1))) == [REINSTATED]


def test_each_of_two_comes_back_with_its_own_goods() -> None:
    both = [an_exclusive_discount(3_00, on_lines=["l1"]), an_exclusive_discount(2_00, discount_id="b", on_lines=["l2"])]
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 10_00)], both))

    assert outcomes(desk.refund(units("l1", 1))) == [REINSTATED, KEPT]


def test_other_discounts_are_not_exclusive() -> None:
    desk = Desk(an_order([a_line(1, 30_00)], [a_discount(3_00)]))

    assert desk.refund().exclusive_discounts == ()


def test_one_that_took_nothing_off_any_line_is_active_again_with_the_whole_order_and_not_before() -> None:
    desk = Desk(an_order([a_line(2, 30_00)], [an_exclusive_discount(0)]))

    assert desk.quote_nothing().exclusive_discounts == (ExclusiveEffect("birthday", KEPT),)
    assert [outcomes(desk.refund(units("l1", 1))) for _ in range(2)] == [[KEPT], [REINSTATED]]


# For all orders, policies and histories


@given(desks(), histories())
def test_it_is_reinstated_at_most_once_and_only_after_all_of_its_lines_are_back(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for discount_id in desk.order.names(DiscountSource.EXCLUSIVE_DISCOUNT):
        effects = [each for one in desk.settled.values() for each in one.exclusive_discounts]
        reinstated = [each for each in effects if each == ExclusiveEffect(discount_id, REINSTATED)]
        assert len(reinstated) <= (0 if desk.is_used_elsewhere(discount_id) else 1)
        assert (
            reinstated
            or desk.is_used_elsewhere(discount_id)
            or not all(_is_back(desk, line.line_id) for line in desk.sale.lines)
        )


def _is_back(desk: Desk, line_id: str) -> bool:
    return not desk.position.line(line_id).unclaimed_units.ranges
