"""Mutants of what is told to other systems of the merchant's."""

import contextlib
from typing import Any

from proof.simulation.model_systems import ModelSystems
from proof.simulation.mutation import ActivityMutant
from proof.simulation.refund_book import RefundBook
from proof.simulation.refusals import NotNow, RefusedElsewhere
from proof.simulation.systems import Errand


def _send_at_once(self: ModelSystems, errand: Errand) -> None:
    """Nothing is waited for."""


def _never_look(self: ModelSystems, errand: Errand) -> bool:
    """Nothing is known to be there; and what is missing is not counted either."""
    errand.in_all = self.books.promotions.returned + errand.units
    return False


def _count_this_one_alone(_: ModelSystems, refund: RefundBook) -> int:
    return refund.units


def _tell_it_in_each_round(self: ModelSystems, before: Errand) -> bool:
    self.books.promotions.returned -= min(before.units, self.books.promotions.returned)
    return False


def _take_silence_for_a_yes(self: ModelSystems, errand: Errand) -> None:
    with contextlib.suppress(NotNow):
        _SEND(self, errand)


def _take_a_no_for_a_yes(self: ModelSystems, errand: Errand) -> None:
    with contextlib.suppress(RefusedElsewhere):
        _SEND(self, errand)


def _leave_it_there(self: ModelSystems, refund: RefundBook, ref: Any) -> None:
    """The coupon stays where it lives, though a payout has failed."""


def _know_nothing_of_others(_: ModelSystems, __: RefundBook) -> list[Errand]:
    return []


_SEND = ModelSystems.send_return

SYSTEMS_MUTANTS = (
    ActivityMutant(
        "a return is sent once more while another may be on its way", ModelSystems, "let_settle", _send_at_once
    ),
    ActivityMutant("what nobody answered is returned once more", ModelSystems, "is_returned", _never_look),
    ActivityMutant("units are told as one refund's alone", ModelSystems, "in_all", _count_this_one_alone),
    ActivityMutant("no answer is taken for a yes elsewhere", ModelSystems, "send_return", _take_silence_for_a_yes),
    ActivityMutant("a no is taken for a yes elsewhere", ModelSystems, "send_return", _take_a_no_for_a_yes),
    ActivityMutant("a coupon elsewhere is never taken again", ModelSystems, "have_coupon_taken", _leave_it_there),
    ActivityMutant(
        "a coupon elsewhere is taken again only by who gave it back", ModelSystems, "of_others", _know_nothing_of_others
    ),
)
