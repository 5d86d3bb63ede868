"""Which refunds are approved by rule, and what a reviewer is told about the others (rule 33)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy import AutoApprove, Policy
from domain.reasons import Reason
from domain.review import ReviewRule, Verdict, WaitsBecause, judge
from domain.risk import HIGH_RISK, Risk
from tests.domain.builders import cny
from tests.domain.strategies import reasons

EVERYTHING = Policy(auto_approve=AutoApprove(tuple(Reason), max_amount=10**9, max_risk=100))


def judged(
    reason: Reason = Reason.QUALITY_ISSUE,
    amount: int = 100_00,
    risk: int = 0,
    *,
    policy: Policy | None = None,
    in_window: bool = True,
) -> Verdict:
    return judge(policy or Policy(), reason, cny(amount), Risk(risk, ()), in_window=in_window)


@pytest.mark.parametrize("reason", [Reason.QUALITY_ISSUE, Reason.DELIVERY_ERROR, Reason.MERCHANT_BREACH])
def test_a_small_refund_at_the_merchants_fault_needs_no_reviewer(reason: Reason) -> None:
    assert judged(reason) == Verdict(ReviewRule.MERCHANT_FAULT, ())


def test_who_changed_their_mind_waits_for_a_reviewer_unless_the_policy_lists_it() -> None:
    assert judged(Reason.CHANGED_MIND) == Verdict(None, (WaitsBecause.REASON_NOT_LISTED,))
    assert judged(Reason.CHANGED_MIND, policy=EVERYTHING) == Verdict(ReviewRule.LISTED_REASON, ())


def test_up_to_200_00_is_approved_and_one_fen_more_is_not() -> None:
    assert judged(amount=200_00).rule is ReviewRule.MERCHANT_FAULT
    assert judged(amount=200_01) == Verdict(None, (WaitsBecause.AMOUNT_OVER_LIMIT,))


def test_a_risk_of_30_is_approved_and_31_is_not() -> None:
    assert judged(risk=30).rule is ReviewRule.MERCHANT_FAULT
    assert judged(risk=31) == Verdict(None, (WaitsBecause.RISK_OVER_LIMIT,))


def test_at_a_risk_of_70_a_reviewer_decides_whatever_the_policy_says() -> None:
    assert judged(risk=69, policy=EVERYTHING).rule is ReviewRule.MERCHANT_FAULT
    assert judged(risk=70, policy=EVERYTHING) == Verdict(None, (WaitsBecause.HIGH_RISK,))


def test_a_late_request_is_never_approved_by_rule() -> None:
    assert judged(policy=EVERYTHING, in_window=False) == Verdict(None, (WaitsBecause.OUTSIDE_RETURN_WINDOW,))


def test_a_reviewer_is_told_every_reason_at_once() -> None:
    verdict = judged(Reason.CHANGED_MIND, 200_01, 70, in_window=False)

    assert verdict == Verdict(None, tuple(WaitsBecause))


@given(reasons, st.integers(0, 300_00), st.integers(0, 100), st.booleans(), st.sets(reasons), st.integers(0, 100))
def test_what_is_approved_by_rule_is_within_every_limit_of_the_policy(
    reason: Reason, amount: int, risk: int, in_window: bool, listed: set[Reason], max_risk: int
) -> None:
    limits = AutoApprove(tuple(listed), max_amount=150_00, max_risk=max_risk)

    verdict = judged(reason, amount, risk, policy=Policy(auto_approve=limits), in_window=in_window)

    within = reason in listed and amount <= 150_00 and risk <= max_risk and risk < HIGH_RISK and in_window
    assert (verdict.rule is not None) == within == (not verdict.waits_because)
