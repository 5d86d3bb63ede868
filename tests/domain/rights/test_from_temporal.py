"""Rule 33: what a signal at Temporal may approve."""

from dataclasses import replace

import pytest

from domain.money.amounts import Money
from domain.policy import ApprovalFromTemporal, Policy, PolicyAmount
from domain.rights.from_temporal import why_not_by_signal


def why_not(amount: int, so_far: int = 0, *, allowed: bool = True, up_to: PolicyAmount = 20_000) -> str | None:
    policy = replace(Policy(), approval_from_temporal=ApprovalFromTemporal(allowed, up_to))
    return why_not_by_signal(policy, Money("CNY", amount), Money("CNY", so_far))


@pytest.mark.parametrize(("amount", "so_far"), [(20_000, 0), (15_000, 5_000), (0, 20_000)])
def test_a_signal_may_approve_as_much_of_an_order_as_the_policy_says(amount: int, so_far: int) -> None:
    assert why_not(amount, so_far) is None


@pytest.mark.parametrize(("amount", "so_far"), [(20_001, 0), (15_000, 5_001), (9_000_000, 0)])
def test_what_signals_approve_of_one_order_is_counted_together(amount: int, so_far: int) -> None:
    assert "and the policy allows ¥200.00" in (why_not(amount, so_far) or "")


def test_nobody_approves_by_signal_where_the_policy_does_not_allow_it_or_names_no_amount() -> None:
    assert "lets nobody approve by signal" in (why_not(1, allowed=False) or "")
    assert "names no amount in CNY" in (why_not(1, up_to={"USD": 1_000}) or "")


def test_what_one_of_the_staff_has_asked_for_is_not_approved_by_who_has_no_name() -> None:
    def asked_by(who: str | None) -> str | None:
        return why_not_by_signal(Policy(), Money("CNY", 1), Money("CNY", 0), who)

    assert "over HTTP" in (asked_by("person:li") or "")
    assert asked_by("key_1") is None and asked_by(None) is None
