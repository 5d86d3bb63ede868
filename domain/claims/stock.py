"""What becomes of accepted units, and where they are put: what a merchant's stock is told of a return."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_DISCARDED = frozenset({"discard", "discarded", "dispose", "disposed", "scrap", "scrapped", "destroy", "destroyed"})


class StockDisposition(StrEnum):
    """`restock`: sold as new again; `damaged`: kept, and not sold as new; `discard`: gone."""

    RESTOCK = "restock"
    DAMAGED = "damaged"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class StockPut:
    """So many accepted units of a line, of what is measured thousandths, that become the same at the same place."""

    count: int
    disposition: StockDisposition
    location: str | None = None


def puts_of(accepted: int, lesser: int, word: str | None, said: Sequence[StockPut]) -> tuple[StockPut, ...]:
    """Say what becomes of a line's accepted units: what the warehouse said of them, else what its `word` comes to.

    Units in a lesser condition are kept apart from those that are sold as new, or are gone where the word says so.
    """
    if said:
        return tuple(said)
    gone = (word or "").strip().lower() in _DISCARDED
    apart = StockDisposition.DISCARD if gone else StockDisposition.DAMAGED
    puts = StockPut(accepted - lesser, StockDisposition.RESTOCK), StockPut(lesser, apart)
    return tuple(each for each in puts if each.count)


def lesser_of(said: Sequence[StockPut]) -> int:
    """Count the units that are not sold as new again (rule 9)."""
    return sum(each.count for each in said if each.disposition is not StockDisposition.RESTOCK)


def in_words(count: str, put: StockPut) -> str:
    """Write for people what becomes of units: 2 restock at A-3."""
    return f"{count} {put.disposition}" + (f" at {put.location}" if put.location else "")
