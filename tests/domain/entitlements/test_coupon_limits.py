"""Coupons that everybody may use or that have several uses: none is used more often than it says (rules 13 and 14)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entitlements.coupon_limits import (
    CouponLimits,
    CouponUsedUp,
    CustomerUses,
    Usable,
    end_for,
    in_parts,
    usable,
)
from domain.entitlements.coupons import CouponStatus

NOW = datetime(2026, 4, 10, tzinfo=UTC)
OVER, AHEAD = NOW - timedelta(days=10), NOW + timedelta(days=30)
UNUSED, USED, EXPIRED = CouponStatus.UNUSED, CouponStatus.USED, CouponStatus.EXPIRED


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 40))
def test_parts_sum_to_the_whole_and_no_part_of_what_is_taken_exceeds_its_share(one: int, other: int, n: int) -> None:
    taken, most = sorted((one, other))

    assert sum(in_parts(taken, n)) == taken
    assert all(has <= share for has, share in zip(in_parts(taken, n), in_parts(most, n), strict=True))


def test_a_customers_own_coupon_without_a_limit_counts_no_uses() -> None:
    assert not CouponLimits(False).counts_uses
    for limits in (CouponLimits(True), CouponLimits(False, 1), CouponLimits(False, None, 2)):
        assert limits.counts_uses


def test_without_limits_uses_are_never_refused() -> None:
    limits, uses = CouponLimits(True), CustomerUses(1_000)

    limits.refuse_more("k", "lilei", uses)

    assert (limits.left_in_all(1_000), limits.left_for(uses, 1_000)) == (None, None)


def test_a_customer_who_has_used_a_coupon_as_often_as_each_may_is_told_how_many_are_left() -> None:
    with pytest.raises(CouponUsedUp, match="coupon 'k' has 0 of 2 uses left for customer 'lilei'"):
        CouponLimits(True, 100, 2).refuse_more("k", "lilei", CustomerUses(2))


def test_a_code_that_is_used_up_says_so() -> None:
    assert str(CouponLimits(True, 100).used_up("k")) == "coupon 'k' has 0 of 100 uses left"


def test_a_use_that_came_back_is_left_for_its_customer_alone() -> None:
    limits, taken = CouponLimits(True, 2), 2

    assert limits.left_in_all(taken) == 0
    assert limits.left_for(CustomerUses(0), taken) == 0
    assert limits.left_for(CustomerUses(0, (AHEAD,)), taken) == 1


@given(st.data(), st.integers(1, 6), st.none() | st.integers(1, 3))
def test_whoever_uses_and_gets_back_a_code_is_never_used_more_often_than_it_says(
    data: st.DataObject, in_all: int, per_customer: int | None
) -> None:
    limits, taken = CouponLimits(True, in_all, per_customer), 0
    uses = {name: CustomerUses(0) for name in "abc"}
    for _ in range(30):
        name = data.draw(st.sampled_from("abc"))
        mine = uses[name]
        gives_back = mine.standing and data.draw(st.booleans())
        if gives_back:
            uses[name] = CustomerUses(mine.standing - 1, (*mine.given_back, None))
        elif limits.left_for(mine, taken):
            limits.refuse_more("k", name, mine)
            is_new = not mine.given_back
            taken += is_new
            uses[name] = CustomerUses(mine.standing + 1, mine.given_back[1:])

        assert taken == sum(each.kept for each in uses.values()) <= in_all
        assert all(each.standing <= (per_customer or in_all) for each in uses.values())
        for each in uses.values():
            assert limits.left_for(each, taken) or not each.given_back or each.standing == per_customer


@pytest.mark.parametrize(
    ("uses", "valid_until", "stands"),
    [
        (CustomerUses(0), None, (UNUSED, 2, None)),
        (CustomerUses(1), AHEAD, (UNUSED, 1, AHEAD)),
        (CustomerUses(2), OVER, (USED, 0, OVER)),
        (CustomerUses(1), OVER, (EXPIRED, 0, OVER)),
        (CustomerUses(0, (None,)), OVER, (EXPIRED, 0, OVER)),
        (CustomerUses(1, (AHEAD,)), OVER, (UNUSED, 1, AHEAD)),
        (CustomerUses(0, (AHEAD,)), OVER, (UNUSED, 1, AHEAD)),
        (CustomerUses(0, (OVER,)), AHEAD, (UNUSED, 2, AHEAD)),
    ],
)
def test_after_its_end_a_coupon_has_what_came_back_with_more_time(
    uses: CustomerUses, valid_until: datetime | None, stands: tuple[CouponStatus, int, datetime | None]
) -> None:
    found = usable(CouponLimits(True, None, 2), uses, uses.kept, valid_until, NOW)

    assert (found.status, found.left, found.until) == stands


def test_a_code_without_limits_has_after_its_end_what_came_back_and_no_more() -> None:
    assert usable(CouponLimits(True), CustomerUses(3, (AHEAD,)), 4, OVER, NOW).left == 1


def test_a_coupon_is_good_to_its_last_moment_and_so_is_what_came_back() -> None:
    limits, late = CouponLimits(True, None, 3), CustomerUses(1, (NOW, AHEAD))

    assert usable(limits, CustomerUses(1), 1, NOW, NOW) == Usable(UNUSED, 2, NOW)
    assert usable(limits, CustomerUses(1), 1, NOW, NOW + timedelta(microseconds=1)) == Usable(EXPIRED, 0, NOW)
    assert usable(limits, late, 3, OVER, NOW) == Usable(UNUSED, 2, AHEAD)
    assert usable(limits, late, 3, OVER, NOW + timedelta(microseconds=1)) == Usable(UNUSED, 1, AHEAD)


def test_what_came_back_after_the_end_is_used_no_more_often_than_each_customer_may() -> None:
    assert usable(CouponLimits(True, None, 2), CustomerUses(1, (AHEAD, AHEAD)), 3, OVER, NOW).left == 1


def test_nobody_in_particular_is_bound_by_what_one_customer_may() -> None:
    assert CouponLimits(True, 5, 1).of_everybody == CouponLimits(True, 5)


def test_no_end_stays_no_end() -> None:
    assert end_for(None, [AHEAD]) is None
