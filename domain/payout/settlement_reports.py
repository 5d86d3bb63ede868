"""What a provider's settlement report says of refunds, held against our ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.money.amounts import Money


class Movement(StrEnum):
    """A refund, or one that failed after all: the money is with the merchant again."""

    REFUND = "refund"
    REFUND_FAILED = "refund_failed"


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One movement of a refund at a provider.

    `place` is its line in the report, from 1. `line_id` is the provider's name of the movement, the same in every
    report; `reference` its name of the refund, `key` ours, empty where the report has none, `charge_ref` what it is a
    refund of. `amount` is what the customer gets, above zero. `is_settled` says that it is booked for good;
    `trace_number` is what the customer's bank knows it by. `settled` is what it moved in the merchant's balance, above
    zero, without fees; None where the report has it not, or where that is the same currency.
    """

    place: int
    line_id: str
    movement: Movement
    reference: str
    key: str
    charge_ref: str
    amount: Money
    at: datetime
    is_settled: bool
    trace_number: str | None = None
    settled: Money | None = None


@dataclass(frozen=True, slots=True)
class BookedShare:
    """A payment's share of a refund, and what our ledger has booked as paid for it, nothing where it is not paid."""

    refund_id: str
    payment_id: str
    booked: Money


class SettlementDifference(StrEnum):
    """How a settlement report and our ledger differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DIFFERENT = "different"
    DOUBLE = "double"
    FAILED_THERE = "failed_there"


WHAT_TO_DO = {
    SettlementDifference.MISSING_HERE: "The provider paid a refund that is not booked here. If somebody made it at the "
    "provider, note it: POST /v1/orders/{order_id}/external-refunds, with its reference as external_id.",
    SettlementDifference.MISSING_THERE: "It is booked as paid, and the provider's report of that time has nothing of "
    "it. Ask the provider; if it was never paid, its failure comes by webhook, or by the next comparison of the books.",
    SettlementDifference.DIFFERENT: "It is paid and booked, but not as much, or not in the same currency. Ask the "
    "provider which is right.",
    SettlementDifference.DOUBLE: "The provider paid more than once for one refund, or lists it twice. Have it take "
    "back what is too much, or note that as an external refund.",
    SettlementDifference.FAILED_THERE: "The refund failed at the provider after it was paid: its workflow looks into "
    "it now, and tells what is to be done.",
}
"""A sentence for people about each difference."""


def compare(lines: Sequence[SettlementLine], share: BookedShare | None) -> SettlementDifference | None:
    """Hold all that a provider says of one refund against what we have booked for it; `lines` are different movements.

    A refund that failed after all counts as not paid. Without a `share` nobody here knows of it.
    """
    paid = [each for each in lines if each.movement is Movement.REFUND]
    failed = {each.reference for each in lines if each.movement is Movement.REFUND_FAILED}
    standing = [each for each in paid if each.reference not in failed]
    if len(standing) > 1:
        return SettlementDifference.DOUBLE
    booked = share.booked if share is not None and share.booked else None
    if not standing:
        return None if booked is None or not lines else SettlementDifference.FAILED_THERE
    if booked is None:
        return SettlementDifference.MISSING_HERE
    return None if standing[0].amount == booked else SettlementDifference.DIFFERENT
