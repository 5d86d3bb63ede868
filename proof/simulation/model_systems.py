"""What refunds tell other systems of the merchant's, and what our books keep of it (`activities/elsewhere.py`)."""

from collections.abc import Callable

from domain.steps import Step
from proof.simulation.books import Books
from proof.simulation.model_before_payout import ModelBeforePayout
from proof.simulation.refund_book import RefundBook
from proof.simulation.refusals import AlreadyUndone, NotNow, RefusedElsewhere
from proof.simulation.systems import SETTLES_IN_S, Answer, Errand, Stage
from service.steps import RefundRef


def _answers() -> Answer:
    return Answer.DONE


class ModelSystems(ModelBeforePayout):
    """`line` says what comes of the next request. Everything raises NotNow, RefusedElsewhere and AlreadyUndone."""

    now: float

    def __init__(self, books: Books) -> None:
        super().__init__(books)
        self.line: Callable[[], Answer] = _answers

    def return_units(self, ref: RefundRef) -> None:
        """It follows the money, and has no undo: what one round has told, no later one tells again."""
        refund, key = self.of(ref), ref.step(Step.RETURN_UNITS)
        if key in refund.effects:
            return
        if key in refund.undone:
            raise AlreadyUndone(key)
        if not self.books.is_paid_out(refund):
            self.books.wrong(f"promotions of {refund.refund_id} were told before the money had moved")
        if not (ref.round > 1 and "return_units" in refund.by_hand):
            self.have_returned(refund, ref)
        refund.first_time(key)

    def have_returned(self, refund: RefundBook, ref: RefundRef) -> None:
        """Have the units returned that are missing there by our count."""
        errand = refund.errands.get(ref.step(Step.ELSEWHERE, Step.RETURN_UNITS))
        if errand is None:
            before = self.before(refund, ref, Step.RETURN_UNITS)
            if before is not None and self.stands(before):
                return
            errand = self._noted(refund, ref, Step.RETURN_UNITS, refund.units, self.in_all(refund))
        elif self.is_returned(errand):
            errand.stage = Stage.DONE
        if errand.stage is not Stage.DONE:
            self.send_return(errand)
            errand.stage = Stage.DONE

    def in_all(self, refund: RefundBook) -> int:
        """Count in what the order's other refunds have told: one is known, or over, before the next is asked."""
        told = 0
        for other in self.books.refunds.values():
            for each in other.errands.values() if other is not refund else ():
                if each.units and each.stage is Stage.ASKED and not other.status.is_final:
                    raise NotNow(f"{other.refund_id} is not known to be told yet")
                told += each.units if each.stage is not Stage.UNDONE else 0
        return refund.units + told

    def is_returned(self, errand: Errand) -> bool:
        """Look it up, as whoever may have asked before does."""
        return self.books.promotions.has(errand)

    def stands(self, before: Errand) -> bool:
        """Whether what an earlier round asked for stands there; what nobody knows of it is found out first."""
        if before.stage is Stage.ASKED:
            self.let_settle(before)
            before.stage = Stage.DONE if self.is_returned(before) else Stage.UNDONE
        return before.stage is Stage.DONE

    def send_return(self, errand: Errand) -> None:
        """What was sent and not answered settles first: the same request twice is done twice."""
        self.let_settle(errand)
        units = errand.in_all - self.books.promotions.returned
        if units > 0:
            errand.sent_at = self.now
            self._ask(lambda: self.books.promotions.take_back(units), "return_units")
        errand.sent_at = None

    def let_settle(self, errand: Errand) -> None:
        """An activity is tried again until it may send once more: what is on its way arrives meanwhile, or never."""
        if errand.sent_at is not None and self.now < errand.sent_at + SETTLES_IN_S:
            while self.books.line.land(self.now):
                pass

    def have_coupon_back(self, refund: RefundBook, ref: RefundRef) -> None:
        """Have it given back where it lives, once a round."""
        errand = refund.errands.get(ref.step(Step.ELSEWHERE, Step.REINSTATE_COUPONS))
        if errand is None:
            before = self.before(refund, ref, Step.REINSTATE_COUPONS)
            if before is not None and self._coupon_stands(before):
                return
            errand = self._noted(refund, ref, Step.REINSTATE_COUPONS)
        elif errand.stage in (Stage.WITHDRAWING, Stage.UNDONE):
            raise AlreadyUndone(errand.name)
        if errand.stage is Stage.ASKED and not self.books.vouchers.has(errand):
            asked = errand
            self._ask(lambda: self.books.vouchers.give_back(asked), "reinstate_coupons")
        errand.stage = Stage.DONE

    def _coupon_stands(self, before: Errand) -> bool:
        if before.stage is Stage.ASKED and self.books.vouchers.has(before):
            before.stage = Stage.DONE
        elif before.stage in (Stage.ASKED, Stage.WITHDRAWING):
            self.have_it_taken(before)
        return before.stage is Stage.DONE

    def have_coupon_taken(self, refund: RefundBook, ref: RefundRef) -> None:
        """Have it taken again where this refund had it given back, or another of an order that is not paid back."""
        own = refund.errands.get(ref.step(Step.ELSEWHERE, Step.REINSTATE_COUPONS))
        if own is not None:
            self.have_it_taken(own)
        if not self.books.all_paid:
            for each in self.of_others(refund):
                self.have_it_taken(each)

    def of_others(self, refund: RefundBook) -> list[Errand]:
        """Return what other refunds had another system do to the coupon."""
        others = (each for each in self.books.refunds.values() if each is not refund)
        return [errand for other in others for errand in other.errands.values() if not errand.units]

    def have_it_taken(self, errand: Errand) -> None:
        """The tombstone stands before it is asked for."""
        if errand.stage is not Stage.UNDONE:
            errand.stage = Stage.WITHDRAWING
            self._ask(lambda: self.books.vouchers.redeem_again(errand), "withdraw_coupons")
            errand.stage = Stage.UNDONE

    def before(self, refund: RefundBook, ref: RefundRef, step: Step) -> Errand | None:
        """Find what the latest round before this one has asked for."""
        while ref.round > 1:
            ref = ref.round_before
            if (errand := refund.errands.get(ref.step(Step.ELSEWHERE, step))) is not None:
                return errand
        return None

    def _noted(self, refund: RefundBook, ref: RefundRef, step: Step, units: int = 0, in_all: int = 0) -> Errand:
        """Write it down before it is asked for."""
        key = ref.step(Step.ELSEWHERE, step)
        return refund.errands.setdefault(key, Errand(f"{refund.refund_id}-{key}", units, in_all))

    def _ask(self, do: Callable[[], None], step: str) -> None:
        answer = self.line()
        if answer is Answer.REFUSED:
            raise RefusedElsewhere(step)
        if answer is Answer.LATE:
            self.books.line.delay(do, self.now)
        elif answer is not Answer.REQUEST_LOST:
            do()
        if answer is not Answer.DONE:
            raise NotNow("nobody answered")
