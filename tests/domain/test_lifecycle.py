"""A status moves only along allowed arrows, whoever writes it and however late."""

import pytest

from domain.lifecycle import PayoutStatus, RefundStatus, payouts_before, refunds_before


@pytest.mark.parametrize("status", [PayoutStatus.PLANNED, PayoutStatus.REQUESTED, PayoutStatus.PENDING])
def test_what_was_paid_never_waits_for_an_answer_again(status: PayoutStatus) -> None:
    assert PayoutStatus.SUCCEEDED not in payouts_before(status)


def test_a_payout_is_paid_from_wherever_it_stands_and_declined_unless_it_is_already() -> None:
    assert payouts_before(PayoutStatus.SUCCEEDED) == set(PayoutStatus) - {PayoutStatus.SUCCEEDED}
    assert payouts_before(PayoutStatus.DECLINED) == set(PayoutStatus) - {PayoutStatus.DECLINED}


@pytest.mark.parametrize("status", [status for status in RefundStatus if not status.is_final])
def test_a_refund_that_is_over_is_opened_again_only_by_a_late_parcel_or_by_money_that_comes_back(
    status: RefundStatus,
) -> None:
    stopped = {RefundStatus.EXPIRED, RefundStatus.CANCELLED, RefundStatus.REJECTED}
    opened = {
        RefundStatus.IN_REVIEW: stopped,
        # The parcel's units are another refund's by now, or a payout is said to have failed later.
        RefundStatus.NEEDS_ATTENTION: stopped | {RefundStatus.COMPLETED},
        RefundStatus.PAYING_OUT: {RefundStatus.COMPLETED},
    }

    assert {before for before in refunds_before(status) if before.is_final} == opened.get(status, set())


def test_what_is_over_ends_no_other_way_and_what_was_paid_is_not_stopped() -> None:
    before_its_late_parcel_is_taken = {RefundStatus.EXPIRED, RefundStatus.REJECTED}
    called_off = {RefundStatus.CANCELLED: before_its_late_parcel_is_taken}
    for status in (RefundStatus.REJECTED, RefundStatus.CANCELLED, RefundStatus.EXPIRED, RefundStatus.COMPLETED):
        others = called_off.get(status, set())
        assert {before for before in refunds_before(status) if before.is_final} == {status} | others
        assert (RefundStatus.RESTORING in refunds_before(status)) is (status is RefundStatus.COMPLETED)


def test_a_reviewer_looks_again_only_where_a_parcel_is_lost_or_help_was_called() -> None:
    again = {before for before in refunds_before(RefundStatus.IN_REVIEW) if not before.is_final}

    awaited = {RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT, RefundStatus.INSPECTING}
    assert again == {RefundStatus.IN_REVIEW, RefundStatus.NEEDS_ATTENTION} | awaited


def test_a_step_back_is_no_step_on() -> None:
    assert RefundStatus.INSPECTING not in refunds_before(RefundStatus.IN_TRANSIT)
    assert RefundStatus.PAYING_OUT not in refunds_before(RefundStatus.INSPECTING)
