"""What refunds and the bank have taken of an order's lines: in whole numbers what `domain/claims` says of any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from domain.claims.claims import ClaimState
from proof.simulation.books import UNITS, Books, RefundBook
from proof.simulation.wares import POINTS_EARNED, SHARE

_FINAL = (ClaimState.SETTLED, ClaimState.PAID)


@dataclass(frozen=True, slots=True)
class LineTaken:
    """A line: so many units went to refunds, and the bank took `lost`, of which those units made `absorbed` good.

    `more` was paid of it because units had paid less for what was won after all.
    """

    price: int
    units: int
    lost: int
    absorbed: int
    more: int = 0

    @property
    def open(self) -> int:
        """What was taken off it and no returned unit has made good (rule 5); below zero where units paid too little."""
        return self.lost + self.more - self.absorbed

    @property
    def _kept(self) -> int:
        return self.price_of(UNITS - self.units)

    @property
    def left(self) -> int:
        """What the line can still pay."""
        return max(self._kept - self.open, 0)

    @property
    def undone(self) -> int:
        """What was paid for what is undone of its sale: units that are returned, and what the bank took of others."""
        if self._kept and self.open >= self._kept:
            return self.price
        is_all = self.units == UNITS
        return self.price_of(self.units) + (0 if is_all else max(min(self.lost, self.open), 0))

    @property
    def units_undone(self) -> int:
        """The units that are returned; all of them once the whole price is gone."""
        return UNITS if self._kept and self.open >= self._kept else self.units

    @property
    def lost_of_kept(self) -> int:
        """What the bank took of units that are kept."""
        return 0 if self.units_undone == UNITS else max(min(self.lost, self.open), 0)

    def price_of(self, units: int) -> int:
        return self.price * units // UNITS


def line_price(books: Books) -> int:
    return SHARE * len(books.provider.captured)


def lines_of(books: Books) -> Sequence[str]:
    return list(books.wares.units)


def taken_of(books: Books, line_id: str, refunds: Iterable[RefundBook]) -> LineTaken:
    """What of a line these refunds have that are not released."""
    units = lost = absorbed = more = 0
    for each in refunds:
        if each.claims is not ClaimState.RELEASED:
            lost += each.off.get(line_id, 0)
            more += each.more.get(line_id, 0)
            if each.line_id == line_id:
                units += len(each.claimed)
                absorbed += each.absorbed
    return LineTaken(line_price(books), units, lost, absorbed, more)


def paid_less(books: Books, line_id: str) -> int:
    """What returned units of a line paid too little, and nobody has asked for (rules 5 and 52)."""
    final = [each for each in books.refunds.values() if each.claims in _FINAL]
    settled, live = taken_of(books, line_id, final), taken_of(books, line_id, books.refunds.values())
    return max(min(-settled.open, -live.open), 0)


def absorbed_by(books: Books, refund: RefundBook, units: int) -> int:
    """How much of what the bank took so many units of a refund's line make good: they pay what is left of them."""
    others = [each for each in books.refunds.values() if each is not refund]
    line = taken_of(books, refund.line_id, others)
    return max(min(line.price_of(units), line.open), 0)


def goods_left(books: Books, but: RefundBook | None = None) -> int:
    """What of the goods' price no settled refund has taken."""
    final = (each for each in books.refunds.values() if each is not but and each.claims in _FINAL)
    return line_price(books) * books.scenario.refunds - sum(amount_of(books, each) for each in final)


def amount_of(books: Books, refund: RefundBook) -> int:
    """What a refund takes of the goods' price."""
    taken = sum(refund.off.values()) + sum(refund.more.values())
    return taken + price_left(books, len(refund.claimed), refund.absorbed)


def price_left(books: Books, units: int, absorbed: int) -> int:
    return line_price(books) * units // UNITS - absorbed


def lines_with(books: Books, refund: RefundBook, units: int | None) -> dict[str, LineTaken]:
    """Say how lines stand when so many units of a refund are settled beside the others; None: without it."""
    others = [each for each in books.refunds.values() if each is not refund and each.claims in _FINAL]
    lines = {line_id: taken_of(books, line_id, others) for line_id in lines_of(books)}
    if units is None:
        return lines
    for line_id, line in lines.items():
        lost, more = line.lost + refund.off.get(line_id, 0), line.more + refund.more.get(line_id, 0)
        line = replace(line, lost=lost, more=more)
        if line_id == refund.line_id:
            line = replace(line, units=line.units + units, absorbed=line.absorbed + refund.absorbed)
        lines[line_id] = line
    return lines


def points_due(books: Books, refund: RefundBook, units: int) -> int:
    """What a refund that is being settled takes back of the points earned, beyond what others have (rules 19, 52)."""
    others = [each for each in books.refunds.values() if each is not refund and each.claims in _FINAL]
    undone = sum(line.undone for line in lines_with(books, refund, units).values())
    earned, goods = POINTS_EARNED * books.scenario.refunds, line_price(books) * books.scenario.refunds
    before = sum(each.settled.clawed_back for each in others if each.settled is not None)
    return max(earned * undone // goods - before, 0)
