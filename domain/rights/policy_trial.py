"""A draft policy tried on refunds of the past: who would have decided them, and what came of each (rule 33)."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.claims.reasons import GivenReason, RefundKind
from domain.durations import span
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import Policy
from domain.rights.review import ByRule, judge
from domain.rights.review_table import PastCase, RowTrial, TableTrial, seen_of
from domain.rights.risk import Risk


@dataclass(frozen=True, slots=True)
class JudgedRefund:
    """A refund as it was judged, and what came of it.

    `was_by_rule`: no reviewer decided it. `is_approved` is what was decided, None where nobody has; `was_malicious`
    that units of it were rejected at inspection; `was_called_off` that its customer never had anything of it.
    """

    customer_id: str
    order_id: str
    asked_at: datetime
    given: tuple[GivenReason, ...]
    comes_to: Money
    risk: Risk
    kind: RefundKind
    refund_to: RefundTo
    approvals_needed: int
    in_window: bool
    was_by_rule: bool
    is_approved: bool | None
    was_malicious: bool
    was_called_off: bool = False


@dataclass(frozen=True, slots=True)
class CameOf:
    """What came of some refunds; the rest of them nobody has decided."""

    refunds: int = 0
    approved: int = 0
    rejected: int = 0
    malicious: int = 0

    def with_one(self, refund: JudgedRefund) -> "CameOf":
        return CameOf(
            self.refunds + 1,
            self.approved + (refund.is_approved is True),
            self.rejected + (refund.is_approved is False),
            self.malicious + refund.was_malicious,
        )


@dataclass(frozen=True, slots=True)
class DraftDecisions:
    """Who would have decided: all that the draft approves by rule, and what it would have had decided otherwise."""

    judged: int = 0
    by_rule: CameOf = CameOf()
    by_rule_instead: CameOf = CameOf()
    by_reviewer_instead: CameOf = CameOf()


class PolicyTrial:
    """Judges refunds as a draft would have, customer by customer and in the order in which they asked.

    What an order and a customer got by rule is what the draft would have given them (rule 40). Whether a refund came
    within its window and how many had to approve it stays as it was.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._window = span(policy.auto_approve_per_customer.window)
        self._table = TableTrial(policy.review_table)
        self._got = _Got()
        self.decided = DraftDecisions()

    @property
    def rows(self) -> list[RowTrial]:
        """What each row of the draft's table would have fitted; none where it has no table."""
        return self._table.rows if self._table.has_rows else []

    def add(self, refund: JudgedRefund) -> None:
        if refund.customer_id != self._got.customer_id:
            self._got = _Got(refund.customer_id)
        so_far = self._got.by_rule(refund, refund.asked_at - self._window)
        seen = seen_of(refund.given, refund.comes_to, so_far.order, refund.risk, refund.kind, refund.refund_to)
        self._table.add(PastCase(seen, refund.is_approved, refund.was_malicious))
        verdict = judge(
            self._policy,
            refund.given,
            refund.comes_to,
            so_far,
            refund.risk,
            in_window=refund.in_window,
            refund_to=refund.refund_to,
            approvals_needed=refund.approvals_needed,
            kind=refund.kind,
        )
        if verdict.rule is not None and not refund.was_called_off:
            self._got.add(refund)
        self.decided = _with_one(self.decided, refund, by_rule=verdict.rule is not None)


def _with_one(decided: DraftDecisions, refund: JudgedRefund, *, by_rule: bool) -> DraftDecisions:
    decided = replace(decided, judged=decided.judged + 1)
    if by_rule:
        decided = replace(decided, by_rule=decided.by_rule.with_one(refund))
    if by_rule and not refund.was_by_rule:
        return replace(decided, by_rule_instead=decided.by_rule_instead.with_one(refund))
    if refund.was_by_rule and not by_rule:
        return replace(decided, by_reviewer_instead=decided.by_reviewer_instead.with_one(refund))
    return decided


@dataclass(slots=True)
class _Got:
    """What one customer got by rule so far: by order, and within the window, each currency by itself."""

    customer_id: str | None = None
    orders: dict[tuple[str, str], Money] = field(default_factory=dict)
    lately: dict[str, deque[tuple[datetime, Money]]] = field(default_factory=dict)
    sums: dict[str, Money] = field(default_factory=dict)

    def by_rule(self, refund: JudgedRefund, since: datetime) -> ByRule:
        nothing = refund.comes_to.like(0)
        currency = nothing.currency
        within = self.lately.get(currency, deque())
        while within and within[0][0] <= since:
            self.sums[currency] -= within.popleft()[1]
        return ByRule(self.orders.get((refund.order_id, currency), nothing), self.sums.get(currency, nothing))

    def add(self, refund: JudgedRefund) -> None:
        amount, order = refund.comes_to, (refund.order_id, refund.comes_to.currency)
        self.orders[order] = self.orders.get(order, amount.like(0)) + amount
        self.lately.setdefault(amount.currency, deque()).append((refund.asked_at, amount))
        self.sums[amount.currency] = self.sums.get(amount.currency, amount.like(0)) + amount
