"""When the units of an order came to their customer, parcel by parcel (rule 49)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.sale.orders import LineKind, Order
from domain.sale.sales import Sale
from domain.sale.shipments import Shipment, units_of
from domain.sale.units import Units


class Arrival(StrEnum):
    """How far units are on their way to the customer."""

    ARRIVED = "arrived"
    ON_THE_WAY = "on_the_way"
    LOST = "lost"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class UnitBatch:
    """Units of one line that came together, or are to come.

    `since` is when their time to be returned began, None where it has not begun. `shipment_id` is None for what is in
    no parcel.
    """

    units: Units
    arrival: Arrival
    since: datetime | None
    shipment_id: str | None = None


def batches(order: Order, sale: Sale) -> Mapping[str, Sequence[UnitBatch]]:
    """Part every line of an order into what came together; its units are those of its sale.

    Without shipments all units came at once, on the day of delivery; where that is not known their time begins with
    the payment (rule 29). With shipments it begins with each parcel's delivery. The order's own delivery counts where
    no parcel has one, and for what is in no parcel; not for a parcel that is lost. A service needs none.
    """
    sold = {line.line_id: line.all_units for line in (*sale.lines, *sale.extras)}
    came_at_once = order.delivered_at or order.sold_at
    if not order.shipments:
        return {line_id: [UnitBatch(units, Arrival.ARRIVED, came_at_once)] for line_id, units in sold.items()}
    services = {line.line_id for line in order.lines if line.kind is LineKind.SERVICE}
    by_line: dict[str, list[UnitBatch]] = defaultdict(list)
    *parcels, rest = units_of(order.shipments, sold)
    is_each_known = any(shipment.delivered_at for shipment in order.shipments)
    for shipment, parcel in zip(order.shipments, parcels, strict=True):
        since = shipment.delivered_at if is_each_known or shipment.is_lost else order.delivered_at
        for line_id, units in parcel.items():
            by_line[line_id].append(UnitBatch(units, _arrival(shipment, since), since, shipment.shipment_id))
    for line_id, units in rest.items():
        since = came_at_once if line_id in services else order.delivered_at
        by_line[line_id].append(UnitBatch(units, Arrival.NOT_SENT if since is None else Arrival.ARRIVED, since))
    return by_line


def as_known(then: Order, now: Order) -> Order:
    """Return an order as it was sold then, with the deliveries that are known of it and of its parcels now."""
    come = {shipment.shipment_id: shipment for shipment in now.shipments}
    parcels = (_come(shipment, come.get(shipment.shipment_id, shipment)) for shipment in then.shipments)
    return replace(then, delivered_at=now.delivered_at, shipments=tuple(parcels))


def _come(then: Shipment, now: Shipment) -> Shipment:
    return replace(then, shipped_at=now.shipped_at, delivered_at=now.delivered_at, lost_at=now.lost_at)


def _arrival(shipment: Shipment, since: datetime | None) -> Arrival:
    if since is not None:
        return Arrival.ARRIVED
    if shipment.is_lost:
        return Arrival.LOST
    return Arrival.ON_THE_WAY if shipment.is_sent else Arrival.NOT_SENT
