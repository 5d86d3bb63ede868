"""The merchant's own table of which refunds a reviewer sees and which are approved by rule (rule 33).

Rows are data of the policy: read from the top, the first that fits counts. What is not known of a refund fits no
condition about it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from domain.claims.reasons import GivenReason, Reason, RefundKind
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.rights.risk import Risk


class Then(StrEnum):
    """What a row decides."""

    REVIEW = "review"
    APPROVE = "approve"


class Fact(StrEnum):
    """What a row may ask about: words, and whole numbers.

    `amount` is what the refund comes to with what its order got by rule before, in minor units, so that it does not
    matter how a sum is cut into parts (rule 40); `reason` is one of the four, `own_reason` a merchant's own (rule 55).
    The others are those of rule 34.
    """

    CURRENCY = "currency"
    REASON = "reason"
    OWN_REASON = "own_reason"
    KIND = "kind"
    REFUND_TO = "refund_to"
    AMOUNT = "amount"
    RISK = "risk"
    REFUNDS_7D = "refunds_7d"
    REFUNDS_90D = "refunds_90d"
    ORDERS = "orders"
    ORDERS_REFUNDED = "orders_refunded"
    USUAL_AMOUNT = "usual_amount"
    REJECTED_INSPECTIONS = "rejected_inspections"
    ACCOUNT_AGE_DAYS = "account_age_days"
    OTHER_ACCOUNTS = "other_accounts"

    @property
    def is_word(self) -> bool:
        return self in _WORDS

    @property
    def words(self) -> tuple[str, ...] | None:
        """All words that it can be; None where a merchant has words of their own."""
        return _WORDS.get(self)


_WORDS: Mapping[Fact, tuple[str, ...] | None] = {
    Fact.CURRENCY: None,
    Fact.REASON: tuple(Reason),
    Fact.OWN_REASON: None,
    Fact.KIND: tuple(RefundKind),
    Fact.REFUND_TO: tuple(RefundTo),
}

Seen = Mapping[Fact, frozenset[str] | int]
"""What is known of a refund: a number, or the words that it has; what is not known is left out."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Of words, `one_of` has to be there; a number is within `at_least` and `at_most`, each where it is said."""

    one_of: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None

    def holds(self, seen: frozenset[str] | int | None) -> bool:
        if seen is None:
            return False
        if not isinstance(seen, int):
            return not seen.isdisjoint(self.one_of)
        is_enough = self.at_least is None or seen >= self.at_least
        return is_enough and (self.at_most is None or seen <= self.at_most)


@dataclass(frozen=True, slots=True)
class TableRow:
    """`when` are conditions that all have to hold; without any the row fits every refund."""

    name: str
    then: Then
    when: dict[Fact, Condition] = field(default_factory=dict)

    def fits(self, seen: Seen) -> bool:
        return all(condition.holds(seen.get(fact)) for fact, condition in self.when.items())


def row_for(table: Sequence[TableRow], seen: Seen) -> TableRow | None:
    """Return the first row that fits."""
    return next((row for row in table if row.fits(seen)), None)


def seen_of(
    given: Sequence[GivenReason], comes_to: Money, by_rule: Money, risk: Risk, kind: RefundKind, refund_to: RefundTo
) -> Seen:
    """Say what is known of a refund: `by_rule` is what its order got by rule before."""
    seen: dict[Fact, frozenset[str] | int] = {
        Fact.CURRENCY: frozenset({comes_to.currency}),
        Fact.REASON: frozenset(each.stands_for for each in given),
        Fact.OWN_REASON: frozenset(each.code for each in given if each.is_own),
        Fact.KIND: frozenset({kind}),
        Fact.REFUND_TO: frozenset({refund_to}),
        Fact.AMOUNT: (by_rule + comes_to).minor_units,
        Fact.RISK: risk.score,
    }
    facts = risk.facts
    if facts is None:
        return seen
    seen |= {
        Fact.REFUNDS_7D: facts.refunds_7d,
        Fact.REFUNDS_90D: facts.refunds_90d,
        Fact.ORDERS: facts.orders,
        Fact.ORDERS_REFUNDED: facts.orders_refunded,
        Fact.USUAL_AMOUNT: facts.usual_amount,
        Fact.REJECTED_INSPECTIONS: facts.rejected_inspections,
        Fact.OTHER_ACCOUNTS: facts.other_accounts,
    }
    if facts.account_age is not None:
        seen[Fact.ACCOUNT_AGE_DAYS] = facts.account_age // timedelta(days=1)
    return seen


@dataclass(frozen=True, slots=True)
class PastCase:
    """A refund of the past: what was seen of it then, and what came of it.

    `is_approved` is what a person or a rule decided, None where nobody has; `was_malicious` that units of it were
    rejected at inspection.
    """

    seen: Seen
    is_approved: bool | None
    was_malicious: bool


@dataclass(frozen=True, slots=True)
class RowTrial:
    """What a row would have fitted, and what came of that; without a row, all that no row fits."""

    row: TableRow | None
    refunds: int = 0
    approved: int = 0
    rejected: int = 0
    malicious: int = 0

    def with_one(self, case: PastCase) -> "RowTrial":
        return RowTrial(
            self.row,
            self.refunds + 1,
            self.approved + (case.is_approved is True),
            self.rejected + (case.is_approved is False),
            self.malicious + case.was_malicious,
        )


class TableTrial:
    """A draft of the table, tried on refunds of the past."""

    def __init__(self, table: Sequence[TableRow]) -> None:
        self._table = table
        self._trials: dict[str | None, RowTrial] = {None: RowTrial(None), **{row.name: RowTrial(row) for row in table}}

    @property
    def has_rows(self) -> bool:
        return bool(self._table)

    def add(self, case: PastCase) -> None:
        row = row_for(self._table, case.seen)
        name = row.name if row else None
        self._trials[name] = self._trials[name].with_one(case)

    @property
    def rows(self) -> list[RowTrial]:
        """In the order of the table; last what no row fits."""
        return [*(self._trials[row.name] for row in self._table), self._trials[None]]
