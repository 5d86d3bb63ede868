"""How many different keys approve a refund, and which approvals count (rule 54)."""

import pytest

from domain.payout.choice import RefundTo
from domain.rights.approvals import Approval, approvals_needed, why_not_counted

# Where the money goes (rule 54)

A = Approval("key_a", "reviewer")


@pytest.mark.parametrize(
    ("refund_to", "needed"), [(RefundTo.ORIGINAL, 1), (RefundTo.STORE_CREDIT, 1), (RefundTo.BANK_TRANSFER, 2)]
)
def test_money_to_a_bank_account_is_approved_by_two(refund_to: RefundTo, needed: int) -> None:
    assert approvals_needed(refund_to) == needed


def test_the_second_approval_is_anothers() -> None:
    assert why_not_counted("key_a", (), 2) is None
    assert why_not_counted("key_b", (A,), 2) is None
    assert "has approved it already" in (why_not_counted("key_a", (A,), 2) or "")


def test_nobody_knows_whose_an_approval_without_a_key_is() -> None:
    assert "over HTTP" in (why_not_counted("", (), 2) or "")


def test_where_one_is_enough_anybody_may_approve() -> None:
    assert why_not_counted("", (), 1) is None
