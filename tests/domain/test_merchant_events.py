"""What merchants' systems are told of, and how patiently."""

from datetime import timedelta

from domain.audit_actions import AuditAction
from domain.merchant_events import TOLD_FOR, MerchantEvent, pause_after, rest_after, told_as


def test_what_a_timeline_has_is_told_by_the_noun_that_it_happens_to() -> None:
    assert told_as("requested") is MerchantEvent.REFUND_REQUESTED
    assert told_as("inspected") is MerchantEvent.RETURN_INSPECTED
    assert told_as("payout_failed") is MerchantEvent.PAYOUT_FAILED
    assert told_as("coupon_reinstated") is MerchantEvent.COUPON_REINSTATED


def test_what_merchants_are_told_is_what_timelines_have() -> None:
    of_refunds = [each for each in MerchantEvent if each.is_of_refund]

    assert {each.in_timeline for each in of_refunds} <= set(AuditAction)
    assert [told_as(each.in_timeline) for each in of_refunds] == of_refunds


def test_what_is_the_houses_own_affair_is_told_to_nobody() -> None:
    assert told_as("picked_up") is None
    assert told_as("webhook_endpoint_disabled") is None


def test_an_event_is_sent_again_for_three_days_ever_more_patiently_and_then_given_up() -> None:
    pauses: list[timedelta] = []
    while (pause := pause_after(len(pauses) + 1)) is not None:
        pauses.append(pause)

    assert sum(pauses, timedelta()) == TOLD_FOR
    assert pauses[:-1] == sorted(pauses[:-1])
    assert pauses[0] == timedelta(seconds=2)
    assert pause_after(len(pauses) + 2) is None


def test_an_endpoint_that_fails_is_left_alone_ever_longer_and_never_over_five_minutes() -> None:
    rests = [rest_after(failures) for failures in range(1, 40)]

    assert rests[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert rests == sorted(rests)
    assert rests[-1] == timedelta(minutes=5)
