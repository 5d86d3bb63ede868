"""When a line comes back that is no goods and no service: a fee, a tip, a deposit, gift wrap, rounding (rule 47)."""

from dataclasses import dataclass
from enum import StrEnum

from domain.money.amounts import Money
from domain.policy import LineKindRefund


class ExtraDecision(StrEnum):
    """Why a refund carries an extra, or why not."""

    GIVEN = "given"
    ALWAYS = "always"
    MERCHANT_FAULT = "merchant_fault"
    UNSHIPPED = "unshipped"
    IN_PROPORTION = "in_proportion"
    LAST_GOODS = "last_goods"
    NO_GOODS = "no_goods"
    NOT_AT_FAULT = "not_at_fault"
    SHIPPED = "shipped"
    NEVER = "never"
    EXTERNAL = "external"

    @property
    def takes_the_rest(self) -> bool:
        """Whether all that is left of it comes back."""
        return self in (self.ALWAYS, self.MERCHANT_FAULT, self.UNSHIPPED, self.LAST_GOODS)

    @property
    def gives_something(self) -> bool:
        return self.takes_the_rest or self is self.IN_PROPORTION


@dataclass(frozen=True, slots=True)
class ExtraBack:
    """What one refund gives back of an extra, with the tax inside it and the points that were spent on it."""

    line_id: str
    decision: ExtraDecision
    amount: Money
    tax: Money
    points: int

    @property
    def is_any(self) -> bool:
        return bool(self.amount or self.points)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a refund is for, as far as extras depend on it.

    `at_fault` says that the merchant is for any of the units, `is_sent` that the order is on its way or was.
    """

    at_fault: bool
    is_sent: bool
    moves_units: bool
    completes_order: bool


def decide_extra(rule: LineKindRefund, occasion: Occasion) -> ExtraDecision:
    """Decide whether a refund carries what is left of an extra (rule 47).

    `with_goods` comes back in proportion to the goods returned, the last return takes the rest. The others come back
    whole with the first units refunded, like shipping (rule 8): `always`, `merchant_fault` where the merchant is at
    fault, `unshipped` as long as nothing of the order was sent. Money-only adjustments leave all of them.
    """
    if rule is LineKindRefund.NEVER:
        return ExtraDecision.NEVER
    if not occasion.moves_units:
        return ExtraDecision.NO_GOODS
    if rule is LineKindRefund.WITH_GOODS:
        return ExtraDecision.LAST_GOODS if occasion.completes_order else ExtraDecision.IN_PROPORTION
    if rule is LineKindRefund.MERCHANT_FAULT:
        return ExtraDecision.MERCHANT_FAULT if occasion.at_fault else ExtraDecision.NOT_AT_FAULT
    if rule is LineKindRefund.UNSHIPPED:
        return ExtraDecision.SHIPPED if occasion.is_sent else ExtraDecision.UNSHIPPED
    return ExtraDecision.ALWAYS
