"""An order that is sold differently while refunds of it stand, in the model (rule 57)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.claims.claims import ClaimState
from domain.money.amounts import split
from proof.simulation.books import Books
from proof.simulation.parcels import Parcel
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import IN_ITS_PLACE, PLAIN_LINE, SECOND, Edit, OrderKind, Piece, Ware, Wares

ADDED, ADDED_PRICE, ADDED_POINTS, SENDING_IT = "l9", 55, 20, 7
"""A line that is added, what it cost, the points that it earned, and what sending it cost, where there are parcels."""


def sold_anew(kind: OrderKind, wares: Wares) -> Wares:
    """Say what is sold now: a line is added, or more of the first one, and paid for besides; or one is exchanged.

    Of one that is removed the payments are less: so much was given back elsewhere. Or only what was not paid yet is
    paid.
    """
    if kind.edit is Edit.PAID:
        return replace(wares, payments=wares.payments.after_all())
    units = dict(wares.units)
    if kind.edit is Edit.EXCHANGED:
        units = {IN_ITS_PLACE if each == SECOND else each: ware for each, ware in units.items()}
        units[IN_ITS_PLACE] = replace(units[IN_ITS_PLACE], line_id=IN_ITS_PLACE)
        return replace(wares, units=units)
    if kind.edit is Edit.REMOVED:
        less = split(units.pop(SECOND).paid, [1] * len(wares.payments.worth))
        left = tuple(worth - off for worth, off in zip(wares.payments.worth, less, strict=True))
        return replace(wares, units=units, payments=replace(wares.payments, worth=left, own=left))
    if kind.edit is Edit.ADDED:
        units[ADDED] = replace(PLAIN_LINE, line_id=ADDED, gross=ADDED_PRICE, paid=ADDED_PRICE)
        more, earned = ADDED_PRICE, ADDED_POINTS
        if wares.parcels:
            more += SENDING_IT
            wares = replace(wares, parcels=(*wares.parcels, Parcel("s3", {ADDED: range(1)}, SENDING_IT)))
    else:
        first = units["l1"]
        more, earned = (2 * first.gross * kind.more + first.quantity) // (2 * first.quantity), 0
        units["l1"] = replace(
            first, quantity=first.quantity + kind.more, gross=first.gross + more, paid=first.paid + more
        )
    return replace(wares, units=units, payments=wares.payments.with_another(more), earned=wares.earned + earned)


class ModelVersions:
    books: Books

    def change_order(self) -> bool:
        """Sell the order differently; False where a refund stands in the way.

        What refunds have claimed stays as it was sold to them, the others carry the rest.
        """
        live = [each for each in self.books.refunds.values() if each.claims is not ClaimState.RELEASED]
        before = self.books.wares
        now = sold_anew(self.books.scenario.kind, before)
        if self.stands_in_the_way(live, now) or self.is_disputed(now):
            return False
        if gone := [each.line_id for each in live if each.line_id and each.line_id not in now.units]:
            self.books.wrong(f"{gone} would be sold no more, and refunds have claimed it")
            return False
        units = {line_id: self.kept(ware, before.units, live) for line_id, ware in now.units.items()}
        self.books.wares = replace(now, units=units)
        self.books.version += 1
        place = len(before.payments.worth)
        for captured in now.payments.own[place:]:
            self.books.provider.open_payment(f"p{place}", captured)
        if before.payments.promised > now.payments.promised:
            self.books.provider.captured["p1"] = now.payments.own[1]
        return True

    def stands_in_the_way(self, live: Iterable[RefundBook], now: Wares) -> bool:
        """Whether a refund has taken something of a line that would be gone, or all that would be left is settled.

        Of what was paid after all: whether it may be released still, and had lessened what was not paid yet.
        """
        settled = [each for each in live if each.settled is not None]
        if self.books.scenario.kind.edit is Edit.PAID:
            under_way = (each.settled for each in settled if each.claims is not ClaimState.PAID)
            return any(each.lessened for each in under_way if each is not None)
        is_all_back = sum(each.units + each.parts for each in settled) == now.count
        return is_all_back or any(_touched(each) - now.units.keys() for each in live)

    def is_disputed(self, now: Wares) -> bool:
        """Whether less would be left of a payment than the bank is asked about, or has taken."""
        return any(each.is_about_more_than(now.payments) for each in self.books.disputes.values())

    def kept(self, now: Ware, before: Mapping[str, Ware], live: Sequence[RefundBook]) -> Ware:
        """Cut out of a line what refunds have claimed of it, as it was sold to them."""
        pieces: list[Piece] = []
        was = before.get(now.line_id, now)
        for refund in live:
            claimed = set(refund.claimed) if refund.line_id == now.line_id else set()
            for piece in was.as_pieces:
                inside = tuple(each for each in piece.units if each in claimed)
                if inside:
                    pieces.append(Piece(inside, was.price(inside), was.points_of(inside)))
        if not pieces:
            return replace(now, pieces=())
        taken = {unit for piece in pieces for unit in piece.units}
        free = (unit for unit in range(now.quantity + max(taken) + 1) if unit not in taken)
        others = tuple(unit for unit, _ in zip(free, range(now.quantity - len(taken)), strict=False))
        paid, points = sum(each.paid for each in pieces), sum(each.points for each in pieces)
        rest = (Piece(others, now.paid - paid, now.points - points),) if others else ()
        return replace(now, pieces=(*pieces, *rest))


def _touched(refund: RefundBook) -> set[str]:
    """The lines of which it has units, or money that the bank took or had taken."""
    return {*filter(None, [refund.line_id]), *refund.off, *refund.more}
