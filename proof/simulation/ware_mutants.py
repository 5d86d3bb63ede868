"""Mutants of what lines cost and what comes back beside units, each of which must be found."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from proof.simulation import model_settlement
from proof.simulation.books import Books
from proof.simulation.extras import Back, extra_back
from proof.simulation.model_claims import ModelClaims
from proof.simulation.model_settlement import ModelSettlement
from proof.simulation.mutation import ActivityMutant
from proof.simulation.parcels import Parcel, Returned, shipping_back
from proof.simulation.refund_book import RefundBook
from proof.simulation.wares import Extra, Ware


def _round_down(self: Ware, whole: int, units: Sequence[int]) -> int:
    return whole * len(units) // self.quantity if self.is_measured else _CARRIED(self, whole, units)


def _take_the_first(self: Ware, whole: int, units: Sequence[int]) -> int:
    return _CARRIED(self, whole, range(len(units)))


def _claim_from_the_first(_: ModelClaims, refund: RefundBook, __: Iterable[int]) -> bool:
    refund.claimed = tuple(range(refund.quantity))
    return True


def _forget_the_part(self: ModelSettlement, refund: RefundBook, units: int, *, beside_comes: bool) -> Back:
    return _BACK(self, refund, units, beside_comes=beside_comes and refund.has_gift)


def _pay_for_both_parts(self: ModelSettlement, refund: RefundBook, units: int, **_: bool) -> Back:
    return _BACK(self, refund, units, beside_comes=bool(refund.beside))


def _claw_back_each_by_itself(self: ModelSettlement, _: Sequence[RefundBook], back: Back) -> int:
    return self.books.wares.earned * back.goods // self.books.wares.goods


def _bring_back_tips(books: Books, others: Sequence[RefundBook], back: Back) -> int:
    tip = books.wares.extra if books.scenario.kind.extra is Extra.TIP else None
    return extra_back(books, others, back) if tip is None else tip.paid


def _bring_back_fees_for_no_fault(books: Books, others: Sequence[RefundBook], back: Back) -> int:
    fee = books.wares.extra if books.scenario.kind.extra is Extra.FEE and back.count else None
    return extra_back(books, others, back) if fee is None else fee.paid


def _forget_what_came_back(books: Books, others: Sequence[RefundBook], back: Back) -> int:
    return extra_back(books, [_without_extra(each) for each in others], back)


def _without_extra(refund: RefundBook) -> RefundBook:
    return replace(refund, settled=refund.settled and replace(refund.settled, extra=0))


def _bring_all_of_a_deposit(books: Books, others: Sequence[RefundBook], back: Back) -> int:
    came = sum(each.settled.extra for each in others if each.settled is not None)
    deposit = books.wares.extra if books.scenario.kind.extra is Extra.DEPOSIT and back.count else None
    return extra_back(books, others, back) if deposit is None else deposit.paid - came


def _send_back_for_all(
    parcels: Sequence[Parcel], _: Returned, now: Returned, before: Sequence[int], **__: bool
) -> tuple[int, ...]:
    return tuple(each.cost - gone if now else 0 for each, gone in zip(parcels, before, strict=True))


def _send_back_each_time(
    parcels: Sequence[Parcel], returned: Returned, now: Returned, before: Sequence[int], *, is_for_no_fault: bool
) -> tuple[int, ...]:
    nothing = [0] * len(before)
    return shipping_back(parcels, returned, now, nothing, is_for_no_fault=is_for_no_fault)


def _send_back_for_a_part(
    parcels: Sequence[Parcel], returned: Returned, now: Returned, before: Sequence[int], **_: bool
) -> tuple[int, ...]:
    return shipping_back(parcels, returned, now, before, is_for_no_fault=False)


def _ask_for_what_comes_first(self: ModelClaims, refund: RefundBook) -> range:
    return range(self.books.wares.units[refund.line_id].quantity)


_CARRIED = Ware.carried
_BACK = ModelSettlement.back
_EXTRA, _SHIPPING = "extra_back", "shipping_back"

WARE_MUTANTS = (
    ActivityMutant("each part of what is measured is rounded down", Ware, "carried", _round_down),
    ActivityMutant("every part is paid like the first one", Ware, "carried", _take_the_first),
    ActivityMutant("units are claimed that another refund has", ModelClaims, "take_free", _claim_from_the_first),
    ActivityMutant("the other part of a bundle is not paid", ModelSettlement, "back", _forget_the_part),
    ActivityMutant(
        "a part of a bundle that the inspection refuses is paid", ModelSettlement, "back", _pay_for_both_parts
    ),
    ActivityMutant(
        "points are taken back for each part by itself", ModelSettlement, "claw_back", _claw_back_each_by_itself
    ),
    ActivityMutant("a tip comes back", model_settlement, _EXTRA, _bring_back_tips),
    ActivityMutant("a fee comes back for no fault", model_settlement, _EXTRA, _bring_back_fees_for_no_fault),
    ActivityMutant("a fee comes back with each part", model_settlement, _EXTRA, _forget_what_came_back),
    ActivityMutant("a deposit comes back with the first goods", model_settlement, _EXTRA, _bring_all_of_a_deposit),
    ActivityMutant(
        "one parcel brings back what sending the other cost", model_settlement, _SHIPPING, _send_back_for_all
    ),
    ActivityMutant("sending a parcel comes back each time", model_settlement, _SHIPPING, _send_back_each_time),
    ActivityMutant("sending comes back with a part, for no fault", model_settlement, _SHIPPING, _send_back_for_a_part),
    ActivityMutant("what is lost, or came too long ago, is asked for", ModelClaims, "turns", _ask_for_what_comes_first),
)
