"""Which units of which lines refunds have claimed, in the model: the next ones that are free (rules 4 and 6)."""

from collections.abc import Iterable, Iterator

from domain.claims.claims import ClaimState
from proof.simulation.books import Books
from proof.simulation.parcels import Came, turns
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import GIFT, IN_ITS_PLACE, LINES, PART, Edit


class ModelClaims:
    books: Books

    def claim(self, refund: RefundBook, *, with_gift: bool) -> None:
        """Let a refund ask for its part of the order: the first one for the gift, or the rest of its bundle, too."""
        kind = self.books.scenario.kind
        refund.line_id, refund.quantity = kind.line_of(refund.refund_id), kind.quantity_of(refund.refund_id)
        if self.books.version > 1 and refund.refund_id == "B":
            refund.line_id = refund.line_id if refund.line_id in self.books.wares.units else IN_ITS_PLACE
            refund.quantity += kind.more if kind.is_shared and kind.edit is Edit.MORE else 0
        refund.asked_of = self.books.version
        if with_gift:
            refund.beside = GIFT
        elif kind.parts and refund.line_id == LINES["A"]:
            refund.beside = PART
        self.take_free(refund, self.turns(refund))
        refund.had = refund.claimed

    def turns(self, refund: RefundBook) -> Iterable[int]:
        """Say which units are asked for first."""
        wares, scenario = self.books.wares, self.books.scenario
        if not wares.parcels:
            return wares.units[refund.line_id].numbers
        came = Came.IN_TIME if self.books.is_parcel_found else scenario.kind.came
        return turns(wares.parcels, refund.line_id, came, goods_come_back=scenario.goods_come_back)

    def take_again(self, refund: RefundBook) -> bool:
        """Claim for a parcel that came late: of parcels the units that it had, where they are free, then the others."""
        if refund.line_id not in self.books.wares.units:
            return False
        had = refund.had if self.books.wares.parcels else ()
        rest = (each for each in self.books.wares.units[refund.line_id].numbers if each not in had)
        return self.take_free(refund, (*had, *rest))

    def take_free(self, refund: RefundBook, in_turn: Iterable[int]) -> bool:
        """Claim the next free units; False where there are too few."""
        taken = set(self._taken(refund.line_id))
        free = (each for each in in_turn if each not in taken)
        claimed = sorted(each for each, _ in zip(free, range(refund.quantity), strict=False))
        if len(claimed) < refund.quantity or (refund.beside and self._is_gone(refund.beside)):
            return False
        refund.claimed, refund.version = tuple(claimed), self.books.version
        return True

    def _taken(self, line_id: str) -> Iterator[int]:
        for each in self._live:
            if each.line_id == line_id:
                yield from each.claimed

    def _is_gone(self, beside: str) -> bool:
        """Whether the gift, or the other part of the bundle, is another's, or the customer's for good (rule 27)."""
        return any(
            (each.beside == beside and (each.settled is None or each.settled.beside_comes))
            or (beside == GIFT and each.has_paid_for_gift)
            for each in self._live
        )

    @property
    def _live(self) -> list[RefundBook]:
        return [each for each in self.books.refunds.values() if each.claims is not ClaimState.RELEASED]
