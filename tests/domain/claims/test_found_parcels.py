"""A parcel that was lost and came after all: operations are told what of it is refunded (rule 49)."""

from dataclasses import replace

from domain.claims.found_parcels import came_after_all, found
from domain.claims.live_refunds import LiveRefund
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.sale.measures import Measure
from domain.sale.orders import Order
from domain.sale.sales import book
from tests.domain.builders import a_line, a_parcel, an_order, cny, on, units
from tests.domain.refund_desk import Desk

LOST = replace(a_parcel("s2", {"l1": 2}), lost_at=on(6))
CAME = replace(LOST, delivered_at=on(9))


def an_order_in_two_parcels() -> Order:
    return replace(an_order([a_line(3, 10_00)]), shipments=(a_parcel("s1", {"l1": 1}, delivered=4), CAME))


def refunded(order: Order, count: int) -> OrderPosition:
    sale = book(order)
    claims = OrderPosition(order, sale, ()).claim([units("l1", count)], Reason.DELIVERY_ERROR)
    return OrderPosition(order, sale, (LiveRefund("rf", claims, cny(0), cny(0), 0, ()),))


def test_what_was_lost_and_has_come_is_found_and_nothing_else_is() -> None:
    other = a_parcel("s1", {"l1": 1})

    assert found([other, LOST], [replace(other, delivered_at=on(4)), CAME]) == ("s2",)
    assert found([other, LOST], [other, LOST]) == ()
    assert found([CAME], [CAME]) == ()


def test_operations_read_what_of_it_is_refunded() -> None:
    order = an_order_in_two_parcels()

    said = came_after_all(refunded(order, 2), "s2")

    assert said == (
        "Shipment 's2' of order 'o1' was lost and came after all: 1 × l1 of it is refunded already, or asked for."
    )
    assert came_after_all(refunded(order, 1), "s2") is None


def test_operations_read_each_line_of_it_in_its_unit() -> None:
    lines = [a_line(2), replace(a_line(500, line_id="l2"), measure=Measure("kg"))]
    order = an_order(lines)
    order = replace(order, shipments=(a_parcel("gone", {"l1": 2, "l2": 500}, delivered=9),))
    desk = Desk(order)
    desk.request(units("l1", 1), units("l2", 400), reason=Reason.DELIVERY_ERROR)

    told = came_after_all(desk.position, "gone")

    assert told is not None and told.endswith(
        "came after all: 1 × l1, 0.4 kg of l2 of it is refunded already, or asked for."
    )
