"""How long a refund was in each of its stages, told from its timeline."""

from datetime import UTC, datetime, timedelta

from domain.explain.stages import Moment, stages
from domain.lifecycle import RefundStatus

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def timeline(*entries: tuple[str, int]) -> list[Moment]:
    """Entries with the hours after the request at which each was written."""
    return [Moment(event, BEGAN + timedelta(hours=hours)) for event, hours in entries]


def hours(of: timedelta | None) -> float | None:
    return None if of is None else of / timedelta(hours=1)


A_RETURN = (
    *(("requested", 0), ("approved", 2), ("shipped", 26), ("parcel_received", 74), ("inspected", 80)),
    *(("settled", 81), ("paid", 84), ("completed", 85)),
)


def test_a_return_is_in_review_awaited_in_transit_inspected_paid_and_restored() -> None:
    told = stages(timeline(*A_RETURN))

    assert {stage: hours(took) for stage, took in told.each.items()} == {
        RefundStatus.IN_REVIEW: 2,
        RefundStatus.AWAITING_RETURN: 24,
        RefundStatus.IN_TRANSIT: 48,
        RefundStatus.INSPECTING: 6,
        RefundStatus.PAYING_OUT: 3,
        RefundStatus.RESTORING: 1,
    }
    assert hours(told.whole) == 85


def test_what_needs_no_goods_back_awaits_none() -> None:
    told = stages(timeline(("requested", 0), ("approved", 1), ("settled", 1), ("paid", 1), ("completed", 1)))

    assert set(told.each) == {RefundStatus.IN_REVIEW, RefundStatus.PAYING_OUT, RefundStatus.RESTORING}


def test_of_two_parcels_the_first_ends_the_wait_and_the_inspection_lasts_until_all_is_inspected() -> None:
    entries = (("requested", 0), ("approved", 0), ("parcel_received", 10), ("parcel_received", 20), ("inspected", 24))

    told = stages(timeline(*entries, ("completed", 24)))

    assert (hours(told.each[RefundStatus.AWAITING_RETURN]), hours(told.each[RefundStatus.INSPECTING])) == (10, 14)


def test_what_a_reviewer_rejects_was_in_review_and_nowhere_else() -> None:
    told = stages(timeline(("requested", 0), ("review_rejected", 5), ("rejected", 5)))

    assert {stage: hours(took) for stage, took in told.each.items()} == {RefundStatus.IN_REVIEW: 5}


def test_what_is_opened_again_tells_of_its_last_life_alone() -> None:
    entries = timeline(("requested", 0), ("approved", 1), ("expired", 200), ("reopened", 300), ("approved", 303))

    told = stages([*entries, *timeline(("completed", 310))])

    assert (hours(told.whole), {stage: hours(took) for stage, took in told.each.items()}) == (
        10,
        {RefundStatus.IN_REVIEW: 3},
    )


def test_what_is_not_over_tells_nothing() -> None:
    told = stages(timeline(("requested", 0), ("approved", 1)))

    assert (told.each, told.whole) == ({}, None)
