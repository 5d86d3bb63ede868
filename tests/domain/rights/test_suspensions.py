"""When the right to ask for refunds is suspended, and for how long (rule 34)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import Reason
from domain.durations import IsoDuration
from domain.lifecycle import RefundStatus
from domain.policy import Policy, RefundLimit
from domain.rights.suspensions import (
    DECIDED_BY_OPERATIONS,
    AskedRefund,
    Suspension,
    SuspensionRule,
    after_malicious_returns,
    going_over,
    is_malicious,
    to_keep,
)
from tests.domain.builders import on

TWO_A_WEEK = Policy(refund_limit=RefundLimit(2, IsoDuration("P7D")), suspension=IsoDuration("P10D"))


def asked(
    order_id: str,
    at: datetime,
    status: RefundStatus = RefundStatus.COMPLETED,
    reason: Reason = Reason.CHANGED_MIND,
) -> AskedRefund:
    return AskedRefund(order_id, at, status, reason.is_merchants_fault)


def judged(
    new: AskedRefund, *others: AskedRefund, policy: Policy = TWO_A_WEEK, reinstated_at: datetime | None = None
) -> Suspension | None:
    return going_over(new, others, policy, reinstated_at)


# The refund limit


def test_as_many_orders_as_the_limit_are_fine_and_one_more_suspends() -> None:
    suspension = judged(asked("o3", on(5)), asked("o1", on(3)), asked("o2", on(4)))

    assert judged(asked("o2", on(4)), asked("o1", on(3))) is None
    assert suspension is not None and suspension.rule is SuspensionRule.REFUND_LIMIT
    assert (suspension.counted, suspension.allowed) == (3, 2)
    assert suspension.reason == "refunds of 3 orders asked for within P7D, the limit is 2"


def test_the_suspension_lasts_from_the_newest_request_as_long_as_the_policy_says() -> None:
    suspension = judged(asked("o3", on(5)), asked("o1", on(3)), asked("o2", on(4)))

    assert suspension is not None and suspension.until == on(15)


def test_under_the_rulebooks_policy_the_sixth_order_within_thirty_days_suspends_for_thirty_days() -> None:
    five = [asked(f"o{place}", on(place)) for place in range(1, 6)]

    suspension = judged(asked("o6", on(30)), *five, policy=Policy())

    assert judged(five[4], *five[:4], policy=Policy()) is None
    assert suspension is not None and suspension.until == on(30) + timedelta(days=30)


def test_several_partial_returns_of_one_order_count_once() -> None:
    assert judged(asked("o1", on(5)), asked("o1", on(3)), asked("o1", on(4)), asked("o2", on(4))) is None
    assert judged(asked("o2", on(5)), asked("o1", on(3)), asked("o1", on(4))) is None


@pytest.mark.parametrize("fault", [each for each in Reason if each.is_merchants_fault])
def test_the_merchants_own_faults_do_not_count(fault: Reason) -> None:
    two = asked("o1", on(3)), asked("o2", on(4))

    assert judged(asked("o3", on(5), reason=fault), *two) is None
    assert judged(asked("o3", on(5)), two[0], asked("o2", on(4), reason=fault)) is None
    assert judged(asked("o3", on(5)), *two, asked("o4", on(4), reason=fault)) is not None


def test_another_part_of_an_order_that_counts_already_does_not_go_over_again() -> None:
    three = [asked(f"o{place}", on(3)) for place in range(1, 4)]

    assert judged(asked("o1", on(5)), *three) is None


@pytest.mark.parametrize("status", [RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED])
def test_what_came_to_nothing_does_not_count(status: RefundStatus) -> None:
    assert judged(asked("o3", on(5)), asked("o1", on(3), status), asked("o2", on(4))) is None


def test_a_refund_under_way_counts() -> None:
    assert judged(asked("o3", on(5)), asked("o1", on(3), RefundStatus.IN_REVIEW), asked("o2", on(4))) is not None


def test_what_was_asked_for_a_whole_window_ago_does_not_count_any_more() -> None:
    others = asked("o1", on(3)), asked("o2", on(4))
    a_second = timedelta(seconds=1)

    assert judged(asked("o3", on(10)), *others) is None
    assert judged(asked("o3", on(10) - a_second), *others) is not None


def test_an_older_request_that_is_pushed_late_counts_in_the_window_of_the_newest() -> None:
    others = asked("o1", on(9)), asked("o2", on(10))

    suspension = judged(asked("o3", on(5)), *others)

    assert suspension is not None and suspension.until == on(20)
    assert judged(asked("o3", on(3)), *others) is None


def test_after_a_reinstatement_the_count_begins_anew() -> None:
    before = asked("o1", on(3)), asked("o2", on(4)), asked("o3", on(5))

    assert judged(asked("o4", on(6)), *before, reinstated_at=on(5, hour=1)) is None
    assert judged(asked("o4", on(6)), *before, asked("o5", on(6)), reinstated_at=on(5, hour=1)) is None
    two_more = asked("o5", on(6)), asked("o6", on(6))
    assert judged(asked("o4", on(6)), *before, *two_more, reinstated_at=on(5, hour=1)) is not None


def test_what_was_asked_for_before_the_reinstatement_suspends_nobody_even_if_it_comes_late() -> None:
    since = asked("o1", on(5)), asked("o2", on(5))

    assert judged(asked("o3", on(4)), *since, reinstated_at=on(4)) is None
    assert judged(asked("o3", on(4, hour=1)), *since, reinstated_at=on(4)) is not None


@given(st.integers(1, 8), st.lists(st.tuples(st.integers(1, 6), st.integers(1, 28)), max_size=12))
def test_whoever_is_within_the_limit_altogether_is_never_suspended(count: int, refunds: list[tuple[int, int]]) -> None:
    policy = Policy(refund_limit=RefundLimit(count, IsoDuration("P30D")))
    made = [asked(f"o{order}", on(day)) for order, day in refunds]

    suspended = [judged(new, *made[:place], policy=policy) is not None for place, new in enumerate(made)]

    assert any(suspended) == (len({each.order_id for each in made}) > count)


# Malicious returns


@pytest.mark.parametrize("disposition", ["malicious", "fraud", "counterfeit", "swapped", "empty", " Empty "])
def test_rejected_units_with_such_a_disposition_are_a_malicious_return(disposition: str) -> None:
    assert is_malicious(1, disposition) and not is_malicious(0, disposition)


@pytest.mark.parametrize("disposition", [None, "", "worn", "return_to_customer", "not malicious"])
def test_units_that_are_merely_rejected_are_no_malice(disposition: str | None) -> None:
    assert not is_malicious(3, disposition)


@pytest.mark.parametrize(("returns", "is_suspended"), [(0, False), (1, False), (2, True), (3, True)])
def test_the_second_malicious_return_suspends(returns: int, is_suspended: bool) -> None:
    suspension = after_malicious_returns(returns, TWO_A_WEEK, on(5))

    assert (suspension is not None) == is_suspended
    if suspension:
        assert (suspension.rule, suspension.until) == (SuspensionRule.MALICIOUS_RETURNS, on(15))
        assert suspension.reason == f"{returns} malicious returns"
        assert (suspension.counted, suspension.allowed) == (returns, 1)


# The word of operations


def test_operations_say_why_in_their_own_words_or_not_at_all() -> None:
    def by_operations(reason: str) -> Suspension:
        return Suspension(SuspensionRule.OPERATIONS, reason, on(5))

    assert by_operations("three chargebacks").own_words == "three chargebacks"
    assert by_operations(DECIDED_BY_OPERATIONS).own_words == ""
    assert Suspension(SuspensionRule.REFUND_LIMIT, "refunds of 3 orders", on(5)).own_words == ""


# Two suspensions become one


@given(st.none() | st.datetimes(), st.none() | st.datetimes())
def test_of_two_suspensions_in_force_the_longer_one_stands(own: datetime | None, others: datetime | None) -> None:
    stands = own if to_keep(own, others) else others

    assert stands == max((each for each in (own, others) if each is not None), default=None)


# Exact, where windows and deadlines end with a day (rule 41)


@pytest.mark.parametrize("time_zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_a_refund_limit_and_a_suspension_are_exact_whatever_the_policys_time_zone_is(time_zone: str) -> None:
    policy = replace(TWO_A_WEEK, time_zone=time_zone)
    now = on(10, hour=23)
    a_week_ago = now - timedelta(days=7)
    exactly = [asked(f"o{place}", a_week_ago + timedelta(seconds=1)) for place in range(2)]
    over = [asked(f"o{place}", a_week_ago - timedelta(seconds=1)) for place in range(2)]

    suspension = judged(asked("o3", now), *exactly, policy=policy)

    assert suspension is not None and suspension.until == now + timedelta(days=10)
    assert judged(asked("o3", now), *over, policy=policy) is None
