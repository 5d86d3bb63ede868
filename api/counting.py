"""Counting quantities as they came over the wire (rule 48)."""

from collections.abc import Mapping
from dataclasses import dataclass

from api import problems
from domain.sale.measures import Measure, count_of


@dataclass(frozen=True, slots=True)
class Counting:
    """Knows by what which lines are measured; those of whole units are left out."""

    measures: Mapping[str, Measure]

    def count(self, line_id: str, said: int | str, pointer: str) -> int:
        """Count a quantity of a line; raises Problem (`validation_failed`) for text where nothing is measured."""
        try:
            return count_of(said, self.measures.get(line_id))
        except ValueError as unfit:
            raise problems.wrong_field(pointer, f"line {line_id!r} has no unit: {unfit}") from unfit
