"""Whatever a merchant chooses, every refund comes to something."""

import random
from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import GivenReason, Reason
from domain.claims.returns import is_in_window, refuse_if_too_late, reminder_after
from domain.deadlines import ends_at, never_closed
from domain.durations import span
from domain.money.amounts import Money
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.rights.review import ByRule, judge
from domain.rights.risk import Risk
from domain.sale.sales import book
from tests.domain.builders import a_coupon, a_gift, a_line, an_order, points_worth, units
from tests.domain.checks import check_it_adds_up
from tests.domain.generated_customers import read_policy
from tests.domain.refund_desk import NOW, Desk
from tests.domain.strategies import policies, reasons
from tests.domain.tapes import Tape

CHOICES = [
    (field.name, value)
    for field in fields(Policy)
    if isinstance(getattr(Policy(), field.name), StrEnum)
    for value in type(getattr(Policy(), field.name))
]


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize(("name", "value"), CHOICES, ids=[f"{name}={value}" for name, value in CHOICES])
def test_every_choice_settles_a_part_and_the_rest(name: str, value: StrEnum, reason: Reason) -> None:
    discounts = [a_coupon(10_00), points_worth(5_00, points=500)]
    order = an_order([a_line(2, 60_00), a_gift(5_00)], discounts, shipping=8_00, points_earned=100)
    chosen: dict[str, Any] = {name: value}
    desk = Desk(order, Policy(**chosen))

    for settlement in (desk.refund(units("l1", 1), reason=reason), desk.refund(reason=reason)):
        check_it_adds_up(settlement)
    assert desk.position.is_fully_returned()


def test_generated_policies_differ_in_every_field() -> None:
    dice = random.Random(1)
    generated = [read_policy(Tape(dice.randbytes(128))) for _ in range(200)]

    same_in_all = [field.name for field in fields(Policy) if len({repr(getattr(p, field.name)) for p in generated}) < 2]

    assert same_in_all == []
    for name, value in CHOICES:
        assert any(getattr(policy, name) is value for policy in generated)


GIVEN = st.one_of(
    reasons.map(GivenReason.one_of_the_four),
    st.builds(GivenReason, st.sampled_from(["too_small", "torn"]), reasons),
)
"""One of the four, or one of the merchant's own, which stands for one of them."""


@given(
    policies(),
    st.lists(GIVEN, min_size=1, max_size=3, unique_by=lambda given: given.code),
    st.integers(0, 100),
    st.integers(0, 300_00),
    st.booleans(),
)
def test_every_refund_is_approved_by_a_rule_or_waits_for_a_reason(
    policy: Policy, given_reasons: list[GivenReason], score: int, total: int, in_window: bool
) -> None:
    so_far = ByRule(Money("CNY", 0), Money("CNY", 0))

    verdict = judge(
        policy,
        given_reasons,
        Money("CNY", total),
        so_far,
        Risk(score, ()),
        in_window=in_window,
    )

    assert (verdict.rule is None) == bool(verdict.waits_because)
    assert len(verdict.sentences) == len(verdict.waits_because)


@given(policies(), st.integers(0, 400))
def test_every_request_is_in_the_window_or_refused_or_reviewed(policy: Policy, days: int) -> None:
    order = an_order()
    asked_at = NOW + span(policy.return_window) * days / 200
    in_window = is_in_window(order, book(order), policy, asked_at, never_closed)
    try:
        refuse_if_too_late(order, book(order), policy, asked_at, never_closed)
    except RefundRejected as refused:
        assert refused.code is Refusal.OUTSIDE_RETURN_WINDOW
        assert not in_window
    assert order.delivered_at is not None
    assert in_window == (asked_at <= ends_at(order.delivered_at, policy.return_window, policy.time_zone, never_closed))


@given(policies())
def test_everybody_is_reminded_before_the_deadline(policy: Policy) -> None:
    deadline = span(policy.return_deadline)

    assert reminder_after(deadline) <= deadline
    assert not deadline or reminder_after(deadline) < deadline
