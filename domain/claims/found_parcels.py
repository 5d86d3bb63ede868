"""A parcel that was lost on its way to the customer, and came after all: what of it is refunded by then (rule 49)."""

from collections.abc import Sequence

from domain.claims.positions import OrderPosition
from domain.sale.arrivals import batches
from domain.sale.measures import times_of
from domain.sale.shipments import Shipment


def found(known: Sequence[Shipment], now: Sequence[Shipment]) -> tuple[str, ...]:
    """Name the parcels that were lost and have come."""
    lost = {each.shipment_id for each in known if each.is_lost}
    return tuple(each.shipment_id for each in now if each.shipment_id in lost and not each.is_lost)


def refunded_of(position: OrderPosition, shipment_id: str) -> dict[str, int]:
    """Count the units of a parcel that refunds have, by line; of what is measured thousandths."""
    counts: dict[str, int] = {}
    came = batches(position.order, position.sale)
    for line in position.sale.lines:
        free = position.line(line.line_id).free_units
        units = (each.units for each in came[line.line_id] if each.shipment_id == shipment_id)
        if taken := sum(each.count - free.within(each).count for each in units):
            counts[line.line_id] = taken
    return counts


def came_after_all(position: OrderPosition, shipment_id: str) -> str | None:
    """Say for operations what came that is refunded; None where nothing of it is."""
    refunded = refunded_of(position, shipment_id)
    measures = {line.line_id: line.measure for line in position.order.lines}
    what = ", ".join(times_of(count, measures.get(line_id), line_id) for line_id, count in refunded.items())
    came = f"Shipment {shipment_id!r} of order {position.order.order_id!r} was lost and came after all"
    return f"{came}: {what} of it is refunded already, or asked for." if what else None
