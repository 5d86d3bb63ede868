"""Mutants of what goes back to payments, and of what was not paid yet, each of which must be found."""

from collections.abc import Sequence

from proof.simulation.extras import Back
from proof.simulation.model_settlement import ModelSettlement
from proof.simulation.mutation import ActivityMutant
from proof.simulation.payments import TOO_MUCH, Paid, Payments
from proof.simulation.refund_book import RefundBook


def _pay_what_was_never_paid(self: ModelSettlement, others: Sequence[RefundBook], due: int) -> int:
    return max(_LESSENED(self, others, due) - 1, 0)


def _lessen_each_time(self: ModelSettlement, _: Sequence[RefundBook], due: int) -> int:
    return _LESSENED(self, (), due)


def _give_cents_early(self: ModelSettlement, others: Sequence[RefundBook], back: Back) -> int:
    if self.books.scenario.kind.paid is Paid.TOO_MUCH and not others:
        return TOO_MUCH
    return _OVERPAID(self, others, back)


def _keep_the_cents(*_: object) -> int:
    return 0


def _convert_each_by_itself(self: Payments, place: int, share: int, **_: int) -> int:
    return self.own[place] * share // self.worth[place]


def _take_it_for_the_orders(_: Payments, __: int, share: int, **___: int) -> int:
    return share


def _give_interest_for_nothing(self: ModelSettlement, others: Sequence[RefundBook], back: Back) -> tuple[int, ...]:
    known, goods = self.books.wares.payments, self.books.wares.goods
    if not known.interest:
        return _INTEREST(self, others, back)
    return tuple(each * back.goods // goods for each in known.interest)


def _keep_the_interest(self: ModelSettlement, *_: object) -> tuple[int, ...]:
    return (0,) * len(self.books.wares.payments.worth)


def _give_all_the_interest(self: ModelSettlement, others: Sequence[RefundBook], back: Back) -> tuple[int, ...]:
    back_so_far = _INTEREST(self, others, back)
    return self.books.wares.payments.interest if any(back_so_far) and not others else back_so_far


_INTEREST = ModelSettlement.interest
_LESSENED, _OVERPAID = ModelSettlement.lessened, ModelSettlement.overpaid

PAYMENT_MUTANTS = (
    ActivityMutant("something that was never paid is paid back", ModelSettlement, "lessened", _pay_what_was_never_paid),
    ActivityMutant("every refund lessens all that is owed", ModelSettlement, "lessened", _lessen_each_time),
    ActivityMutant("cents too much come back with the first unit", ModelSettlement, "overpaid", _give_cents_early),
    ActivityMutant("cents too much stay with the shop", ModelSettlement, "overpaid", _keep_the_cents),
    ActivityMutant("each part is converted by itself", Payments, "own_share", _convert_each_by_itself),
    ActivityMutant("interest comes back for nobody's fault", ModelSettlement, "interest", _give_interest_for_nothing),
    ActivityMutant("interest stays with whoever lent it", ModelSettlement, "interest", _keep_the_interest),
    ActivityMutant("all interest comes with the first unit", ModelSettlement, "interest", _give_all_the_interest),
    ActivityMutant("euros are paid like the order's currency", Payments, "own_share", _take_it_for_the_orders),
)
