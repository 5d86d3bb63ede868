"""A parcel that arrives after its refund was paid: what it changes (rule 31)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.sale.measures import Measure, times_of


@dataclass(frozen=True, slots=True)
class Awaited:
    """Units of one line of a refund that is over: asked for, arrived so far, and paid; of a measure, thousandths."""

    line_id: str
    requested: int
    arrived: int
    paid: int
    measure: Measure | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Units that came after the end: those that were paid already, and those for which nothing was."""

    line_id: str
    paid: int
    unpaid: int
    measure: Measure | None = None

    def __str__(self) -> str:
        paid, unpaid = (times_of(count, self.measure, self.line_id) for count in (self.paid, self.unpaid))
        said = [f"{paid} that the refund has paid for"] if self.paid else []
        if self.unpaid:
            said.append(f"{unpaid} that nothing was paid for: ask for another refund of it")
        return "; ".join(said)


def still_awaited(awaited: Iterable[Awaited]) -> dict[str, int]:
    """Count the units of each line that were asked for and never came."""
    return {each.line_id: each.requested - each.arrived for each in awaited if each.requested > each.arrived}


def arrived_after_the_end(awaited: Iterable[Awaited], received: Mapping[str, int]) -> tuple[Arrived, ...]:
    """Say what units mean that came now: the first of them are those that were paid although they had not come."""
    came: list[Arrived] = []
    for each in awaited:
        if count := received.get(each.line_id, 0):
            paid = min(count, max(each.paid - each.arrived, 0))
            came.append(Arrived(each.line_id, paid, count - paid, each.measure))
    return tuple(came)
