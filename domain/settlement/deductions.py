"""What is gone and can't be taken back is taken off the payout; what the payout can't cover is owed (rule 10)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.money.amounts import Money


class DeductionKind(StrEnum):
    """In the order in which they are taken off."""

    CAMPAIGN_REWARD = "campaign_reward"
    GRANTED_COUPON = "granted_coupon"
    GRANTED_CREDIT = "granted_credit"
    POINTS_SHORTFALL = "points_shortfall"
    MISSING_GIFT = "missing_gift"


NOT_A_RECEIVERS = frozenset(DeductionKind) - {DeductionKind.MISSING_GIFT}
"""What the giver of a gift has spent, and who received it can't be told of (rule 56)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something of `value` that should come back and can't; `source_id` names it."""

    kind: DeductionKind
    source_id: str
    value: Money


@dataclass(frozen=True, slots=True)
class Deduction:
    """What was taken off for something missing; `owed` is the part the payout could not cover."""

    kind: DeductionKind
    source_id: str
    amount: Money
    owed: Money


def deduct(
    due: Money, missing: Iterable[Missing], owed: Collection[DeductionKind] = ()
) -> tuple[tuple[Deduction, ...], Money]:
    """Take what is missing off what is due, never below zero (rule 10); return the deductions and what stays due.

    What is missing of kinds that are to be `owed` is taken off nothing.
    """
    deductions: list[Deduction] = []
    for each in missing:
        if each.value:
            amount = each.value.like(0) if each.kind in owed else each.value.at_most(due)
            due -= amount
            deductions.append(Deduction(each.kind, each.source_id, amount, each.value - amount))
    return tuple(deductions), due
