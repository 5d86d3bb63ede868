"""Whether a unit is asked for in time its own delivery decides, whatever its order becomes (rules 29, 49 and 57)."""

from dataclasses import replace

import pytest

from domain.claims.claims import Claim
from domain.claims.found_parcels import refunded_of
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.claims.returns import is_in_window, refuse_if_too_late
from domain.deadlines import never_closed
from domain.policy import OutsideWindow, Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.arrivals import as_known
from domain.sale.orders import Order
from domain.sale.sales import book
from domain.sale.shipments import Shipment
from domain.settlement.what_if import replay
from tests.domain.builders import a_line, a_parcel, an_order, cny, on, units
from tests.domain.edited_orders import sold_as
from tests.domain.refund_desk import Desk

REVIEWED, LATE = Policy(outside_window=OutsideWindow.REVIEW), on(20, 12)


def shrunk() -> tuple[Desk, str]:
    """Of five units the last one is in a refund, and two are left: its number is above what its line has."""
    desk = Desk(replace(an_order([a_line(5, 10_00), a_line(1, 5_00)]), delivered_at=on(3)))
    released, kept = desk.request(units("l1", 4)), desk.request(units("l1", 1))
    desk.release(released)
    desk.put(sold_as(desk, [a_line(2, 10_00), a_line(1, 5_00)]))
    return desk, kept


def is_late(desk: Desk, claims: tuple[Claim, ...]) -> bool:
    return not is_in_window(desk.order, desk.sale, REVIEWED, LATE, never_closed, claims)


def test_a_unit_that_is_asked_for_too_late_is_late_although_its_line_has_fewer_units_now() -> None:
    desk, late = shrunk()

    assert is_late(desk, desk.claims_of(late))


def test_a_unit_that_was_given_up_is_refused_when_it_is_asked_for_again_too_late() -> None:
    desk, refund = shrunk()
    desk.release(refund)
    desk.request(units("l1", 1))
    again = desk.claims_of(desk.request(units("l1", 1)))

    with pytest.raises(RefundRejected) as refused:
        refuse_if_too_late(desk.order, desk.sale, Policy(), LATE, never_closed, again)

    assert refused.value.code is Refusal.OUTSIDE_RETURN_WINDOW and is_late(desk, again)


def test_a_parcel_that_is_told_of_later_has_the_unit_and_brings_its_shipping() -> None:
    desk = Desk(an_order([a_line(5, 10_00), a_line(1, 5_00)], shipping=7_00))
    released, kept = desk.request(units("l1", 4)), desk.request(units("l1", 1))
    desk.release(released)
    desk.put(sold_as(desk, [a_line(2, 10_00), a_line(1, 5_00)]))
    parcels = (a_parcel("s1", {"l1": 1, "l2": 1}, delivered=4, amount=3_00), a_parcel("s2", {"l1": 1}, amount=4_00))
    desk.put(sold_as(desk, shipments=parcels))

    assert [refunded_of(desk.position, name) for name in ("s1", "s2")] == [{}, {"l1": 1}]
    desk.release(kept)
    both = [desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE) for _ in range(2)]
    assert [each.shipping for each in both] == [cny(3_00), cny(4_00)]


def test_another_line_is_added_although_a_unit_has_a_number_above_what_its_line_has() -> None:
    desk, late = shrunk()
    desk.put(sold_as(desk, shipments=(a_parcel("s1", {"l1": 2, "l2": 1}, delivered=4),)))

    desk.put(sold_as(desk, [*desk.order.lines, a_line(1, 3_00, line_id="l9")]))

    assert desk.settle(late).total == cny(10_00)


# What was asked for is judged by the parcels in which it was then


EARLY, RECENT = a_parcel("early", {"l1": 2}, delivered=3), a_parcel("recent", {"l1": 3}, delivered=28)


def sent(*parcels: Shipment) -> Order:
    return replace(an_order([a_line(5, 10_00)]), delivered_at=None, shipments=parcels)


def test_a_unit_is_late_by_its_own_parcel_although_the_order_has_that_parcel_no_more() -> None:
    desk = Desk(sent(EARLY, RECENT), REVIEWED)
    asked = desk.claims_of(desk.request(units("l1", 1)))
    then, sold = desk.order, desk.sale
    desk.put(replace(sold_as(desk, [a_line(3, 10_00)]), shipments=(RECENT,)))

    assert is_in_window(desk.order, desk.sale, REVIEWED, LATE, never_closed, asked)
    assert not is_in_window(as_known(then, desk.order), sold, REVIEWED, LATE, never_closed, asked)


def test_a_delivery_that_is_told_of_later_counts_for_what_was_asked_for_before() -> None:
    on_its_way = a_parcel("recent", {"l1": 3})
    then = sent(EARLY, on_its_way)
    position = OrderPosition(then, book(then), ())
    claims = (position.line("l1").claim_units(5),)
    now = replace(then, shipments=(EARLY, RECENT), delivered_at=on(28))

    known = as_known(then, now)

    assert known.shipments == now.shipments and known.delivered_at == on(28)
    assert as_known(now, replace(now, shipments=())).shipments == now.shipments
    assert not is_in_window(known, position.sale, REVIEWED, LATE, never_closed, claims)


def test_a_draft_that_rejects_what_is_late_would_have_refused_it_although_its_line_shrank() -> None:
    desk, late = shrunk()
    desk.settle(late)
    past = [replace(each, asked_at=LATE) for each in desk.past]

    (one,) = replay(desk.order, desk.sale, past, Policy(), never_closed)

    assert one.refusal is Refusal.OUTSIDE_RETURN_WINDOW
