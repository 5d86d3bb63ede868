"""How many people approve a refund, who may, and which approvals count (rules 33 and 54)."""

import pytest

from domain.payout.choice import RefundTo
from domain.policy import Policy, PolicyAmount
from domain.rights.approvals import Approval, approvals_needed, why_not_counted, why_not_theirs
from tests.domain.builders import cny

# Where the money goes (rule 54)

A = Approval("key_a", "reviewer")


@pytest.mark.parametrize(
    ("refund_to", "needed"), [(RefundTo.ORIGINAL, 1), (RefundTo.STORE_CREDIT, 1), (RefundTo.BANK_TRANSFER, 2)]
)
def test_money_to_a_bank_account_is_approved_by_two(refund_to: RefundTo, needed: int) -> None:
    assert approvals_needed(refund_to, Policy(), cny(10**9), cny(0)) == needed


def test_the_second_approval_is_anothers() -> None:
    assert why_not_counted("key_a", (), 2) is None
    assert why_not_counted("key_b", (A,), 2) is None
    assert "you have approved it already" in (why_not_counted("key_a", (A,), 2) or "")


def test_nobody_knows_whose_an_approval_without_a_key_is() -> None:
    assert "over HTTP" in (why_not_counted("", (), 2) or "")


def test_where_one_is_enough_anybody_may_approve() -> None:
    assert why_not_counted("", (), 1) is None


# Review and risk (rule 33)


@pytest.mark.parametrize(
    ("above", "others", "needed"),
    [(100_00, 0, 1), (99_99, 0, 2), (100_00, 1, 2), ({"CNY": 100_00}, 0, 1), ({"USD": 10**9}, 0, 2), (0, 0, 2)],
)
def test_two_people_approve_what_takes_an_order_over_an_amount(above: PolicyAmount, others: int, needed: int) -> None:
    policy = Policy(second_review_above=above)

    assert approvals_needed(RefundTo.ORIGINAL, policy, cny(100_00), cny(others)) == needed


def test_nobody_approves_what_they_have_asked_for() -> None:
    li = ("person:li", "li", "reviewer")

    assert "somebody else" in (why_not_theirs("person:li", Policy(), *li, cny(1)) or "")
    assert why_not_theirs("person:han", Policy(), *li, cny(1)) is None
    assert why_not_theirs(None, Policy(), *li, cny(1)) is None


@pytest.mark.parametrize(
    ("person", "amount", "why"),
    [
        ("", 50_00, None),
        ("", 50_01, "you may approve ¥50.00"),
        ("li", 50_01, "you may approve ¥50.00"),
        ("han", 90_00, None),
        ("han", 90_01, "you may approve ¥90.00"),
        ("wei", 1, "no amount in CNY"),
    ],
)
def test_a_person_may_approve_as_much_as_they_are_trusted_with_else_as_their_role(
    person: str, amount: int, why: str | None
) -> None:
    policy = Policy(review_limits={"reviewer": 50_00, "han": {"CNY": 90_00}, "wei": {"USD": 10**9}})

    said = why_not_theirs(None, policy, f"person:{person}", person, "reviewer", cny(amount))

    assert said is None if why is None else why in (said or "")
