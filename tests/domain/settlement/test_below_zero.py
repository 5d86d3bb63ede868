"""What a till writes below zero is taken off the other lines, and goes back with them (rule 47)."""

from dataclasses import replace

import pytest

from domain.claims.reasons import Reason
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import LineKind, Order, OrderLine
from domain.sale.sales import book
from domain.settlement.extras import name_extras, refuse_amounts_of_extras
from tests.domain.builders import a_line, a_part, an_extra, an_order, at_a_total, cny, units
from tests.domain.refund_desk import Desk


def off(total: int, *, tax: int = 0, kind: LineKind = LineKind.GOODS) -> OrderLine:
    """A line that a till wrote for something off."""
    return replace(at_a_total(-total, tax=-tax), kind=kind)


def a_receipt() -> Order:
    """Two articles, a discount line, empties handed in, and a rounding: 27.98 less 3.00, 0.25 and 0.02."""
    return an_order(
        [
            a_line(1, 19_99),
            a_line(1, 7_99),
            off(3_00),
            an_extra(LineKind.DEPOSIT, -25, line_id="empties"),
            an_extra(LineKind.ROUNDING, -2, line_id="rounding"),
        ]
    )


def test_a_receipt_comes_back_line_by_line_to_what_was_paid() -> None:
    desk = Desk(a_receipt())

    parts = [desk.refund(units("l1", 1)).total, desk.refund(units("l2", 1)).total]

    assert parts == [cny(17_66), cny(7_05)]
    assert desk.order.captured == parts[0] + parts[1] == cny(24_71)


def test_a_discount_line_is_no_unit_and_the_order_is_returned_without_it() -> None:
    desk = Desk(a_receipt())

    assert [line.line_id for line in desk.sale.lines] == ["l1", "l2"]
    assert desk.refund().completes_order


def test_it_may_be_written_as_a_price_for_each() -> None:
    two_off = replace(a_line(2, -50), line_id="off")

    assert Desk(an_order([a_line(1, 10_00), two_off])).refund().total == cny(9_00)


def test_one_in_a_bundle_is_taken_off_the_others_of_it() -> None:
    desk = Desk(an_order([a_part(a_line(1, 10_00), "a"), a_line(1, 10_00), a_part(off(4_00), "a")]))

    assert [desk.refund(units("l1", 1)).total, desk.refund(units("l2", 1)).total] == [cny(6_00), cny(10_00)]


def test_its_tax_is_taken_off_the_tax_of_what_it_lowered() -> None:
    lines = [a_line(1, 10_00, tax=1_60), a_line(1, 5_00, tax=80), off(3_00, tax=48)]

    assert [line.tax for line in book(an_order(lines)).lines] == [cny(1_28), cny(64)]


def test_more_tax_than_there_is_can_not_be_taken_off() -> None:
    with pytest.raises(RefundRejected, match="takes 48 off the tax") as refused:
        book(an_order([a_line(1, 10_00, tax=47), off(3_00, tax=48)]))

    assert refused.value.code is Refusal.DISCOUNT_EXCEEDS_LINES


def test_it_is_not_asked_for_and_no_customer_asks_for_an_amount_of_it() -> None:
    desk = Desk(a_receipt())

    with pytest.raises(RefundRejected, match="took off what the other lines cost"):
        name_extras(desk.position, [units("l3", 1)], Reason.QUALITY_ISSUE, {}, Policy())
    with pytest.raises(RefundRejected, match="the merchant's to give"):
        refuse_amounts_of_extras(desk.order, ["l3"])
