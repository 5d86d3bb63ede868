"""Lines that can't be returned are refused with their reason, unless the merchant is at fault."""

from dataclasses import replace

import pytest

from domain.claims.reasons import Reason
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import OrderStatus, SoldForGood
from domain.sale.snapshots import SnapshotStep, take
from tests.domain.builders import a_line, an_order, cny, money_only, on, sold_for_good, units
from tests.domain.refund_desk import Desk

AT_FAULT = [reason for reason in Reason if reason.is_merchants_fault]


@pytest.mark.parametrize("because", list(SoldForGood))
def test_a_change_of_mind_does_not_bring_back_what_was_sold_for_good(because: SoldForGood) -> None:
    desk = Desk(an_order([a_line(), sold_for_good(because=because)]))

    with pytest.raises(RefundRejected, match=rf"line 'l2' can't be returned \({because}\)") as refused:
        desk.quote(units("l1", 1), units("l2", 1))

    assert refused.value.code is Refusal.LINE_NOT_RETURNABLE


@pytest.mark.parametrize("reason", AT_FAULT)
def test_the_merchants_fault_does(reason: Reason) -> None:
    desk = Desk(an_order([sold_for_good(30_00)]))

    assert desk.quote(units("l1", 1), reason=reason).total == desk.quote(reason=reason).total == cny(30_00)


def test_so_does_a_line_of_which_the_own_reason_stands_for_the_merchants_fault() -> None:
    desk = Desk(an_order([a_line(), sold_for_good(30_00)]))

    refund = desk.refund(units("l1", 1), units("l2", 1), line_reasons={"l2": Reason.QUALITY_ISSUE})
    with pytest.raises(RefundRejected, match=r"line 'l1' can't be returned"):
        Desk(an_order([sold_for_good()])).refund(
            units("l1", 1), reason=Reason.QUALITY_ISSUE, line_reasons={"l1": Reason.CHANGED_MIND}
        )

    assert refund.total == cny(130_00)


def test_everything_left_leaves_it_out() -> None:
    desk = Desk(an_order([a_line(2, 20_00), sold_for_good(30_00)]))

    settlement = desk.refund()

    assert ([claim.line_id for claim in settlement.claims], settlement.total) == (["l1"], cny(40_00))
    assert not settlement.completes_order


def test_where_nothing_else_is_left_everything_left_is_refused_with_the_reason() -> None:
    desk = Desk(an_order([a_line(), sold_for_good(because=SoldForGood.DIGITAL)]))
    desk.refund()

    with pytest.raises(RefundRejected, match=r"line 'l2' can't be returned \(digital\)") as refused:
        desk.quote()

    assert refused.value.code is Refusal.LINE_NOT_RETURNABLE


def test_once_it_came_back_for_the_merchants_fault_nothing_is_left() -> None:
    desk = Desk(an_order([sold_for_good()]))
    desk.refund(reason=Reason.QUALITY_ISSUE)

    with pytest.raises(RefundRejected) as refused:
        desk.quote()

    assert refused.value.code is Refusal.NOTHING_LEFT_TO_REFUND


def test_money_off_it_moves_nothing() -> None:
    assert Desk(an_order([sold_for_good()])).refund(money_only("l1", 5_00)).total == cny(5_00)


def test_an_order_cancelled_before_it_was_sent_has_nothing_to_come_back() -> None:
    order = replace(an_order([sold_for_good(30_00)]), status=OrderStatus.CANCELLED, delivered_at=None)

    assert Desk(order).quote().total == cny(30_00)


def test_a_line_that_can_be_returned_after_all_moves_no_figure() -> None:
    known = an_order([sold_for_good()])
    came = replace(known, lines=tuple(replace(line, sold_for_good=None) for line in known.lines), updated_at=on(9))

    assert take(known, came, is_booked=True).step is SnapshotStep.RENAMED
