"""Which refunds are approved by rule, and why the others wait for a reviewer (rule 33)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.claims.reasons import GivenReason, RefundKind, all_merchants_fault
from domain.explain.endings import EvidenceWanted, RejectionReason
from domain.explain.messages import format_money
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import Policy, amount_in
from domain.rights.review_table import Then, row_for, seen_of
from domain.rights.risk import HIGH_RISK, Risk


class Decision(StrEnum):
    """What a reviewer may decide."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_EVIDENCE = "request_evidence"


def what_does_not_fit(decision: Decision, reason_code: str | None, wanted: Sequence[str]) -> str | None:
    """Say in a sentence which code does not belong to a decision, or is none; None where all is well."""
    if reason_code and decision is not Decision.REJECT:
        return f"reason_code says why a request is rejected: leave it out of {decision}"
    if wanted and decision is not Decision.REQUEST_EVIDENCE:
        return f"evidence_wanted belongs to request_evidence: leave it out of {decision}"
    if reason_code and reason_code not in set(RejectionReason):
        return f"{reason_code!r} is no reason_code: say {' or '.join(RejectionReason)}"
    unknown = [each for each in wanted if each not in set(EvidenceWanted)]
    return f"{unknown[0]!r} is no evidence_wanted: say {' or '.join(EvidenceWanted)}" if unknown else None


class ReviewRule(StrEnum):
    """The rule that approved by itself."""

    MERCHANT_FAULT = "merchant_fault"
    LISTED_REASON = "listed_reason"
    REVIEW_TABLE = "review_table"


class WaitsBecause(StrEnum):
    """Why a reviewer is asked."""

    REASON_NOT_LISTED = "reason_not_listed"
    AMOUNT_OVER_LIMIT = "amount_over_limit"
    ORDER_OVER_LIMIT = "order_over_limit"
    CUSTOMER_OVER_LIMIT = "customer_over_limit"
    CURRENCY_WITHOUT_LIMIT = "currency_without_limit"
    RISK_OVER_LIMIT = "risk_over_limit"
    HIGH_RISK = "high_risk"
    OUTSIDE_RETURN_WINDOW = "outside_return_window"
    PARCEL_LATE = "parcel_late"
    PARCEL_LOST = "parcel_lost"
    BANK_TRANSFER = "bank_transfer"
    SECOND_REVIEW = "second_review"
    REVIEW_TABLE = "review_table"


_LIFTED = (WaitsBecause.REASON_NOT_LISTED, WaitsBecause.RISK_OVER_LIMIT)
"""What a row of the merchant's table may approve in spite of; amounts, high risks and windows hold all the same."""


SAFE_TOGETHER = (WaitsBecause.REASON_NOT_LISTED,)
"""Why a reviewer is asked about what is safe to be approved together with others.

Its amounts, its risk and its window are what the policy approves by rule; only its reason is none that it lists.
"""


