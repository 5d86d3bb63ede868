"""Which refunds are approved by rule, and what a reviewer is told about the others (rule 33)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import GivenReason, Reason
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.policy import AutoApprove, AutoApprovePerCustomer, Policy
from domain.rights.review import ByRule, ReviewRule, Verdict, WaitsBecause, because_of_the_parcel, judge
from domain.rights.risk import HIGH_RISK, Risk
from tests.domain.builders import cny, jpy
from tests.domain.strategies import reasons

EVERYTHING = Policy(auto_approve=AutoApprove(tuple(Reason), max_amount=10**9, max_risk=100))


def judged(
    reason: Reason = Reason.QUALITY_ISSUE,
    amount: int = 100_00,
    risk: int = 0,
    *,
    policy: Policy | None = None,
    order: int = 0,
    customer: int = 0,
    in_window: bool = True,
    refund_to: RefundTo = RefundTo.ORIGINAL,
) -> Verdict:
    """The verdict without its sentences; `order` and `customer` got that much by rule before."""
    so_far = ByRule(cny(order), cny(customer))
    asked = policy or Policy(), given_as(reason), cny(amount), so_far, Risk(risk, ())
    verdict = judge(*asked, in_window=in_window, refund_to=refund_to)
    return replace(verdict, sentences=())


def given_as(*reasons: Reason) -> list[GivenReason]:
    return [GivenReason.one_of_the_four(reason) for reason in reasons]


def told(policy: Policy, amount: Money, *, order: int = 0, customer: int = 0) -> tuple[str, ...]:
    so_far = ByRule(amount.like(order), amount.like(customer))
    return judge(policy, given_as(Reason.QUALITY_ISSUE), amount, so_far, Risk(0, ()), in_window=True).sentences


@pytest.mark.parametrize("reason", [Reason.QUALITY_ISSUE, Reason.DELIVERY_ERROR, Reason.MERCHANT_BREACH])
def test_a_small_refund_at_the_merchants_fault_needs_no_reviewer(reason: Reason) -> None:
    assert judged(reason) == Verdict(ReviewRule.MERCHANT_FAULT, ())


def test_no_rule_approves_what_two_people_have_to() -> None:
    asked = EVERYTHING, given_as(Reason.QUALITY_ISSUE), cny(1), ByRule(cny(0), cny(0)), Risk(0, ())

    verdict = judge(*asked, in_window=True, approvals_needed=2)

    assert (verdict.rule, verdict.waits_because) == (None, (WaitsBecause.SECOND_REVIEW,))
    assert verdict.sentences == ("so much of an order is approved by 2 different people",)


def test_no_rule_sends_money_to_a_bank_account_that_was_named_with_the_request() -> None:
    to_account = judged(policy=EVERYTHING, refund_to=RefundTo.BANK_TRANSFER)

    assert to_account == Verdict(None, (WaitsBecause.BANK_TRANSFER,))
    assert judged(policy=EVERYTHING, refund_to=RefundTo.STORE_CREDIT).rule is ReviewRule.MERCHANT_FAULT


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
    verdict = judged(Reason.CHANGED_MIND, 200_01, 70, customer=300_00, in_window=False)

    assert verdict.waits_because == (
        WaitsBecause.REASON_NOT_LISTED,
        WaitsBecause.AMOUNT_OVER_LIMIT,
        WaitsBecause.CUSTOMER_OVER_LIMIT,
        WaitsBecause.RISK_OVER_LIMIT,
        WaitsBecause.HIGH_RISK,
        WaitsBecause.OUTSIDE_RETURN_WINDOW,
    )


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        (WaitsBecause.PARCEL_LATE, "a parcel arrived after the refund was over"),
        (WaitsBecause.PARCEL_LOST, "the parcel is lost on its way back"),
    ],
)
def test_a_parcel_that_is_late_or_lost_asks_a_reviewer(why: WaitsBecause, sentence: str) -> None:
    assert because_of_the_parcel(why) == Verdict(None, (why,), (sentence,))


# What was approved by rule before counts (rule 40)


def test_the_second_request_of_150_00_is_judged_as_300_00_and_not_as_150_00_as_before() -> None:
    assert judged(amount=150_00).rule is ReviewRule.MERCHANT_FAULT
    assert judged(amount=150_00, order=150_00) == Verdict(None, (WaitsBecause.ORDER_OVER_LIMIT,))


def test_an_order_gets_200_00_by_rule_in_however_many_parts_and_not_one_fen_more() -> None:
    assert judged(amount=50_00, order=150_00).rule is ReviewRule.MERCHANT_FAULT
    assert judged(amount=50_01, order=150_00) == Verdict(None, (WaitsBecause.ORDER_OVER_LIMIT,))


def test_a_customer_gets_500_00_by_rule_from_all_their_orders_and_not_one_fen_more() -> None:
    assert judged(amount=100_00, customer=400_00).rule is ReviewRule.MERCHANT_FAULT
    assert judged(amount=100_01, customer=400_00) == Verdict(None, (WaitsBecause.CUSTOMER_OVER_LIMIT,))


def test_who_lets_an_order_get_more_than_500_00_by_rule_lets_a_customer_get_as_much() -> None:
    policy = Policy(auto_approve=AutoApprove(max_amount=900_00))

    assert judged(amount=900_00, policy=policy).rule is ReviewRule.MERCHANT_FAULT
    assert judged(amount=900_00, customer=1, policy=policy) == Verdict(None, (WaitsBecause.CUSTOMER_OVER_LIMIT,))


def test_the_merchants_own_amount_for_a_customer_counts_even_below_that_for_an_order() -> None:
    policy = Policy(auto_approve_per_customer=AutoApprovePerCustomer(amount=100_00))

    assert judged(amount=100_00, policy=policy).rule is ReviewRule.MERCHANT_FAULT
    assert judged(amount=100_01, policy=policy) == Verdict(None, (WaitsBecause.CUSTOMER_OVER_LIMIT,))


def test_a_reviewer_is_told_what_was_approved_by_rule_before() -> None:
    assert told(Policy(), cny(150_00), order=150_00, customer=400_00) == (
        "¥150.00 after ¥150.00 that the order got by rule, together at most ¥200.00",
        "¥150.00 after ¥400.00 that the customer got by rule within P30D, together at most ¥500.00",
    )


@given(st.lists(st.integers(0, 100_00), max_size=30))
def test_however_a_sum_is_cut_into_parts_no_more_of_it_is_approved_by_rule(parts: list[int]) -> None:
    approved = 0
    for part in parts:
        if judged(amount=part, order=approved, customer=approved).rule is not None:
            approved += part

    assert approved <= 200_00


# Amounts by currency (rule 58)


def test_each_currency_has_an_amount_of_its_own_and_one_without_is_never_approved_by_rule() -> None:
    policy = Policy(auto_approve=AutoApprove(max_amount={"CNY": 200_00, "JPY": 4_000}))

    assert told(policy, jpy(4_000)) == ()
    assert told(policy, jpy(4_001)) == ("4,001 JPY, by rule at most 4,000 JPY",)
    assert told(policy, jpy(4_000), customer=50_000) != ()
    assert told(policy, Money("EUR", 0)) == ("the policy has no amount for EUR",)


def test_a_customer_gets_nothing_by_rule_in_a_currency_for_which_customers_have_no_amount() -> None:
    policy = Policy(auto_approve_per_customer=AutoApprovePerCustomer(amount={"CNY": 300_00}))

    assert told(policy, cny(1_00)) == ()
    assert told(policy, jpy(1)) == ("the policy has no amount for JPY",)


@given(reasons, st.integers(0, 300_00), st.integers(0, 100), st.booleans(), st.sets(reasons), st.integers(0, 100))
def test_what_is_approved_by_rule_is_within_every_limit_of_the_policy(
    reason: Reason, amount: int, risk: int, in_window: bool, listed: set[Reason], max_risk: int
) -> None:
    limits = AutoApprove(tuple(listed), max_amount=150_00, max_risk=max_risk)

    verdict = judged(reason, amount, risk, policy=Policy(auto_approve=limits), in_window=in_window)

    within = reason in listed and amount <= 150_00 and risk <= max_risk and risk < HIGH_RISK and in_window
    assert (verdict.rule is not None) == within == (not verdict.waits_because)
