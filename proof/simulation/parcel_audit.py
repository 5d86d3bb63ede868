"""What came back for the parcels of an order, by the rules alone (rules 8 and 49)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from proof.simulation.books import Books
from proof.simulation.extras import units_back
from proof.simulation.parcels import Came
from proof.simulation.refund_book import RefundBook


def audit_parcels(books: Books, returned: Sequence[RefundBook], *, was_released: bool) -> Iterator[str]:
    """List what is wrong: sending each parcel is paid back once, and nothing is refunded that can't be asked for.

    A refund that is settled counts: where it is released after all, another has come without it, or as the last one.
    """
    kind = books.scenario.kind
    came = Counter(
        (line_id, unit) for each in returned for line_id, units in units_back(each).items() for unit in units
    )
    for (line_id, unit), times in came.items():
        if times > 1:
            yield f"unit {unit} of {line_id} came back {times} times"
    for place, parcel in enumerate(books.wares.parcels):
        in_it = {(line_id, unit) for line_id, units in parcel.units.items() for unit in units}
        moved = in_it | {(parcel.beside, 0)}
        is_due = bool(moved & came.keys()) if not kind.is_for_no_fault else in_it <= came.keys()
        due = parcel.cost if is_due else 0
        back = [each.settled.shipping for each in returned if each.settled is not None]
        got = sum(each[place] for each in back if place < len(each))  # one that came with a version is newer than some
        if got != due and not (was_released and got in (0, parcel.cost)):
            yield f"{got} came back for sending {parcel.shipment_id}, instead of {due}"
        if in_it & came.keys() and place != _may_come(books, place):
            yield f"something of {parcel.shipment_id} is refunded, and {kind.came}"


def _may_come(books: Books, place: int) -> int:
    """The parcel itself, or the other one where nothing of this one can be asked for."""
    kind = books.scenario.kind
    if kind.came is Came.TOO_LONG_AGO:
        return 1
    is_lost = kind.came is Came.LOST and not books.is_parcel_found
    return 0 if is_lost and books.scenario.goods_come_back else place
