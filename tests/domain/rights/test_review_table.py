"""The merchant's own table of what a reviewer sees and what is approved by rule (rule 33)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import GivenReason, Reason, RefundKind
from domain.payout.choice import RefundTo
from domain.policy import AutoApprove, Policy
from domain.rights.review import ByRule, Verdict, WaitsBecause, judge
from domain.rights.review_table import Condition, Fact, PastCase, TableRow, TableTrial, Then, row_for, seen_of
from domain.rights.risk import Risk, RiskFacts
from tests.domain.builders import cny

FACTS = RiskFacts(
    refunds_7d=1,
    refunds_90d=4,
    orders=8,
    orders_refunded=3,
    amount=50_00,
    usual_amount=60_00,
    rejected_inspections=2,
    account_age=timedelta(days=6, hours=23),
    other_accounts=5,
)
OWN = GivenReason("too_small", Reason.CHANGED_MIND)


def row(then: Then, name: str = "row", **when: Condition) -> TableRow:
    return TableRow(name, then, {Fact(fact): condition for fact, condition in when.items()})


def judged(
    *table: TableRow,
    reason: Reason = Reason.QUALITY_ISSUE,
    amount: int = 50_00,
    risk: int = 0,
    order: int = 0,
    approvals_needed: int = 1,
    in_window: bool = True,
    refund_to: RefundTo = RefundTo.ORIGINAL,
) -> Verdict:
    asked = Policy(review_table=table), [GivenReason.one_of_the_four(reason)], cny(amount)
    known = ByRule(cny(order), cny(order)), Risk(risk, (), facts=FACTS)
    ways = {"in_window": in_window, "refund_to": refund_to}
    return judge(*asked, *known, **ways, approvals_needed=approvals_needed)  # type: ignore[arg-type]


def seen(facts: RiskFacts | None = FACTS) -> dict[Fact, frozenset[str] | int]:
    given_reasons = [OWN, GivenReason.one_of_the_four(Reason.QUALITY_ISSUE)]
    risk = Risk(12, (), facts=facts)
    return dict(seen_of(given_reasons, cny(50_00), cny(7_00), risk, RefundKind.RETURN, RefundTo.STORE_CREDIT))


def test_everything_that_a_row_may_ask_about_is_seen() -> None:
    assert seen() == {
        Fact.CURRENCY: {"CNY"},
        Fact.REASON: {Reason.CHANGED_MIND, Reason.QUALITY_ISSUE},
        Fact.OWN_REASON: {"too_small"},
        Fact.KIND: {RefundKind.RETURN},
        Fact.REFUND_TO: {RefundTo.STORE_CREDIT},
        Fact.AMOUNT: 57_00,
        Fact.RISK: 12,
        Fact.REFUNDS_7D: 1,
        Fact.REFUNDS_90D: 4,
        Fact.ORDERS: 8,
        Fact.ORDERS_REFUNDED: 3,
        Fact.USUAL_AMOUNT: 60_00,
        Fact.REJECTED_INSPECTIONS: 2,
        Fact.ACCOUNT_AGE_DAYS: 6,
        Fact.OTHER_ACCOUNTS: 5,
    }
    assert set(seen()) == set(Fact)


@given(st.sampled_from(list(Fact)))
def test_what_is_not_known_fits_no_condition(fact: Fact) -> None:
    whatever = Condition(one_of=tuple(fact.words or ("CNY",)), at_least=0)

    assert not TableRow("row", Then.REVIEW, {fact: whatever}).fits({})


def test_of_a_risk_that_was_stored_without_its_facts_the_score_alone_is_known() -> None:
    known = seen(facts=None)

    assert Fact.RISK in known and Fact.ORDERS not in known
    assert Fact.ACCOUNT_AGE_DAYS not in seen(replace(FACTS, account_age=None))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition(at_least=6), True),
        (Condition(at_least=7), False),
        (Condition(at_most=6), True),
        (Condition(at_most=5), False),
        (Condition(at_least=6, at_most=6), True),
        (Condition(at_least=1, at_most=5), False),
    ],
)
def test_a_number_is_within_its_bounds(condition: Condition, holds: bool) -> None:
    assert row(Then.REVIEW, account_age_days=condition).fits(seen()) is holds


def test_a_word_is_one_of_those_and_all_conditions_have_to_hold() -> None:
    mind, mind_or_error = Condition(("changed_mind",)), Condition(("changed_mind", "delivery_error"))

    assert row(Then.REVIEW, reason=mind_or_error).fits(seen())
    assert not row(Then.REVIEW, reason=Condition(("delivery_error",))).fits(seen())
    assert row(Then.REVIEW, reason=mind, amount=Condition(at_least=57_00)).fits(seen())
    assert not row(Then.REVIEW, reason=mind, amount=Condition(at_least=57_01)).fits(seen())


def test_the_first_row_that_fits_counts_and_a_row_without_conditions_fits_all() -> None:
    table = [row(Then.REVIEW, "a", risk=Condition(at_least=90)), row(Then.APPROVE, "b"), row(Then.REVIEW, "c")]

    assert row_for(table, seen()) is table[1]
    assert row_for(table[:1], seen()) is None


def test_a_row_sends_to_a_reviewer_what_would_be_approved() -> None:
    verdict = judged(row(Then.REVIEW, "shared cards", other_accounts=Condition(at_least=5)))

    assert (verdict.rule, verdict.waits_because) == (None, (WaitsBecause.REVIEW_TABLE,))
    assert verdict.sentences == ("the policy's table sends it to a reviewer: shared cards",)


def test_a_row_approves_in_spite_of_the_reason_and_the_risk() -> None:
    approves = row(Then.APPROVE, "regulars", orders=Condition(at_least=8))

    assert judged(approves, reason=Reason.CHANGED_MIND).rule == "review_table:regulars"
    assert judged(approves, risk=69).rule == "review_table:regulars"
    assert judged(approves) == judged()  # as without it


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"amount": 200_01}, WaitsBecause.AMOUNT_OVER_LIMIT),
        ({"order": 180_00}, WaitsBecause.ORDER_OVER_LIMIT),
        ({"risk": 70}, WaitsBecause.HIGH_RISK),
        ({"in_window": False}, WaitsBecause.OUTSIDE_RETURN_WINDOW),
        ({"refund_to": RefundTo.BANK_TRANSFER}, WaitsBecause.BANK_TRANSFER),
        ({"approvals_needed": 2}, WaitsBecause.SECOND_REVIEW),
    ],
)
def test_a_row_approves_in_spite_of_nothing_else(asked: dict[str, int], why: WaitsBecause) -> None:
    verdict = judged(row(Then.APPROVE), reason=Reason.CHANGED_MIND, **asked)  # type: ignore[arg-type]

    assert (verdict.rule, verdict.waits_because) == (None, (why,))


def test_a_sum_that_is_cut_into_parts_is_one_amount() -> None:
    table = row(Then.REVIEW, amount=Condition(at_least=100_00))

    assert judged(table, amount=50_00).rule is not None
    assert judged(table, amount=50_00, order=50_00).waits_because == (WaitsBecause.REVIEW_TABLE,)


def test_a_merchant_without_a_table_is_judged_as_before() -> None:
    policy = Policy(auto_approve=AutoApprove(tuple(Reason), max_amount=10**9, max_risk=100))

    assert policy.review_table == () and judged().rule == "merchant_fault"


def test_a_draft_is_tried_on_past_refunds() -> None:
    table = [row(Then.REVIEW, "new", account_age_days=Condition(at_most=7)), row(Then.APPROVE, "rest of the known")]
    trial = TableTrial(table)
    nobody: dict[Fact, frozenset[str] | int] = {}

    for case in (
        PastCase(seen(), is_approved=True, was_malicious=True),
        PastCase(seen(), is_approved=False, was_malicious=False),
        PastCase(seen(), is_approved=None, was_malicious=False),
        PastCase(nobody, is_approved=True, was_malicious=False),
    ):
        trial.add(case)

    told = [(each.row, each.refunds, each.approved, each.rejected, each.malicious) for each in trial.rows]
    assert told == [(table[0], 3, 1, 1, 1), (table[1], 1, 1, 0, 0), (None, 0, 0, 0, 0)]
    assert trial.has_rows and not TableTrial(()).has_rows
