"""What a later snapshot of an order means: nothing new, a step on its way, or a new version of it (rule 57)."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum

from domain.sale.guests import Guest
from domain.sale.orders import Order, OrderLine, OrderStatus
from domain.sale.shipments import Shipment, ShipmentsContradict, merged, refuse_misfits

_ON_ITS_WAY = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)

_FIGURES = (
    *("lines", "shipping", "discounts", "payments", "owed", "bundles"),
    *("points_earned", "earned_lots", "rewards"),
)
_FOR_GOOD = ("currency", "paid_at")


class SnapshotRefused(Exception):
    """An order never changes its owner, and a booked one is not sold differently by a snapshot without a newer time."""


class SnapshotStep(StrEnum):
    """`older` changes nothing; `known` moves no figure; `renamed` and `resold` are new versions of a booked order."""

    NEW = "new"
    OLDER = "older"
    KNOWN = "known"
    RENAMED = "renamed"
    RESOLD = "resold"


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """What is to be stored, and what kind of change that is."""

    order: Order
    step: SnapshotStep


def take(known: Order | None, came: Order, *, is_booked: bool) -> SnapshotTaken:
    """Judge a snapshot by what is known of its order.

    A delivery that is known stays known, whatever comes late, and so does each parcel's (rule 49); without a newer
    `updated_at` a status goes forward only. What a booked order came to, used, earned and granted changes only with a
    newer `updated_at`; its currency never does, nor when it was paid. What it granted stays granted: that goes back
    with the goods, by a refund. A campaign's reward that it no longer earns is taken back with the customer's next
    refund (rule 23). Raises SnapshotRefused.
    """
    if known is None:
        return SnapshotTaken(came, SnapshotStep.NEW)
    if came.customer_id != known.customer_id:
        raise SnapshotRefused(f"order {came.order_id!r} belongs to another customer or guest")
    if _is_older(came, known):
        return SnapshotTaken(known, SnapshotStep.OLDER)
    order = _merged(known, came)
    if came.updated_at is not None and came.updated_at == known.updated_at and not _says_the_same(order, known):
        raise SnapshotRefused(
            f"order {came.order_id!r} is known with the same updated_at and says something else: say a newer updated_at"
        )
    return SnapshotTaken(order, _judge_booked(known, order) if is_booked else SnapshotStep.KNOWN)


def differing(known: Order, came: Order) -> list[str]:
    """Name what of an order is another now; a guest is written in several ways."""
    names = [each.name for each in fields(Order) if each.name != "guest"]
    changed = [name for name in names if getattr(known, name) != getattr(came, name)]
    return changed if _reached(known.guest) == _reached(came.guest) else [*changed, "guest"]


def _reached(guest: Guest | None) -> tuple[str | None, ...]:
    told = guest and guest.in_one_form
    return (told.email, told.phone) if told else ()


def _says_the_same(order: Order, known: Order) -> bool:
    """Whether two snapshots are one; a guest is written in several ways, and may have an account by now."""
    guests = [each.guest.in_one_form for each in (order, known) if each.guest is not None]
    return len(set(guests)) <= 1 and replace(order, guest=known.guest) == known


def _is_older(came: Order, known: Order) -> bool:
    return came.updated_at is not None and known.updated_at is not None and came.updated_at < known.updated_at


def _is_newer(came: Order, known: Order) -> bool:
    return came.updated_at is not None and (known.updated_at is None or came.updated_at > known.updated_at)


def _merged(known: Order, came: Order) -> Order:
    """A late snapshot takes nothing away that is known of the order's way to its customer."""
    both_on_their_way = known.status in _ON_ITS_WAY and came.status in _ON_ITS_WAY
    goes_back = both_on_their_way and _ON_ITS_WAY.index(came.status) < _ON_ITS_WAY.index(known.status)
    return replace(
        came,
        status=known.status if goes_back and not _is_newer(came, known) else came.status,
        delivered_at=came.delivered_at or known.delivered_at,
        updated_at=came.updated_at or known.updated_at,
        was_sent=known.is_sent if came.status is OrderStatus.CANCELLED else known.was_sent,
        guest=came.guest or known.guest,
        shipments=_shipments(known, came),
    )


def _shipments(known: Order, came: Order) -> tuple[Shipment, ...]:
    """What is known of its parcels, gone on by what came; they fit the order as it came."""
    try:
        shipments = merged(known.shipments, came.shipments, is_newer=_is_newer(came, known))
        shipping = came.shipping.amount.minor_units, came.shipping.tax.minor_units
        refuse_misfits(shipments, came.bought, *shipping)
    except ShipmentsContradict as contradiction:
        raise SnapshotRefused(
            f"order {came.order_id!r} has shipments: {contradiction}; say all shipments, with a newer updated_at"
        ) from contradiction
    return shipments


def _judge_booked(known: Order, came: Order) -> SnapshotStep:
    if not came.is_sold:
        raise SnapshotRefused(f"order {came.order_id!r} is booked as paid: its status can't be {came.status} any more")
    different = [name for name in (*_FOR_GOOD, *_FIGURES) if getattr(known, name) != getattr(came, name)]
    changed = list(dict.fromkeys("points_earned" if name == "earned_lots" else name for name in different))
    if known.paid_at is None and came.sold_at != known.sold_at and "paid_at" not in changed:
        changed.append("placed_at")
    if not changed:
        return SnapshotStep.KNOWN
    if not _is_newer(came, known):
        raise SnapshotRefused(
            f"order {came.order_id!r} is booked as paid: {', '.join(changed)} can't change without a newer updated_at; "
            "status, placed_at, delivered_at, shipments and metadata can"
        )
    is_paid_now = known.paid_at is None  # it was sold to be paid later (rule 50)
    for_good = [name for name in changed if name in _FOR_GOOD and not (name == "paid_at" and is_paid_now)]
    if known.rewards != came.rewards[: len(known.rewards)]:
        for_good.append("rewards that it granted (more of them can be added behind them)")
    if not _have_the_same_terms(known, came):
        for_good.append("terms of points_earned (their points can, and more lots can be added behind them)")
    if for_good:
        raise SnapshotRefused(
            f"order {came.order_id!r} is booked as paid: {', '.join(for_good)} can't change any more: "
            "refund what changed, and sell it anew as another order"
        )
    return SnapshotStep.RENAMED if _without_names(known) == _without_names(came) else SnapshotStep.RESOLD


def _have_the_same_terms(known: Order, came: Order) -> bool:
    """Whether each lot of points that was earned is for the same lines, ends when it did, and is as fixed as it was."""
    earned, now = (
        [(lot.line_ids, lot.expires_at, lot.is_fixed) for lot in order.earned_lots] for order in (known, came)
    )
    was_a_number = not earned and known.points_earned > 0
    return not now if was_a_number else earned == now[: len(earned)]


def _without_names(order: Order) -> Order:
    """The order's figures alone: names are for people, and a line costs the same whichever way its price is written."""
    return replace(
        order,
        lines=tuple(map(_line_without_names, order.lines)),
        payments=tuple(replace(payment, instrument="") for payment in order.payments),
        status=OrderStatus.PAID,
        placed_at=order.sold_at,
        delivered_at=None,
        updated_at=None,
        metadata=(),
        guest=None,
        shipments=(),
    )


def _line_without_names(line: OrderLine) -> OrderLine:
    measure = replace(line.measure, is_text=True) if line.measure else None
    bare = replace(line, name="", sku="", category="", sold_for_good=None, measure=measure)
    return replace(bare, unit_price=None, total=line.gross)
