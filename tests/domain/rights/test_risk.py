"""How risky a refund looks, and why (rule 34)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rights.risk import Risk, RiskFacts, assess

NOTHING_AGAINST = RiskFacts(
    refunds_7d=0,
    refunds_90d=0,
    orders=10,
    orders_refunded=0,
    amount=100_00,
    usual_amount=100_00,
    rejected_inspections=0,
    account_age=timedelta(days=400),
)


def reasons(risk: Risk) -> dict[str, int]:
    return {reason.code: reason.points for reason in risk.reasons}


def test_a_good_customer_has_no_risk_and_no_reasons() -> None:
    assert assess(NOTHING_AGAINST) == Risk(0, (), facts=NOTHING_AGAINST)


@pytest.mark.parametrize(("refunds", "points"), [(3, 0), (4, 10), (6, 30), (7, 40), (50, 40)])
def test_more_than_three_refunds_in_a_week_count(refunds: int, points: int) -> None:
    assert assess(replace(NOTHING_AGAINST, refunds_7d=refunds)).score == points


@pytest.mark.parametrize(("refunds", "points"), [(6, 0), (7, 5), (12, 30), (50, 30)])
def test_more_than_six_refunds_in_ninety_days_count(refunds: int, points: int) -> None:
    assert assess(replace(NOTHING_AGAINST, refunds_90d=refunds)).score == points


@pytest.mark.parametrize(("orders", "refunded", "points"), [(3, 3, 0), (4, 2, 0), (4, 3, 15), (10, 5, 0), (10, 6, 15)])
def test_who_refunds_more_than_half_of_at_least_four_orders_stands_out(orders: int, refunded: int, points: int) -> None:
    assert assess(replace(NOTHING_AGAINST, orders=orders, orders_refunded=refunded)).score == points


@pytest.mark.parametrize(("amount", "usual", "points"), [(500_00, 100_00, 0), (500_01, 100_00, 10), (500_01, 0, 0)])
def test_an_amount_of_more_than_five_usual_orders_stands_out(amount: int, usual: int, points: int) -> None:
    assert assess(replace(NOTHING_AGAINST, amount=amount, usual_amount=usual)).score == points


@pytest.mark.parametrize(("rejected", "points"), [(1, 25), (2, 50), (3, 75), (9, 75)])
def test_every_rejected_inspection_weighs_heavily(rejected: int, points: int) -> None:
    assert assess(replace(NOTHING_AGAINST, rejected_inspections=rejected)).score == points


@pytest.mark.parametrize(
    ("age", "points"),
    [(timedelta(days=7), 0), (timedelta(days=7) - timedelta(seconds=1), 5), (timedelta(0), 5), (None, 0)],
)
def test_an_account_is_new_for_a_week_and_an_unknown_age_is_not_held_against_anyone(
    age: timedelta | None, points: int
) -> None:
    assert assess(replace(NOTHING_AGAINST, account_age=age)).score == points


@pytest.mark.parametrize(("others", "points"), [(0, 0), (1, 15), (2, 30), (3, 45), (9, 45)])
def test_other_accounts_on_the_same_payment_stand_out(others: int, points: int) -> None:
    assert assess(replace(NOTHING_AGAINST, other_accounts=others)).score == points


ALONE: dict[str, dict[str, Any]] = {
    "refunds_7d": {"refunds_7d": 4},
    "refunds_90d": {"refunds_90d": 7},
    "share_refunded": {"orders": 4, "orders_refunded": 3},
    "unusual_amount": {"amount": 500_01},
    "rejected_inspections": {"rejected_inspections": 1},
    "new_account": {"account_age": timedelta(days=1)},
    "shared_payment": {"other_accounts": 1},
    "same_picture": {"same_picture_in": ("rf_1",)},
}


@pytest.mark.parametrize("code", ALONE)
def test_each_reason_stands_alone(code: str) -> None:
    risk = assess(replace(NOTHING_AGAINST, **ALONE[code]))

    assert list(reasons(risk)) == [code] and risk.score == reasons(risk)[code]


def test_all_reasons_together_come_to_no_more_than_a_hundred() -> None:
    risk = assess(RiskFacts(50, 50, 50, 50, 600_00, 100_00, 50, timedelta(0), 50, same_picture_in=("rf_1",)))

    assert list(reasons(risk)) == list(ALONE)
    assert sum(reasons(risk).values()) > 100 and risk.score == 100


def test_a_reviewer_can_read_every_point() -> None:
    risk = assess(RiskFacts(5, 8, 4, 3, 600_00, 100_00, 1, timedelta(days=1), 1))

    assert reasons(risk) == {
        "refunds_7d": 20,
        "refunds_90d": 10,
        "share_refunded": 15,
        "unusual_amount": 10,
        "rejected_inspections": 25,
        "new_account": 5,
        "shared_payment": 15,
    }
    assert risk.score == 100
    assert [reason.message for reason in risk.reasons] == [
        "5 refunds in 7 days",
        "8 refunds in 90 days",
        "3 of 4 orders refunded",
        "6 times what their orders come to on average",
        "1 returns rejected at inspection",
        "account younger than 7 days",
        "1 other customers paid with the same card or wallet",
    ]


counts = st.integers(0, 20)
all_facts = st.builds(
    RiskFacts,
    refunds_7d=counts,
    refunds_90d=counts,
    orders=counts,
    orders_refunded=counts,
    amount=st.integers(0, 100_000),
    usual_amount=st.integers(0, 20_000),
    rejected_inspections=counts,
    account_age=st.none() | st.timedeltas(timedelta(0), timedelta(days=30)),
    other_accounts=counts,
)
marks = ["refunds_7d", "refunds_90d", "orders_refunded", "amount", "rejected_inspections", "other_accounts"]


@given(all_facts)
def test_the_score_is_the_sum_of_its_reasons_from_0_to_100(facts: RiskFacts) -> None:
    risk = assess(facts)

    assert risk.score == min(sum(reason.points for reason in risk.reasons), 100)
    assert all(reason.points > 0 and reason.message for reason in risk.reasons)


@given(all_facts, st.sampled_from(marks))
def test_one_more_mark_against_the_customer_never_lowers_the_risk(facts: RiskFacts, mark: str) -> None:
    worse = replace(facts, **{mark: getattr(facts, mark) + 1})

    assert assess(worse).score >= assess(facts).score
