"""Parcels in which an order was sent: what is in each, when it came, and what sending it cost (rule 49)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.money.amounts import Money
from domain.sale.measures import Measure, in_words
from domain.sale.units import Units

_NAMED = 20


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """So many units of a line, or thousandths of what it is measured by (rule 48)."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel; times are aware, None where it has not been sent, or has not come, or nobody says that it is lost.

    `amount` is what of the order's shipping was paid for it, `tax` the tax inside; None where nobody says so.
    """

    shipment_id: str
    lines: tuple[ShippedLine, ...]
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    amount: Money | None = None
    tax: Money | None = None
    lost_at: datetime | None = None

    @property
    def is_sent(self) -> bool:
        return any(at is not None for at in (self.shipped_at, self.delivered_at, self.lost_at))

    @property
    def is_lost(self) -> bool:
        """Whether it never came; what came after all is not lost."""
        return self.lost_at is not None and self.delivered_at is None


class ShipmentsContradict(ValueError):
    """Shipments that can't be: the message says what is wrong, and what would be right."""


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """One line of an order, as far as it is sent; services and extras need not be in any parcel."""

    line_id: str
    quantity: int
    needs_sending: bool
    measure: Measure | None = None


def refuse_misfits(
    shipments: Sequence[Shipment], bought: Sequence[BoughtLine], shipping: int, shipping_tax: int
) -> None:
    """Raise ShipmentsContradict where shipments are not of this order: other lines, more units, or other amounts.

    shipping, shipping_tax: what the order's shipping cost and the tax inside, in minor units.

    What parcels cost comes to the order's shipping; to less only as long as something is in no parcel.
    """
    left = {line.line_id: line.quantity for line in bought}
    for shipment in shipments:
        if unknown := [line.line_id for line in shipment.lines if line.line_id not in left]:
            raise ShipmentsContradict(
                f"shipment {shipment.shipment_id!r} names lines that the order does not have: "
                f"{', '.join(sorted(unknown)[:_NAMED])}"
            )
        for line in shipment.lines:
            left[line.line_id] -= line.quantity
    for each in bought:
        if left[each.line_id] < 0:
            shipped = each.quantity - left[each.line_id]
            raise ShipmentsContradict(
                f"{in_words(shipped, each.measure)} of line {each.line_id!r} are in shipments, and "
                f"{in_words(each.quantity, each.measure)} were bought"
            )
    is_all_sent = not any(each.needs_sending and left[each.line_id] for each in bought)
    _refuse_amounts("amount", "shipping", [each.amount for each in shipments], shipping, is_all_sent)
    _refuse_amounts("tax", "shipping tax", [each.tax for each in shipments], shipping_tax, is_all_sent)


def _refuse_amounts(field: str, what: str, said: Sequence[Money | None], whole: int, is_all_sent: bool) -> None:
    known = [each.minor_units for each in said if each is not None]
    if known and (sum(known) > whole or (is_all_sent and sum(known) != whole)):
        raise ShipmentsContradict(
            f"the {field} of the shipments comes to {sum(known)}, and the order's {what} to {whole}: they must be equal"
            + ("" if is_all_sent else ", or less while something is in no shipment")
        )


def merged(known: Sequence[Shipment], came: Sequence[Shipment], *, is_newer: bool) -> tuple[Shipment, ...]:
    """Put together what is known of an order's shipments and what a later snapshot says.

    Those that are known keep their places, so that each unit stays in its parcel; what was sent or has come stays so.
    Only a newer snapshot takes a parcel away, or changes what is in it or what it cost. Raises ShipmentsContradict.
    """
    if not came:
        return tuple(known)
    said = {each.shipment_id: each for each in came}
    kept = [_gone_on(each, said.pop(each.shipment_id, None), is_newer=is_newer) for each in known]
    return (*(each for each in kept if each is not None), *said.values())


def _gone_on(known: Shipment, came: Shipment | None, *, is_newer: bool) -> Shipment | None:
    if came is None:
        return None if is_newer else known
    now = _with_times(came, *(then or before for then, before in zip(_times(came), _times(known), strict=True)))
    if not is_newer and _with_times(now, *_times(known)) != known:
        raise ShipmentsContradict(
            f"shipment {known.shipment_id!r} is known with other lines or amounts: they change with a newer updated_at"
        )
    return now


def _times(shipment: Shipment) -> tuple[datetime | None, datetime | None, datetime | None]:
    """What happens to a parcel: once it is known it stays known."""
    return shipment.shipped_at, shipment.delivered_at, shipment.lost_at


def _with_times(
    shipment: Shipment, shipped_at: datetime | None, delivered_at: datetime | None, lost_at: datetime | None
) -> Shipment:
    return replace(shipment, shipped_at=shipped_at, delivered_at=delivered_at, lost_at=lost_at)


def units_of(shipments: Iterable[Shipment], sold: Mapping[str, Units]) -> tuple[Mapping[str, Units], ...]:
    """Say which of the units that were sold are in which parcel, by line, and last those that are in none.

    A line's first units are in the first parcel that has any of it, and so on. They need not be counted from zero:
    those that refunds had claimed when their line shrank keep their numbers (rule 57).
    """
    left = dict(sold)
    parcels: list[Mapping[str, Units]] = []
    for shipment in shipments:
        parcel: dict[str, Units] = {}
        for line in shipment.lines:
            if line.line_id in left:
                units = left[line.line_id].first(line.quantity)
                left[line.line_id] = left[line.line_id].without(units)
                parcel[line.line_id] = Units.union((parcel.get(line.line_id, Units()), units))
        parcels.append({line_id: units for line_id, units in parcel.items() if units.ranges})
    return (*parcels, {line_id: units for line_id, units in left.items() if units.ranges})
