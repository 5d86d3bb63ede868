"""Mutants of an order that changes while refunds of it are under way, each of which must be found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.money.amounts import split
from proof.simulation.model_before_payout import ModelBeforePayout
from proof.simulation.model_settlement import ModelSettlement
from proof.simulation.mutation import ActivityMutant
from proof.simulation.refund_book import RefundBook
from proof.simulation.settled import Settled
from proof.simulation.versions import ModelVersions
from proof.simulation.wares import Ware, Wares


def _sell_all_of_it_anew(_: ModelVersions, now: Ware, __: Mapping[str, Ware], ___: Sequence[RefundBook]) -> Ware:
    return replace(now, pieces=())


def _keep_what_is_settled(
    self: ModelVersions, now: Ware, before: Mapping[str, Ware], live: Sequence[RefundBook]
) -> Ware:
    return _KEPT(self, now, before, [each for each in live if each.settled is not None])


def _let_nothing_stand_in_the_way(_: ModelVersions, __: Iterable[RefundBook], ___: Wares) -> bool:
    return False


def _forget_the_new_payment(self: ModelSettlement, refund: RefundBook) -> list[int]:
    left = _LEFT(self, refund)
    return left[: len(self.books.scenario.behaviours)] + [0] * (len(left) - len(self.books.scenario.behaviours))


def _ask_for_nothing(_: ModelBeforePayout) -> None:
    """Whoever paid what was taken off what they were to pay may ask for it."""


def _ask_for_all_that_was_paid(self: ModelSettlement, refund: RefundBook) -> Settled:
    paid = self.books.scenario.wares.payments.not_paid_yet
    return replace(_WHAT_WAS_PAID(self, refund), shares=tuple(split(paid, self.left(refund))), after_all=paid)


_WHAT_WAS_PAID = ModelSettlement.of_what_was_paid
_KEPT, _LEFT = ModelVersions.kept, ModelSettlement.left

VERSION_MUTANTS = (
    ActivityMutant("what is claimed is sold anew with the rest", ModelVersions, "kept", _sell_all_of_it_anew),
    ActivityMutant("only what is settled stays as it was sold", ModelVersions, "kept", _keep_what_is_settled),
    ActivityMutant(
        "a line is exchanged that a refund has", ModelVersions, "stands_in_the_way", _let_nothing_stand_in_the_way
    ),
    ActivityMutant("a payment that came later is forgotten", ModelSettlement, "left", _forget_the_new_payment),
    ActivityMutant(
        "what is paid after all is asked for by nobody", ModelBeforePayout, "ask_for_what_was_paid", _ask_for_nothing
    ),
    ActivityMutant(
        "all that is paid after all comes back, whatever was taken off it",
        ModelSettlement,
        "of_what_was_paid",
        _ask_for_all_that_was_paid,
    ),
)
