"""What a bank says of a dispute goes forward only, and is heard once (rules 46 and 52)."""

import pytest

from domain.sale.disputes import Dispute, DisputeEvent, DisputeRefused, DisputeStatus, hear, held_payments
from tests.domain.builders import cny, on


def said(status: DisputeStatus, amount: int = 100_00) -> DisputeEvent:
    return DisputeEvent(status, cny(amount), on(5))


def heard(*statuses: DisputeStatus) -> Dispute:
    known: Dispute | None = None
    for status in statuses:
        known = hear(known, "card", said(status), dispute_id="dp")
    assert known is not None
    return known


@pytest.mark.parametrize(
    "course",
    [
        (DisputeStatus.WARNING, DisputeStatus.OPENED, DisputeStatus.LOST, DisputeStatus.WON),
        (DisputeStatus.WARNING, DisputeStatus.LOST),
        (DisputeStatus.OPENED, DisputeStatus.WON),
        (DisputeStatus.LOST,),
    ],
)
def test_it_goes_forward_from_wherever_it_was_first_heard_of(course: tuple[DisputeStatus, ...]) -> None:
    assert heard(*course).status is course[-1]


@pytest.mark.parametrize(
    ("course", "then"),
    [
        ((DisputeStatus.OPENED,), DisputeStatus.WARNING),
        ((DisputeStatus.WON,), DisputeStatus.LOST),
        ((DisputeStatus.LOST,), DisputeStatus.OPENED),
    ],
)
def test_it_never_goes_back(course: tuple[DisputeStatus, ...], then: DisputeStatus) -> None:
    with pytest.raises(DisputeRefused):
        hear(heard(*course), "card", said(then), dispute_id="dp")


def test_what_was_said_before_is_nothing_new_whatever_was_said_since() -> None:
    lost = heard(DisputeStatus.OPENED, DisputeStatus.LOST)

    assert hear(lost, "card", said(DisputeStatus.OPENED), dispute_id="dp") is None
    with pytest.raises(DisputeRefused):
        hear(lost, "card", said(DisputeStatus.LOST, 99_00), dispute_id="dp")


def test_a_dispute_stays_with_its_payment() -> None:
    with pytest.raises(DisputeRefused):
        hear(heard(DisputeStatus.WARNING), "gift", said(DisputeStatus.OPENED), dispute_id="dp")


def test_an_open_dispute_holds_its_payment_and_a_lost_one_while_some_of_it_is_not_counted() -> None:
    lost = heard(DisputeStatus.LOST)
    waiting = Dispute("dp", "card", lost.events, uncounted=cny(1))
    first, again = waiting.counted_as("rf_1"), waiting.counted_as("rf_1").counted_as("rf_2")
    assert (waiting.refund_ids, first.refund_ids, again.refund_ids) == ((), ("rf_1",), ("rf_1", "rf_2"))

    assert held_payments([heard(DisputeStatus.OPENED)]) == held_payments([waiting]) == {"card"}
    assert not held_payments([heard(DisputeStatus.WARNING), heard(DisputeStatus.WON), lost])


def test_each_refund_that_a_loss_counts_as_is_kept_in_turn() -> None:
    counted = heard(DisputeStatus.LOST).counted_as("r1").counted_as("r2")

    assert (counted.refund_id, counted.more_refund_ids, counted.refund_ids) == ("r1", ("r2",), ("r1", "r2"))


def test_what_contradicts_a_known_dispute_is_told_with_what_is_known() -> None:
    known = heard(DisputeStatus.LOST)
    with pytest.raises(DisputeRefused, match="is lost: that it is opened can't follow"):
        hear(known, known.payment_id, said(DisputeStatus.OPENED, 1), dispute_id=known.dispute_id)
    with pytest.raises(DisputeRefused, match=f"is of payment {known.payment_id!r}"):
        hear(known, "another", said(DisputeStatus.WON), dispute_id=known.dispute_id)
