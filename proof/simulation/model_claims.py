"""Which units of which lines refunds have claimed, in the model: the next ones that are free (rules 4 and 6)."""

from collections.abc import Iterator

from domain.claims.claims import ClaimState
from proof.simulation.books import GIFT, Books, RefundBook
from proof.simulation.wares import PART


class ModelClaims:
    books: Books

    def claim(self, refund: RefundBook, *, with_gift: bool) -> None:
        """Let a refund ask for what is its part of the order: the first one for what is beside its line as well."""
        kind = self.books.scenario.kind
        refund.line_id, refund.quantity = kind.line_of(refund.refund_id), kind.quantity_of(refund.refund_id)
        if with_gift:
            refund.beside = GIFT
        elif kind.parts and not self.books.refunds:
            refund.beside = PART
        self.take_free(refund)

    def take_free(self, refund: RefundBook) -> bool:
        """Claim the next free units; False where there are too few."""
        taken = set(self._taken(refund.line_id))
        free = (each for each in range(self.books.wares.units[refund.line_id].quantity) if each not in taken)
        claimed = tuple(each for each, _ in zip(free, range(refund.quantity), strict=False))
        if len(claimed) < refund.quantity or (refund.beside and self._is_gone(refund.beside)):
            return False
        refund.claimed = claimed
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
