"""The parcels in which the order of a schedule is sent, and what of them can be asked for (rule 49)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

SENDING = (12, 9)
"""What sending each parcel cost."""


class Sent(StrEnum):
    """In which parcels an order is sent."""

    AT_ONCE = ""
    EACH_LINE = "a parcel for each line"
    SPLIT = "two parcels for each line"


class Came(StrEnum):
    """How the parcels came: of two the first so long ago that its time is over, or the second never."""

    IN_TIME = ""
    TOO_LONG_AGO = "the first too long ago, the second not yet"
    LOST = "the second is lost"


@dataclass(frozen=True, slots=True)
class Parcel:
    """The units of each line that are in it, by their numbers, and what was paid for sending it.

    `beside` is a gift's line that is in it as well: it may come back alone, and is not waited for.
    """

    shipment_id: str
    units: Mapping[str, range]
    cost: int
    beside: str = ""


def parcels_of(sent: Sent, quantities: Mapping[str, int], beside: str = "") -> tuple[Parcel, ...]:
    """Pack lines: what is one unit of a line that is split goes with the second, a gift `beside` with the first."""
    if sent is Sent.AT_ONCE:
        return ()
    halves = [(line_id, quantity // 2, quantity) for line_id, quantity in quantities.items()]
    if sent is Sent.EACH_LINE:
        first = dict.fromkeys(("l1", "l4"))
        halves = [(line_id, count if line_id in first else 0, count) for line_id, _, count in halves]
    packed = (
        {line_id: range(half) for line_id, half, _ in halves},
        {line_id: range(half, whole) for line_id, half, whole in halves},
    )
    filled = [{line_id: units for line_id, units in each.items() if units} for each in packed]
    gifts = beside, ""
    return tuple(
        Parcel(f"s{place}", units, SENDING[place - 1], gifts[place - 1])
        for place, units in enumerate(filled, start=1)
        if units
    )


def turns(parcels: Sequence[Parcel], line_id: str, came: Came, *, goods_come_back: bool) -> Iterator[int]:
    """Say which units of a line are asked for first, and leave out those that can't be asked for.

    What comes back must have been sent, and not be lost. Money alone is first for what never came.
    """
    in_turn = [each.units.get(line_id, range(0)) for each in parcels]
    if came is Came.TOO_LONG_AGO:
        in_turn = in_turn[1:]
    elif came is Came.LOST:
        in_turn = in_turn[:1] if goods_come_back else in_turn[::-1]
    for units in in_turn:
        yield from units


Returned = Mapping[str, frozenset[int]]
"""Units of lines, by their numbers."""


def shipping_back(
    parcels: Sequence[Parcel], returned: Returned, now: Returned, before: Sequence[int], *, is_for_no_fault: bool
) -> tuple[int, ...]:
    """What comes back for sending each parcel, where `now` comes back, and all that is `returned` with it.

    For a fault of the merchant's with the first units of each parcel, for a change of mind with its last; all that is
    left with the last units of the order. `before` is what came back for each already.
    """
    is_all = all(_is_all(each, returned) for each in parcels)
    return tuple(
        each.cost - gone if is_all or (_moves(each, now) and (_is_all(each, returned) or not is_for_no_fault)) else 0
        for each, gone in zip(parcels, before, strict=True)
    )


def _moves(parcel: Parcel, now: Returned) -> bool:
    has_units = any(now.get(line_id, frozenset()) & set(units) for line_id, units in parcel.units.items())
    return has_units or (bool(parcel.beside) and parcel.beside in now)


def _is_all(parcel: Parcel, returned: Returned) -> bool:
    return all(set(units) <= returned.get(line_id, frozenset()) for line_id, units in parcel.units.items())
