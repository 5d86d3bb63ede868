"""When a refund may be asked for, and when a return is reminded of (rules 29 and 31)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.returns import is_in_window, refuse_if_too_late, reminder_after
from domain.deadlines import never_closed
from domain.durations import IsoDuration
from domain.lifecycle import RefundStatus
from domain.policy import OutsideWindow, Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.sales import book
from tests.domain.builders import an_order, on

REVIEW = Policy(outside_window=OutsideWindow.REVIEW)
A_MOMENT = timedelta(microseconds=1)
END_OF_3_DECEMBER = datetime(2026, 12, 4, tzinfo=UTC) - A_MOMENT


def test_thirty_days_from_3_november_last_until_the_end_of_3_december_and_not_until_the_hour_as_before() -> None:
    order = replace(an_order(), delivered_at=on(3))

    assert is_in_window(order, book(order), REVIEW, END_OF_3_DECEMBER, never_closed)
    assert not is_in_window(order, book(order), REVIEW, END_OF_3_DECEMBER + A_MOMENT, never_closed)


def test_a_delivery_at_the_end_of_time_is_in_time_for_ever() -> None:
    order = replace(an_order(), delivered_at=datetime.max.replace(tzinfo=UTC))

    assert is_in_window(order, book(order), REVIEW, on(3), never_closed)


def test_an_order_that_was_not_delivered_counts_from_its_payment() -> None:
    order = replace(an_order(), delivered_at=None, paid_at=on(3))

    assert is_in_window(order, book(order), REVIEW, END_OF_3_DECEMBER, never_closed)
    assert not is_in_window(order, book(order), REVIEW, END_OF_3_DECEMBER + A_MOMENT, never_closed)


def test_an_order_that_was_not_paid_either_counts_from_when_it_was_placed() -> None:
    order = replace(an_order(), delivered_at=None, paid_at=None, placed_at=on(3))

    assert is_in_window(order, book(order), REVIEW, END_OF_3_DECEMBER, never_closed)
    assert not is_in_window(order, book(order), REVIEW, END_OF_3_DECEMBER + A_MOMENT, never_closed)


def test_who_asks_too_late_is_rejected_and_told_how_long_they_could() -> None:
    order = replace(an_order(), delivered_at=on(3))

    with pytest.raises(RefundRejected, match=r"\(P30D from 2026-11-03.*\) was open until the end of 2026-12-03") as no:
        refuse_if_too_late(order, book(order), Policy(), on(4, 12), never_closed)

    assert no.value.code is Refusal.OUTSIDE_RETURN_WINDOW


def test_who_asks_too_late_is_let_through_where_the_policy_has_that_reviewed() -> None:
    order = replace(an_order(), delivered_at=on(3))

    refuse_if_too_late(order, book(order), REVIEW, on(4, 12), never_closed)


def test_the_policy_says_how_long_the_window_is_and_where_its_days_end() -> None:
    order = replace(an_order(), delivered_at=on(3))
    policy = replace(REVIEW, return_window=IsoDuration("P7D"), time_zone="Asia/Shanghai")
    end_of_the_day_there = datetime(2026, 11, 10, 16, tzinfo=UTC) - A_MOMENT

    assert is_in_window(order, book(order), policy, end_of_the_day_there, never_closed)
    assert not is_in_window(order, book(order), policy, end_of_the_day_there + A_MOMENT, never_closed)


def test_a_window_in_hours_ends_to_the_moment() -> None:
    order = replace(an_order(), delivered_at=on(3))
    policy = replace(REVIEW, return_window=IsoDuration("PT168H"))

    assert is_in_window(order, book(order), policy, on(10), never_closed)
    assert not is_in_window(order, book(order), policy, on(10) + A_MOMENT, never_closed)
    with pytest.raises(RefundRejected, match=r"was open until 2026-11-10 \d\d:\d\d:00 \(UTC\)"):
        refuse_if_too_late(
            order, book(order), replace(policy, outside_window=OutsideWindow.REJECT), on(4, 12), never_closed
        )


def test_before_delivery_is_in_time_too() -> None:
    order = replace(an_order(), delivered_at=on(3))

    assert is_in_window(order, book(order), Policy(), on(2), never_closed)


def test_a_return_is_reminded_of_two_days_before_its_deadline() -> None:
    assert reminder_after(timedelta(days=7)) == timedelta(days=5)


def test_a_short_deadline_is_reminded_of_at_three_quarters() -> None:
    assert reminder_after(timedelta(days=2)) == timedelta(hours=36)
    assert reminder_after(timedelta(seconds=4)) == timedelta(seconds=3)


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=60)))
def test_a_reminder_comes_after_the_label_and_before_the_deadline(deadline: timedelta) -> None:
    assert timedelta(0) < reminder_after(deadline) < deadline


def test_a_refund_is_over_when_it_is_completed_or_refused_and_not_when_people_must_look() -> None:
    over = {status for status in RefundStatus if status.is_final}

    assert over == {RefundStatus.COMPLETED, RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED}
