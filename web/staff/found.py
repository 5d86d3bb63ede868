"""What an inspection finds of units, and numbers as a warehouse types them."""

import re
from enum import StrEnum

from web.calling import Json

_MOST_UNITS = 60
"""More buttons than that are no help: such a return is inspected by numbers, over the API."""

_COUNT = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")


class Found(StrEnum):
    """What a unit turns out to be: the first two are paid back."""

    AS_NEW = "as_new"
    LESSER = "lesser"
    REFUSED = "refused"
    SOMETHING_ELSE = "something_else"


class NotCounted(ValueError):
    """What was typed is no number, or a unit was left out."""


def count_of(typed: str) -> int | str:
    """Read a quantity: a whole number, or a decimal in text, of what is measured; nothing typed is none."""
    if not typed:
        return 0
    if not _COUNT.fullmatch(typed):
        raise NotCounted(typed)
    return typed if "." in typed else int(typed)


def each_unit(line: Json) -> range:
    """Number the units of a line that have come."""
    received = line["received"]
    return range(1, received + 1) if isinstance(received, int) else range(0)


def is_by_unit(lines: list[Json]) -> bool:
    """Whether there are so few whole units that each gets buttons of its own."""
    counts = [line["received"] for line in lines]
    return all(isinstance(each, int) for each in counts) and sum(counts) <= _MOST_UNITS
