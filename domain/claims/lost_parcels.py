"""Of several return parcels some may be lost on their way back: what a reviewer says of their goods (rules 12 and 31).

Units by line, of what is measured thousandths (rule 48).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class LostParcel:
    """What was in a parcel that is lost; `is_paid` is what a reviewer has decided about it, None: nobody has yet."""

    lines: tuple[tuple[str, int], ...]
    is_paid: bool | None = None


def is_asked_about(lost: Iterable[LostParcel]) -> bool:
    """Tell whether a reviewer is yet to decide about any of them."""
    return any(each.is_paid is None for each in lost)


def decided(lost: Iterable[LostParcel], *, is_paid: bool) -> tuple[LostParcel, ...]:
    """Decide about those that nobody has decided about."""
    return tuple(replace(each, is_paid=is_paid) if each.is_paid is None else each for each in lost)


def without_the_lost(missing: Mapping[str, int], lost: Iterable[LostParcel]) -> dict[str, int]:
    """Count what is still to come: what has not arrived, less what is lost."""
    units = _units(lost)
    return {line_id: count - units[line_id] for line_id, count in missing.items() if count > units[line_id]}


def paid_though_lost(lost: Iterable[LostParcel], missing: Mapping[str, int]) -> dict[str, int]:
    """Count what is paid although it is lost; what has come after all is inspected like everything else."""
    paid = _units(each for each in lost if each.is_paid)
    units = {line_id: min(count, missing.get(line_id, 0)) for line_id, count in paid.items()}
    return {line_id: count for line_id, count in units.items() if count}


def with_the_lost(
    accepted: Iterable[tuple[str, int]], lost: Iterable[LostParcel], missing: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    """Add to what an inspection accepted what is paid although it is lost: that is what the refund is settled for.

    `missing` was not inspected.
    """
    units = Counter(dict(accepted))
    units.update(paid_though_lost(lost, missing))
    return tuple(units.items())


def _units(lost: Iterable[LostParcel]) -> Counter[str]:
    units: Counter[str] = Counter()
    for each in lost:
        units.update(dict(each.lines))
    return units
