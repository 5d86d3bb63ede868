"""The lines of a scenario's order as a merchant's system sends them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.money.amounts import Money
from domain.policy import LineKindRefund, Policy
from domain.sale.bundles import Bundle, PartsComeBack
from domain.sale.measures import Measure, as_said
from domain.sale.orders import LineKind, OrderLine
from domain.sale.shipments import Shipment, ShippedLine
from proof.simulation.parcels import Came, Parcel
from proof.simulation.scenario import Scenario
from proof.simulation.wares import BUNDLE, EXTRA, PART, ROUNDED, ROUNDED_BY, Parts, Ware, Wares

_KILOGRAMS = Measure("kg")


def lines_of(scenario: Scenario, wares: Wares) -> tuple[OrderLine, ...]:
    """Spell out what was sold, each line by its total but for plain units."""
    kind = scenario.kind
    own = {"l1", PART, EXTRA} if kind.parts else set()
    lines = [_line(each, LineKind.GOODS, own) for each in wares.units.values()]
    if wares.extra is not None:
        lines.append(_line(wares.extra, LineKind(kind.extra), own))
    if kind.is_rounded:
        below_zero = Ware(ROUNDED, 1, -ROUNDED_BY, -ROUNDED_BY)
        lines.append(_line(below_zero, LineKind.ROUNDING, set()))
    return tuple(lines)


def _line(ware: Ware, kind: LineKind, of_bundle: set[str]) -> OrderLine:
    is_plain = ware.gross % ware.quantity == 0 and not ware.is_measured
    return OrderLine(
        ware.line_id,
        f"sku-{ware.line_id}",
        ware.line_id,
        ware.quantity,
        _cny(ware.gross // ware.quantity) if is_plain else None,
        _cny(0),
        False,
        total=None if is_plain else _cny(ware.gross),
        kind=kind,
        measure=_KILOGRAMS if ware.is_measured else None,
        bundle_id=BUNDLE if ware.line_id in of_bundle else "",
    )


def bundles_of(scenario: Scenario) -> tuple[Bundle, ...]:
    return (Bundle(BUNDLE, PartsComeBack(scenario.kind.parts)),) if scenario.kind.parts is not Parts.NO_BUNDLE else ()


def shipments_of(
    scenario: Scenario, parcels: Sequence[Parcel], at: datetime, found_at: datetime | None
) -> tuple[Shipment, ...]:
    """Spell out the parcels: first came a day or three before `at`, the second after it, or never; a third later."""
    came, day = scenario.kind.came, timedelta(days=1)
    arrived = [at - 3 * day if came is Came.TOO_LONG_AGO else at - 2 * day, None if came else at - day, None]
    if came is Came.LOST:
        arrived[1] = found_at
    return tuple(
        Shipment(
            each.shipment_id,
            (
                *(ShippedLine(line_id, len(units)) for line_id, units in each.units.items()),
                *(ShippedLine(gift, 1) for gift in filter(None, [each.beside])),
            ),
            shipped_at=at - 3 * day,
            delivered_at=arrived[int(each.shipment_id[1:]) - 1],
            amount=_cny(each.cost),
            tax=_cny(0),
            lost_at=at - day if came is Came.LOST and each.shipment_id == "s2" else None,
        )
        for each in parcels
    )


def kinds_back() -> dict[LineKind, LineKindRefund]:
    """The policy's defaults, but gift wrap always comes back."""
    return {**Policy().line_kind_refund, LineKind.GIFT_WRAP: LineKindRefund.ALWAYS}


def said(scenario: Scenario, line_id: str, count: int) -> int | str:
    """Write how much of a line is meant, as people do."""
    is_measured = line_id in scenario.wares.units and scenario.wares.units[line_id].is_measured
    return as_said(count, _KILOGRAMS if is_measured else None)


def _cny(amount: int) -> Money:
    return Money("CNY", amount)
