"""What refunds and the bank have taken of an order's lines: in whole numbers what `domain/claims` says of any order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.claims.claims import ClaimState
from proof.simulation.books import Books
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import PART, Ware

_FINAL = (ClaimState.SETTLED, ClaimState.PAID)

Units = Sequence[int]
"""Units of a line, by their numbers."""


@dataclass(frozen=True, slots=True)
class LineTaken:
    """A line: these units went to refunds, and the bank took `lost`, of which those units made `absorbed` good.

    `more` was paid of it because units had paid less for what was won after all.
    """

    ware: Ware
    units: frozenset[int]
    lost: int
    absorbed: int
    more: int = 0

    @property
    def open(self) -> int:
        """What was taken off it and no returned unit has made good (rule 5); below zero where units paid too little."""
        return self.lost + self.more - self.absorbed

    @property
    def _kept(self) -> int:
        return self.ware.paid - self._returned

    @property
    def _returned(self) -> int:
        return self.ware.price(sorted(self.units))

    @property
    def left(self) -> int:
        """What the line can still pay."""
        return max(self._kept - self.open, 0)

    @property
    def undone(self) -> int:
        """What was paid for what is undone of its sale: units that are returned, and what the bank took of others."""
        return self.ware.paid if self.is_undone else self._returned + max(min(self.lost, self.open), 0)

    @property
    def is_undone(self) -> bool:
        """Whether all of its units are returned, or the whole price of the others is gone."""
        return len(self.units) == self.ware.quantity or bool(self._kept and self.open >= self._kept)

    @property
    def units_undone(self) -> int:
        """The units that are returned; all of them once the whole price is gone."""
        return self.ware.quantity if self.is_undone else len(self.units)

    @property
    def lost_of_kept(self) -> int:
        """What the bank took of units that are kept."""
        return 0 if self.is_undone else max(min(self.lost, self.open), 0)


def line_taken(books: Books, line_id: str, refunds: Iterable[RefundBook]) -> LineTaken:
    """What of a line these refunds have that are not released."""
    units: set[int] = set()
    lost = absorbed = more = 0
    for each in refunds:
        if each.claims is not ClaimState.RELEASED:
            lost += each.off.get(line_id, 0)
            more += each.more.get(line_id, 0)
            units |= set(units_by_line(each).get(line_id, ()))
            absorbed += each.absorbed.get(line_id, 0)
    return LineTaken(books.wares.units[line_id], frozenset(units), lost, absorbed, more)


def units_by_line(refund: RefundBook) -> dict[str, Units]:
    """The units that a refund has claimed, and still has when it is settled."""
    return units_of(refund, len(refund.claimed), beside_comes=refund.settled is None or refund.settled.beside_comes)


def units_of(refund: RefundBook, units: int, *, beside_comes: bool) -> dict[str, Units]:
    """The first so many units that a refund has claimed, and the other part of its bundle where that comes too."""
    if not refund.line_id:
        return {}
    own: dict[str, Units] = {refund.line_id: refund.claimed[:units]}
    if beside_comes and refund.beside == PART:
        own[PART] = (0,)
    return own


def lines_taken(books: Books, refunds: Sequence[RefundBook]) -> dict[str, LineTaken]:
    return {line_id: line_taken(books, line_id, refunds) for line_id in books.wares.units}


def paid_less(books: Books, line_id: str) -> int:
    """What returned units of a line paid too little, and nobody has asked for (rules 5 and 52)."""
    final = [each for each in books.refunds.values() if each.claims in _FINAL]
    settled, live = line_taken(books, line_id, final), line_taken(books, line_id, books.refunds.values())
    return max(min(-settled.open, -live.open), 0)


def absorbed_by(books: Books, refund: RefundBook, units: Mapping[str, Units]) -> dict[str, int]:
    """How much of what the bank took these units of a refund make good, by line: they pay what is left of them."""
    others = [each for each in books.refunds.values() if each is not refund]
    return dict(_absorbed(books, units, others))


def _absorbed(books: Books, units: Mapping[str, Units], others: Sequence[RefundBook]) -> Iterator[tuple[str, int]]:
    for line_id, claimed in units.items():
        line = line_taken(books, line_id, others)
        yield line_id, max(min(line.ware.price(claimed), line.open), 0)


def goods_left(books: Books, but: RefundBook | None = None) -> int:
    """What of the goods' price no settled refund has taken."""
    final = (each for each in books.refunds.values() if each is not but and each.claims in _FINAL)
    return books.wares.goods - sum(amount_of(books, each) for each in final)


def amount_of(books: Books, refund: RefundBook) -> int:
    """What a refund takes of the goods' price."""
    return sum(amounts_of(books, refund).values())


def amounts_of(books: Books, refund: RefundBook) -> dict[str, int]:
    """What a refund takes of the price of each line."""
    units = units_by_line(refund)
    return {
        line_id: refund.off.get(line_id, 0)
        + refund.more.get(line_id, 0)
        + ware.price(units.get(line_id, ()))
        - refund.absorbed.get(line_id, 0)
        for line_id, ware in books.wares.units.items()
    }


def lines_with(books: Books, refund: RefundBook, units: Mapping[str, Units] | None) -> dict[str, LineTaken]:
    """Say how lines stand when these units of a refund are settled beside the others; None: without it."""
    others = [each for each in books.refunds.values() if each is not refund and each.claims in _FINAL]
    lines = lines_taken(books, others)
    if units is None:
        return lines
    return {
        line_id: replace(
            line,
            units=line.units | set(units.get(line_id, ())),
            lost=line.lost + refund.off.get(line_id, 0),
            absorbed=line.absorbed + refund.absorbed.get(line_id, 0),
            more=line.more + refund.more.get(line_id, 0),
        )
        for line_id, line in lines.items()
    }


def points_due(books: Books, refund: RefundBook, units: Mapping[str, Units]) -> int:
    """What a refund that is being settled takes back of the points earned, beyond what others have (rules 19, 52)."""
    before, after = lines_with(books, refund, None), lines_with(books, refund, units)
    if not (
        any(units.values()) or any(changes(refund, line_id, before[line_id], line) for line_id, line in after.items())
    ):
        return 0
    others = [each for each in books.refunds.values() if each is not refund and each.claims in _FINAL]
    due = books.wares.earned * sum(line.undone for line in after.values()) // books.wares.goods
    return max(due - sum(each.settled.clawed_back for each in others if each.settled is not None), 0)


def changes(refund: RefundBook, line_id: str, before: LineTaken, after: LineTaken) -> bool:
    """Whether a refund undoes more of the sale of a line, or pays what its units had paid less."""
    is_more = (after.units_undone, after.lost_of_kept) != (before.units_undone, before.lost_of_kept)
    return is_more or (line_id in refund.more and before.open < 0)