@dataclass(frozen=True, slots=True)
class ByRule:
    """What was approved by rule so far, refunds that ended without payout aside (rule 40).

    `order` is what the order of this refund got, `customer` what all their orders of this currency got in the window.
    """

    order: Money
    customer: Money


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` is set when the refund is approved by rule; else `waits_because` says what a reviewer must judge.

    It is a ReviewRule; of the merchant's table with the name of the row behind a colon.
    `sentences` say the same for people, one for each reason.
    """

    rule: str | None
    waits_because: tuple[WaitsBecause, ...]
    sentences: tuple[str, ...] = ()


def judge(
    policy: Policy,
    given: Sequence[GivenReason],
    total: Money,
    so_far: ByRule,
    risk: Risk,
    *,
    in_window: bool,
    refund_to: RefundTo = RefundTo.ORIGINAL,
    approvals_needed: int = 1,
    kind: RefundKind = RefundKind.REFUND_ONLY,
) -> Verdict:
    """Approve by rule what the policy lists, at most its amounts and its risk; send the rest to a reviewer.

    `given` are the reasons for which anything is asked for: the policy has to list what each of them stands for
    (rule 55).
    `max_amount` is for what the order got by rule so far and this refund together, `auto_approve_per_customer` for
    what the customer got (rules 33 and 40). Several requests are judged like one: it does not matter how a sum is cut
    into parts. What a person approved does not count. A policy that has no amount for a currency approves nothing in
    it by rule (rule 58). No rule sends money to a bank account that was named with the request (rule 54), nor approves
    what several people have to.
    The first row of `review_table` that fits sends the refund to a reviewer whatever else is so, or approves it in
    spite of its reason and of `max_risk`, and of nothing else.
    """
    row = row_for(policy.review_table, seen_of(given, total, so_far.order, risk, kind, refund_to))
    why: dict[WaitsBecause, str] = {}
    not_listed = [each for each in given if each.stands_for not in policy.auto_approve.reasons]
    if not_listed:
        why[WaitsBecause.REASON_NOT_LISTED] = _not_listed(not_listed)
    why |= _over_amounts(policy, total, so_far)
    if risk.score > policy.auto_approve.max_risk:
        why[WaitsBecause.RISK_OVER_LIMIT] = f"a risk of {risk.score}, by rule at most {policy.auto_approve.max_risk}"
    if risk.score >= HIGH_RISK:
        why[WaitsBecause.HIGH_RISK] = f"a risk of {risk.score}: from {HIGH_RISK} on a reviewer decides"
    if not in_window:
        why[WaitsBecause.OUTSIDE_RETURN_WINDOW] = "asked for after the return window"
    if refund_to is RefundTo.BANK_TRANSFER:
        why[WaitsBecause.BANK_TRANSFER] = "it goes to a bank account: reviewers approve that, each with their own key"
    elif approvals_needed > 1:
        why[WaitsBecause.SECOND_REVIEW] = f"so much of an order is approved by {approvals_needed} different people"
    if row is not None and row.then is Then.REVIEW:
        why[WaitsBecause.REVIEW_TABLE] = f"the policy's table sends it to a reviewer: {row.name}"
    is_approved = row is not None and row.then is Then.APPROVE and any(each in why for each in _LIFTED)
    if is_approved:
        why = {each: sentence for each, sentence in why.items() if each not in _LIFTED}
    if why:
        return Verdict(None, tuple(why), tuple(why.values()))
    if row is not None and is_approved:
        return Verdict(f"{ReviewRule.REVIEW_TABLE}:{row.name}", ())
    is_merchants_fault = all_merchants_fault(each.stands_for for each in given)
    return Verdict(ReviewRule.MERCHANT_FAULT if is_merchants_fault else ReviewRule.LISTED_REASON, ())


def because_of_the_parcel(why: WaitsBecause) -> Verdict:
    """Ask a reviewer, whatever the rules would say, about a parcel that came late or is lost (rule 31)."""
    late = "a parcel arrived after the refund was over"
    return Verdict(None, (why,), (late if why is WaitsBecause.PARCEL_LATE else "the parcel is lost on its way back",))


def _not_listed(given: Sequence[GivenReason]) -> str:
    """Name what the policy does not list, with the merchant's own reasons that stand for it."""
    said = []
    for reason in dict.fromkeys(each.stands_for for each in given):
        own = [each.code for each in given if each.stands_for is reason and each.is_own]
        said.append(f"the policy approves no {reason} by rule" + (f" ({', '.join(own)})" if own else ""))
    return "; ".join(said)


def _over_amounts(policy: Policy, total: Money, so_far: ByRule) -> dict[WaitsBecause, str]:
    """Which amounts this refund takes the order or the customer over (rule 40)."""
    of_order = amount_in(policy.auto_approve.max_amount, total.currency)
    of_customer = amount_in(policy.per_customer, total.currency)
    if of_order is None or of_customer is None:
        return {WaitsBecause.CURRENCY_WITHOUT_LIMIT: f"the policy has no amount for {total.currency}"}
    over: dict[WaitsBecause, str] = {}
    if total.exceeds(total.like(of_order)):
        over[WaitsBecause.AMOUNT_OVER_LIMIT] = (
            f"{format_money(total)}, by rule at most {format_money(total.like(of_order))}"
        )
    elif (so_far.order + total).exceeds(total.like(of_order)):
        over[WaitsBecause.ORDER_OVER_LIMIT] = (
            f"{format_money(total)} after {format_money(so_far.order)} that the order got by rule, "
            f"together at most {format_money(total.like(of_order))}"
        )
    if (so_far.customer + total).exceeds(total.like(of_customer)):
        over[WaitsBecause.CUSTOMER_OVER_LIMIT] = (
            f"{format_money(total)} after {format_money(so_far.customer)} that the customer got by rule within "
            f"{policy.auto_approve_per_customer.window}, together at most {format_money(total.like(of_customer))}"
        )
    return over
