"""Who may not ask for refunds for a while, until when, and why (rule 34)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.durations import span
from domain.lifecycle import RefundStatus
from domain.policy import Policy, RefundLimit

MALICIOUS_RETURNS_ALLOWED = 1
"""The second malicious return suspends."""

DECIDED_BY_OPERATIONS = "decided by operations"
"""The reason of a suspension for which operations gave none."""

_MALICIOUS_DISPOSITIONS = frozenset({"malicious", "fraud", "counterfeit", "swapped", "empty"})
_CAME_TO_NOTHING = frozenset({RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED})


class SuspensionRule(StrEnum):
    """What suspends: the customer's conduct, or the word of operations."""

    REFUND_LIMIT = "refund_limit"
    MALICIOUS_RETURNS = "malicious_returns"
    OPERATIONS = "operations"


@dataclass(frozen=True, slots=True)
class Suspension:
    """No refunds before `until`; `reason` is a sentence, `counted` what was counted against `allowed` (0: nothing)."""

    rule: SuspensionRule
    reason: str
    until: datetime
    counted: int = 0
    allowed: int = 0

    @property
    def own_words(self) -> str:
        """What operations said for themselves; empty where the rule says it all."""
        is_said = self.rule is SuspensionRule.OPERATIONS and self.reason != DECIDED_BY_OPERATIONS
        return self.reason if is_said else ""


@dataclass(frozen=True, slots=True)
class AskedRefund:
    """A refund as the limit sees it.

    It is the merchant's fault where nothing of it is asked for because of a change of mind (rule 55).
    """

    order_id: str
    asked_at: datetime
    status: RefundStatus
    is_merchants_fault: bool


def going_over(
    asked: AskedRefund, others: Iterable[AskedRefund], policy: Policy, reinstated_at: datetime | None
) -> Suspension | None:
    """Suspend whose new refund takes them over `refund_limit` (rule 34); the refund itself is accepted.

    Orders are counted, not refunds: several parts of one order count once. What came to nothing does not count, nor
    what was asked for at the merchant's own fault, nor before the last reinstatement. The window ends with the newest
    refund asked for, and the suspension is counted from there.
    """
    limit = policy.refund_limit
    if asked.is_merchants_fault:
        return None
    counting = [each for each in others if _is_counted(each)]
    newest = max([asked.asked_at, *(each.asked_at for each in counting)])
    in_window = [each for each in counting if _counts(each, newest, limit, reinstated_at)]
    orders = {each.order_id for each in in_window}
    if asked.order_id in orders or not _counts(asked, newest, limit, reinstated_at) or len(orders) < limit.count:
        return None
    count = len(orders) + 1
    reason = f"refunds of {count} orders asked for within {limit.window}, the limit is {limit.count}"
    until = newest + span(policy.suspension)
    return Suspension(SuspensionRule.REFUND_LIMIT, reason, until, counted=count, allowed=limit.count)


def to_keep(until: datetime | None, others_until: datetime | None) -> bool:
    """Whether a customer's own suspension stands where they get what a guest has: the longer one in force does.

    None where nothing is in force.
    """
    return others_until is None or (until is not None and until >= others_until)


def _is_counted(asked: AskedRefund) -> bool:
    return asked.status not in _CAME_TO_NOTHING and not asked.is_merchants_fault


def _counts(asked: AskedRefund, newest: datetime, limit: RefundLimit, reinstated_at: datetime | None) -> bool:
    is_recent = newest - asked.asked_at < span(limit.window)
    return is_recent and (reinstated_at is None or asked.asked_at > reinstated_at)


def is_malicious(rejected: int, disposition: str | None) -> bool:
    """Tell whether the inspection of a line found malice: units rejected, with a disposition that says so."""
    return rejected > 0 and (disposition or "").strip().lower() in _MALICIOUS_DISPOSITIONS


def after_malicious_returns(count: int, policy: Policy, now: datetime) -> Suspension | None:
    """Suspend who sent `count` malicious returns since they were last reinstated; one is forgiven (rule 34)."""
    if count <= MALICIOUS_RETURNS_ALLOWED:
        return None
    until = now + span(policy.suspension)
    reason = f"{count} malicious returns"
    return Suspension(SuspensionRule.MALICIOUS_RETURNS, reason, until, count, MALICIOUS_RETURNS_ALLOWED)
