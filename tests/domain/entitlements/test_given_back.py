"""What several orders used is back when none of them uses it any more, and its time is given back once (rule 43)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.entitlements.exclusive_discounts import ExclusiveEffect, ExclusiveOutcome
from domain.entitlements.given_back import Use, free_until, is_free
from domain.explain.explanations import Figure, Phrase
from domain.policy import CouponExpiry, CouponOnPartial, Policy
from tests.domain.builders import a_coupon, a_line, an_exclusive_discount, an_order, cny, on, units
from tests.domain.explain.test_explained_rules import explained
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper

EXTEND, ORIGINAL = CouponExpiry.EXTEND, CouponExpiry.ORIGINAL


def a_use(used_at: datetime, *, back: bool = True, until: datetime | None = None, order_id: str = "o1") -> Use:
    return Use(order_id, used_at, until, is_back=back)


# When


@pytest.mark.parametrize("on_partial", list(CouponOnPartial))
def test_while_another_order_uses_a_coupon_neither_it_nor_a_part_of_it_comes_back(on_partial: CouponOnPartial) -> None:
    order = an_order([a_line(2, 50_00)], [a_coupon(10_00, coupon_id="shared")])
    desk = Desk(order, Policy(coupon_on_partial=on_partial), Shopper(used_elsewhere=["shared"]))

    for settlement in (desk.refund(units("l1", 1)), desk.refund()):
        assert settlement.coupons == (CouponEffect("shared", CouponOutcome.KEPT, cny(0), used_elsewhere=True),)
        (why,) = explained(settlement, Figure.COUPON)
        assert (why.rule, why.phrase) == (43, Phrase.COUPON_KEPT_ELSEWHERE)


def test_while_another_order_uses_an_exclusive_discount_it_stays_used() -> None:
    desk = Desk(an_order([a_line(1, 50_00)], [an_exclusive_discount(5_00)]), None, Shopper(used_elsewhere=["birthday"]))

    settlement = desk.refund()

    assert settlement.exclusive_discounts == (ExclusiveEffect("birthday", ExclusiveOutcome.KEPT, used_elsewhere=True),)
    (why,) = explained(settlement, Figure.EXCLUSIVE_DISCOUNT)
    assert (why.rule, why.phrase) == (43, Phrase.EXCLUSIVE_KEPT_ELSEWHERE)


def test_it_is_free_when_every_order_that_used_it_is_back() -> None:
    back, used = a_use(on(1)), a_use(on(2), back=False)

    assert is_free([back]) and not is_free([back, used])


# For how long


def test_time_is_counted_from_the_first_of_the_orders_that_used_it_side_by_side() -> None:
    first, second = a_use(on(1, 3), until=on(31, 3)), a_use(on(11, 3), until=on(31, 3))

    assert free_until([first, second], EXTEND, on(10, 4)) == on(10, 5)
    assert free_until([second], EXTEND, on(10, 4)) == on(30, 4)


def test_the_original_end_and_what_has_none_get_no_time() -> None:
    assert free_until([a_use(on(1, 3), until=on(31, 3))], ORIGINAL, on(10, 4)) is None
    assert free_until([a_use(on(1, 3))], EXTEND, on(10, 4)) is None


moments = st.integers(0, 2_000).map(lambda hours: on(1, 3) + timedelta(hours=hours))
uses = st.lists(st.builds(a_use, moments, until=st.none() | moments), min_size=1, max_size=4)


@given(uses, moments, st.integers(1, 5))
def test_giving_back_again_counts_from_the_same_ends_however_often_it_was_withdrawn(
    uses: list[Use], first: datetime, times: int
) -> None:
    """Each later give-back moves the end by as long as it came later, and never adds what was given before."""
    end = free_until(uses, EXTEND, first)
    later = first + timedelta(days=times)

    again = free_until(uses, EXTEND, later)

    assert (end is None) == (again is None)
    if end is not None and again is not None:
        assert timedelta(0) <= again - end <= timedelta(days=times)


@given(st.permutations([a_use(on(1, 3), until=on(20, 3)), a_use(on(5, 3), until=on(31, 3)), a_use(on(9, 3))]), moments)
def test_the_end_does_not_depend_on_the_order_of_the_uses(uses: list[Use], at: datetime) -> None:
    assert free_until(uses, EXTEND, at) == free_until(uses[::-1], EXTEND, at)
