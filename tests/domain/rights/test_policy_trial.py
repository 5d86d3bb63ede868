"""A draft policy is tried on past refunds: who would have decided them, and what came of those it decides otherwise."""

from dataclasses import replace
from datetime import timedelta

from domain.claims.reasons import GivenReason, Reason, RefundKind
from domain.durations import IsoDuration
from domain.payout.choice import RefundTo
from domain.policy import AutoApprove, AutoApprovePerCustomer, Policy
from domain.rights.policy_trial import CameOf, DraftDecisions, JudgedRefund, PolicyTrial
from domain.rights.review_table import Condition, Fact, RowTrial, TableRow, Then
from domain.rights.risk import Risk
from tests.domain.builders import cny, jpy, on

GENEROUS = Policy(auto_approve=AutoApprove(tuple(Reason), max_amount=100_00, max_risk=50))
SMALL = JudgedRefund(
    customer_id="c1",
    order_id="o1",
    asked_at=on(1),
    given=(GivenReason.one_of_the_four(Reason.CHANGED_MIND),),
    comes_to=cny(60_00),
    risk=Risk(10, ()),
    kind=RefundKind.RETURN,
    refund_to=RefundTo.ORIGINAL,
    approvals_needed=1,
    in_window=True,
    was_by_rule=False,
    is_approved=True,
    was_malicious=False,
)


def tried(policy: Policy, *refunds: JudgedRefund) -> DraftDecisions:
    trial = PolicyTrial(policy)
    for refund in refunds:
        trial.add(refund)
    return trial.decided


def test_of_those_that_a_draft_would_have_approved_it_is_said_how_many_were_malicious() -> None:
    bad = replace(SMALL, order_id="o2", customer_id="c2", was_malicious=True)
    rejected = replace(SMALL, order_id="o3", customer_id="c3", is_approved=False)
    open_still = replace(SMALL, order_id="o4", customer_id="c4", is_approved=None)

    decided = tried(GENEROUS, SMALL, bad, rejected, open_still)

    assert decided == DraftDecisions(4, CameOf(4, 2, 1, 1), by_rule_instead=CameOf(4, 2, 1, 1))


def test_what_a_draft_would_have_had_a_reviewer_decide_is_counted_apart() -> None:
    by_rule, too_risky = replace(SMALL, was_by_rule=True), replace(SMALL, customer_id="c2", risk=Risk(60, ()))

    assert tried(Policy(), by_rule) == DraftDecisions(1, by_reviewer_instead=CameOf(1, 1))
    assert tried(GENEROUS, by_rule) == DraftDecisions(1, by_rule=CameOf(1, 1))
    assert tried(GENEROUS, too_risky) == DraftDecisions(1)


def test_what_an_order_got_by_rule_is_what_the_draft_would_have_given_it() -> None:
    """Two halves of 120.00 are over 100.00 like the whole (rule 40); of another order, or in yen, they are not."""
    second = replace(SMALL, asked_at=on(2))

    assert tried(GENEROUS, SMALL, second).by_rule.refunds == 1
    assert tried(GENEROUS, SMALL, replace(second, order_id="o2")).by_rule.refunds == 2
    assert tried(GENEROUS, SMALL, replace(second, comes_to=jpy(60_00))).by_rule.refunds == 2
    assert tried(GENEROUS, SMALL, replace(second, customer_id="c2", order_id="o2")).by_rule.refunds == 2


def test_what_was_called_off_takes_nothing_of_what_may_be_had_by_rule() -> None:
    called_off = replace(SMALL, was_called_off=True)

    assert tried(GENEROUS, called_off, replace(SMALL, asked_at=on(2))).by_rule.refunds == 2


def test_a_customer_gets_so_much_by_rule_within_the_window_and_again_after_it() -> None:
    policy = replace(GENEROUS, auto_approve_per_customer=AutoApprovePerCustomer(100_00, IsoDuration("P30D")))
    soon = replace(SMALL, order_id="o2", asked_at=SMALL.asked_at + timedelta(days=29))
    later = replace(SMALL, order_id="o3", asked_at=SMALL.asked_at + timedelta(days=30))

    assert tried(policy, SMALL, soon).by_rule.refunds == 1
    assert tried(policy, SMALL, soon, later).by_rule.refunds == 2


def test_what_came_too_late_or_needs_two_is_as_it_was() -> None:
    assert tried(GENEROUS, replace(SMALL, in_window=False)).by_rule.refunds == 0
    assert tried(GENEROUS, replace(SMALL, approvals_needed=2)).by_rule.refunds == 0


def test_a_row_sees_what_the_order_would_have_had_with_the_refund() -> None:
    dear = TableRow("from 100.00", Then.REVIEW, {Fact.AMOUNT: Condition(at_least=100_00)})
    trial = PolicyTrial(replace(GENEROUS, review_table=(dear,)))
    for refund in (SMALL, replace(SMALL, asked_at=on(2), is_approved=False)):
        trial.add(refund)

    assert trial.rows == [RowTrial(dear, 1, rejected=1), RowTrial(None, 1, approved=1)]
    assert PolicyTrial(GENEROUS).rows == []
