"""Which refunds are approved by rule, and why the others wait for a reviewer (rule 33)."""

from dataclasses import dataclass
from enum import StrEnum

from domain.money import Money
from domain.policy import Policy
from domain.reasons import Reason
from domain.risk import HIGH_RISK, Risk


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_EVIDENCE = "request_evidence"


class ReviewRule(StrEnum):
    """The rule that approved by itself."""

    MERCHANT_FAULT = "merchant_fault"
    LISTED_REASON = "listed_reason"


class WaitsBecause(StrEnum):
    """Why a reviewer is asked."""

    REASON_NOT_LISTED = "reason_not_listed"
    AMOUNT_OVER_LIMIT = "amount_over_limit"
    RISK_OVER_LIMIT = "risk_over_limit"
    HIGH_RISK = "high_risk"
    OUTSIDE_RETURN_WINDOW = "outside_return_window"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` is set when the refund is approved by rule; else `waits_because` says what a reviewer must judge."""

    rule: ReviewRule | None
    waits_because: tuple[WaitsBecause, ...]


def judge(policy: Policy, reason: Reason, total: Money, risk: Risk, *, in_window: bool) -> Verdict:
    """Approve by rule what the policy lists, at most its amount and its risk; send the rest to a reviewer (rule 33)."""
    limits = policy.auto_approve
    checks = {
        WaitsBecause.REASON_NOT_LISTED: reason not in limits.reasons,
        WaitsBecause.AMOUNT_OVER_LIMIT: total.minor_units > limits.max_amount,
        WaitsBecause.RISK_OVER_LIMIT: risk.score > limits.max_risk,
        WaitsBecause.HIGH_RISK: risk.score >= HIGH_RISK,
        WaitsBecause.OUTSIDE_RETURN_WINDOW: not in_window,
    }
    waits_because = tuple(why for why, applies in checks.items() if applies)
    if waits_because:
        return Verdict(None, waits_because)
    return Verdict(ReviewRule.MERCHANT_FAULT if reason.is_merchants_fault else ReviewRule.LISTED_REASON, ())
