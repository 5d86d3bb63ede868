"""Counting quantities as they came over the wire (rule 48)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.claims.positions import LineRequest
from domain.money.amounts import Money
from domain.sale.measures import Measure, count_of
from domain.sale.orders import Order
from service import refused


class LineSaid(Protocol):
    """What is said of one line: so much of it, or an amount off it in minor units of the order's currency."""

    @property
    def line_id(self) -> str: ...

    @property
    def quantity(self) -> int | str | None: ...

    @property
    def amount(self) -> int | None: ...


class CountedLine(Protocol):
    """A line as it came, with how much of it."""

    @property
    def line_id(self) -> str: ...

    @property
    def quantity(self) -> int | str: ...


@dataclass(frozen=True, slots=True)
class Counting:
    """Knows by what which lines are measured; those of whole units are left out."""

    measures: Mapping[str, Measure]

    def lines(self, lines: Sequence[CountedLine]) -> tuple[tuple[str, int], ...]:
        """Count the quantities of several lines, by line."""
        counted = (
            (line.line_id, self.count(line.line_id, line.quantity, f"/lines/{place}/quantity"))
            for place, line in enumerate(lines)
        )
        return tuple(counted)

    def count(self, line_id: str, said: int | str, pointer: str) -> int:
        """Count a quantity; raises RequestRefused (`validation_failed`) for text where nothing is measured."""
        try:
            return count_of(said, self.measures.get(line_id))
        except ValueError as unfit:
            raise refused.wrong_field(pointer, f"line {line_id!r} has no unit: {unfit}") from unfit


def line_requests(order: Order, lines: Sequence[LineSaid]) -> tuple[LineRequest, ...]:
    """Count what is said of lines; raises RequestRefused (`validation_failed`) for text where none is measured."""
    counting = Counting({line.line_id: line.measure for line in order.lines if line.measure})
    return tuple(
        LineRequest(
            line.line_id,
            None if line.quantity is None else counting.count(line.line_id, line.quantity, f"/lines/{place}/quantity"),
            None if line.amount is None else Money(order.currency, line.amount),
        )
        for place, line in enumerate(lines)
    )
