"""The parcels of an order: which units are in each, what they may say, and what a later snapshot changes (rule 49)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.sale.arrivals import Arrival, batches
from domain.sale.measures import Measure
from domain.sale.orders import LineKind, Order, OrderStatus
from domain.sale.sales import book
from domain.sale.shipments import ShipmentsContradict, refuse_misfits
from domain.sale.snapshots import SnapshotRefused, SnapshotStep, take
from domain.sale.units import Units
from tests.domain.builders import a_line, a_parcel, an_extra, an_order, cny, on
from tests.domain.strategies import orders


def refuse(order: Order) -> None:
    refuse_misfits(order.shipments, order.bought, order.shipping.amount.minor_units, order.shipping.tax.minor_units)


def sent(*parcels: object, **order: object) -> Order:
    """Three kettles and a pot, with shipping of 10.00, sent in these parcels and not delivered as a whole."""
    lines = [a_line(3, 50_00), a_line(1, 30_00)]
    known = an_order(lines, shipping=10_00, shipping_tax=1_60)
    return replace(known, delivered_at=None, status=OrderStatus.SHIPPED, shipments=parcels, **order)  # type: ignore[arg-type]


# What fits


@pytest.mark.parametrize(
    ("parcels", "told"),
    [
        ([a_parcel("s1", {"l9": 1, "l8": 1})], "^shipment 's1' names lines that the order does not have: l8, l9$"),
        ([a_parcel("s1", {"l1": 2}), a_parcel("s2", {"l1": 2})], "4 of line 'l1' are in shipments, and 3 were bought"),
        (
            [a_parcel("s1", {"l1": 3, "l2": 1}, amount=9_99)],
            "^the amount of the shipments comes to 999, and the order's shipping to 1000: they must be equal$",
        ),
        (
            [a_parcel("s1", {"l1": 3}, amount=10_01)],
            "comes to 1001, .*: they must be equal, or less while something is in no shipment$",
        ),
        (
            [a_parcel("s1", {"l1": 3, "l2": 1}, amount=10_00, tax=1_61)],
            "^the tax of the shipments comes to 161, and the order's shipping tax to 160: they must be equal$",
        ),
    ],
)
def test_parcels_that_are_not_of_the_order_are_refused(parcels: list[object], told: str) -> None:
    with pytest.raises(ShipmentsContradict, match=told):
        refuse(sent(*parcels))


def test_more_than_was_weighed_is_refused_as_it_was_weighed() -> None:
    weighed = replace(a_line(400, 7_96), measure=Measure("kg"), unit_price=None, total=cny(7_96))
    order = replace(an_order([weighed]), shipments=(a_parcel("s1", {"l1": 417}),))

    with pytest.raises(ShipmentsContradict, match=r"^0\.417 kg of line 'l1' are in shipments, and 0\.4 kg were bought"):
        refuse(order)


def test_parcels_may_cost_less_than_the_shipping_while_something_is_still_to_be_sent() -> None:
    refuse(sent(a_parcel("s1", {"l1": 3}, amount=6_00, tax=90)))
    refuse(sent(a_parcel("s1", {"l1": 3, "l2": 1}, amount=10_00, tax=1_60)))
    refuse(sent(a_parcel("s1", {"l1": 3, "l2": 1})))


def test_a_service_and_a_fee_are_in_no_parcel() -> None:
    service = replace(a_line(), kind=LineKind.SERVICE)
    known = an_order([a_line(), service, an_extra(LineKind.FEE, 5_00)], shipping=10_00)
    order = replace(known, delivered_at=None, shipments=(a_parcel("s1", {"l1": 1}, amount=10_00),))

    refuse(order)
    with pytest.raises(ShipmentsContradict):
        refuse(replace(order, shipments=(a_parcel("s1", {"l1": 1}, amount=9_00),)))
    assert [(each.arrival, each.since) for each in batches(order, book(order))["l2"]] == [
        (Arrival.ARRIVED, order.paid_at)
    ]


@given(orders())
def test_generated_parcels_fit_and_hold_every_unit_once(order: Order) -> None:
    refuse(order)

    for line in order.lines:
        if not line.is_below_zero:
            of_line = [each.units for each in batches(order, book(order))[line.line_id]]
            assert sum(each.count for each in of_line) == line.quantity
            assert Units.union(of_line) == Units.of_line(line.quantity)


# When units came


def test_each_unit_came_with_its_own_parcel() -> None:
    order = sent(
        a_parcel("s1", {"l1": 2}, delivered=3), a_parcel("s2", {"l1": 1}), a_parcel("s3", {"l2": 1}, shipped=None)
    )

    known = batches(order, book(order))

    assert [(each.units.count, each.arrival, each.since) for each in known["l1"]] == [
        (2, Arrival.ARRIVED, on(3)),
        (1, Arrival.ON_THE_WAY, None),
    ]
    assert [(each.arrival, each.shipment_id) for each in known["l2"]] == [(Arrival.NOT_SENT, "s3")]


def test_a_parcel_that_is_lost_never_came_whatever_the_order_says_unless_it_came_after_all() -> None:
    lost = replace(a_parcel("s1", {"l1": 3}), lost_at=on(6))
    order = replace(sent(lost), delivered_at=on(5))
    found = replace(order, shipments=(replace(lost, delivered_at=on(8)),))

    assert [(each.arrival, each.since) for each in batches(order, book(order))["l1"]] == [(Arrival.LOST, None)]
    assert [(each.arrival, each.since) for each in batches(found, book(found))["l1"]] == [(Arrival.ARRIVED, on(8))]


def test_where_no_parcel_says_when_it_came_the_orders_own_delivery_counts() -> None:
    order = replace(sent(a_parcel("s1", {"l1": 3})), delivered_at=on(5))

    assert [each.since for of_line in batches(order, book(order)).values() for each in of_line] == [on(5), on(5)]


def test_an_order_without_parcels_came_at_once() -> None:
    order = sent()

    assert [(each.arrival, each.since) for each in batches(order, book(order))["l1"]] == [
        (Arrival.ARRIVED, order.paid_at)
    ]


# Later snapshots


S1, S2 = a_parcel("s1", {"l1": 2}, amount=6_00), a_parcel("s2", {"l1": 1, "l2": 1}, amount=4_00)


def later(known: Order, came: Order) -> Order:
    return take(known, came, is_booked=True).order


def test_a_parcel_joins_those_that_are_known_and_a_delivery_stays_known() -> None:
    known = later(sent(S1), sent(replace(S1, delivered_at=on(4)), S2))
    known = later(known, sent(S2, S1))

    assert known.shipments == (replace(S1, delivered_at=on(4)), S2)
    assert later(known, sent()).shipments == later(known, sent(S2)).shipments == known.shipments
    assert later(known, sent(replace(S1, shipped_at=None))).shipments == known.shipments
    assert take(known, sent(S2), is_booked=True).step is SnapshotStep.KNOWN


def test_a_parcel_that_is_lost_stays_lost_without_a_newer_snapshot() -> None:
    known = later(sent(S1), sent(replace(S1, lost_at=on(6))))

    assert known.shipments[0].is_lost and known.shipments[0].is_sent
    assert later(known, sent(S1)).shipments == known.shipments
    assert not later(known, sent(replace(S1, delivered_at=on(8)))).shipments[0].is_lost


def test_what_is_in_a_parcel_and_what_it_cost_changes_with_a_newer_snapshot_only() -> None:
    known, other = sent(S1, updated_at=on(5)), replace(S1, amount=5_00 and cny(5_00))

    with pytest.raises(SnapshotRefused, match="'s1' is known with other lines or amounts"):
        later(known, sent(other))
    assert later(known, sent(other, updated_at=on(6))).shipments == (other,)
    assert later(known, sent(S2, updated_at=on(6))).shipments == (S2,)


def test_lines_that_no_longer_hold_what_was_sent_need_other_parcels() -> None:
    fewer = replace(sent(updated_at=on(6)), lines=(a_line(1, 180_00, line_id="l1"),))

    with pytest.raises(SnapshotRefused, match="2 of line 'l1' are in shipments, and 1 were bought; say all shipments"):
        later(sent(S1), fewer)


def test_a_parcel_that_was_sent_says_that_the_order_was() -> None:
    waiting = replace(sent(a_parcel("s1", {"l1": 1}, shipped=None)), status=OrderStatus.CANCELLED)

    assert waiting.is_kept_from_sending
    assert not replace(waiting, shipments=(S1,)).is_kept_from_sending
