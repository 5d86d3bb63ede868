"""Rule 34: what refunds show together is told from the policy's limits on, and none of it decides about a refund."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest

from domain.claims.reasons import Reason, RefundKind
from domain.durations import IsoDuration
from domain.policy import AlertLimit, Monitoring
from domain.rights.monitoring import Sighting, Signal, Trait, find, sentence

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NOBODY_SAW = dict[Signal, datetime]()


def seen(days_ago: float, customer_id: str = "lilei", reason: Reason = Reason.QUALITY_ISSUE) -> Sighting:
    asked_at = NOW - timedelta(days=days_ago)
    return Sighting(f"rf_{days_ago}_{customer_id}", customer_id, asked_at, reason, RefundKind.REFUND_ONLY)


def told(trait: Trait, *sightings: Sighting, limits: Monitoring = Monitoring()) -> list[Signal]:  # noqa: B008 - frozen
    return [each.signal for each in find(limits, trait, sightings, NOW, NOBODY_SAW)]


def test_from_the_fifth_refund_of_a_week_on_a_customer_is_told_of() -> None:
    week = [seen(day) for day in (6.9, 5, 3, 1)]

    assert told(Trait.CUSTOMER, *week, seen(8)) == []
    assert told(Trait.CUSTOMER, *week, seen(0)) == [Signal.MANY_OF_CUSTOMER]


def test_what_one_card_paid_is_told_by_its_refunds_and_by_its_customers() -> None:
    three = [seen(80, "lilei"), seen(40, "han"), seen(0, "lucy")]
    of_one = [seen(day / 10) for day in range(5)]

    assert told(Trait.INSTRUMENT, *three) == [Signal.SHARED_INSTRUMENT]
    assert told(Trait.INSTRUMENT, *three[1:]) == []
    assert told(Trait.INSTRUMENT, *of_one) == [Signal.MANY_OF_INSTRUMENT]
    assert told(Trait.CONTACT, *of_one) == [Signal.MANY_OF_CONTACT]


def test_who_says_three_times_that_nothing_came_is_told_of_and_returns_of_goods_do_not_count() -> None:
    nothing_came = [seen(day, reason=Reason.DELIVERY_ERROR) for day in (70, 30, 0)]
    sent_back = Sighting("rf_r", "lilei", NOW, Reason.DELIVERY_ERROR, RefundKind.RETURN)

    assert told(Trait.CUSTOMER, *nothing_came) == [Signal.NOT_RECEIVED]
    assert told(Trait.CUSTOMER, *nothing_came[:2], sent_back, seen(1)) == []


def test_a_picture_that_was_shown_before_is_told_of_at_once() -> None:
    (finding,) = find(Monitoring(), Trait.PICTURE, [seen(0)], NOW, NOBODY_SAW)

    assert finding.signal is Signal.SAME_PICTURE
    assert finding.sentence == "a picture of an earlier refund is shown by 1 of other orders within P90D"


def test_what_a_person_has_seen_counts_no_more() -> None:
    five = [seen(day) for day in (4, 3, 2, 1, 0.5)]
    saw = {Signal.MANY_OF_CUSTOMER: five[3].asked_at}

    assert find(Monitoring(), Trait.CUSTOMER, five, NOW, saw) == []
    (again,) = find(Monitoring(), Trait.CUSTOMER, [*five, *(seen(0.4 - n / 10) for n in range(4))], NOW, saw)
    assert [each.asked_at for each in again.refunds] == sorted(each.asked_at for each in again.refunds)
    assert again.refunds[0] == five[4]


def test_a_merchant_says_from_how_many_on_or_that_it_is_never_told() -> None:
    two_a_day = Monitoring(
        many_of_customer=AlertLimit(2, IsoDuration("P1D")), not_received=AlertLimit(None, IsoDuration("P90D"))
    )
    nothing_came = [seen(day, reason=Reason.DELIVERY_ERROR) for day in (0.5, 0.2, 0.1)]

    assert told(Trait.CUSTOMER, *nothing_came, limits=two_a_day) == [Signal.MANY_OF_CUSTOMER]
    assert told(Trait.CUSTOMER, seen(0), seen(1.1), limits=two_a_day) == []


def test_every_signal_has_its_limit_and_every_limit_its_signal() -> None:
    assert {each.name for each in fields(Monitoring)} == set(Signal)


@pytest.mark.parametrize("signal", Signal)
def test_every_signal_is_said_in_a_sentence_with_its_figure_and_its_time(signal: Signal) -> None:
    said = sentence(signal, 7, 7, "P90D")

    assert "7" in said and "P90D" in said
