"""Of a line in several parcels the units come back first that are best for the customer (rule 49)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.claims import Claim
from domain.claims.positions import LineRequest, OrderPosition
from domain.claims.reasons import Reason, RefundKind
from domain.claims.returns import ReturnWindow, is_in_window
from domain.claims.turns import ParcelQueue
from domain.deadlines import never_closed
from domain.durations import IsoDuration
from domain.policy import OutsideWindow, Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.arrivals import Arrival
from domain.sale.orders import Order, OrderStatus
from domain.sale.sales import book
from domain.sale.shipments import Shipment
from tests.domain.builders import a_line, a_parcel, an_order, cny, money_only, on, units
from tests.domain.strategies import orders

RETURN, MONEY = RefundKind.RETURN, RefundKind.REFUND_ONLY
TENTH = on(10)
WEEK = Policy(return_window=IsoDuration("P7D"))
REVIEWED = replace(WEEK, outside_window=OutsideWindow.REVIEW)


def sent(*parcels: Shipment, lines: int = 1) -> Order:
    """Four units of each line, in these parcels."""
    known = an_order([a_line(4, 10_00) for _ in range(lines)])
    return replace(known, delivered_at=None, status=OrderStatus.SHIPPED, shipments=parcels)


def ask(
    order: Order,
    *wanted: LineRequest,
    at: datetime = TENTH,
    kind: RefundKind | None = None,
    reason: Reason = Reason.CHANGED_MIND,
    policy: Policy = WEEK,
) -> tuple[RefundKind, tuple[Claim, ...]]:
    """Ask as the API does: for these lines, or for everything left."""
    position, requested = OrderPosition(order, book(order), ()), list(wanted) or None
    window = ReturnWindow(order, book(order), policy, at, never_closed)
    queue = ParcelQueue(position, window, reason, {})
    chosen = queue.kind(kind, requested)
    claims = position.claim(requested, reason, turns=queue.turns(kind, chosen, requested))
    window.refuse_if_too_late(claims)
    return chosen, claims


def places(claims: Sequence[Claim]) -> list[tuple[tuple[int, int], ...]]:
    return [claim.units.ranges for claim in claims]


EARLY, LATE = a_parcel("early", {"l1": 1}, delivered=3), a_parcel("late", {"l1": 1}, delivered=8)
LOST, WAITING = a_parcel("lost", {"l1": 1}), a_parcel("waiting", {"l1": 1}, shipped=None)


def test_of_units_in_time_those_come_back_first_whose_time_ends_first() -> None:
    assert ask(sent(LATE, EARLY), units("l1", 1), at=on(9)) == ask(sent(LATE, EARLY), units("l1", 1), at=on(10))
    assert places(ask(sent(LATE, EARLY), units("l1", 1))[1]) == [((1, 2),)]
    assert places(ask(sent(LATE, EARLY), units("l1", 2))[1]) == [((0, 2),)]


def test_when_the_first_parcels_time_is_over_the_later_one_still_comes_back() -> None:
    assert places(ask(sent(EARLY, LATE), units("l1", 1), at=on(11))[1]) == [((1, 2),)]
    with pytest.raises(RefundRejected, match=r"of shipment 'early' .* until the end of 2026-11-10") as refused:
        ask(sent(EARLY, LATE), units("l1", 2), at=on(11))
    assert refused.value.code is Refusal.OUTSIDE_RETURN_WINDOW


def test_everything_left_is_what_is_in_time() -> None:
    assert places(ask(sent(EARLY, LATE), at=on(11))[1]) == [((1, 2),)]
    assert places(ask(sent(EARLY, LATE), at=on(11), policy=REVIEWED)[1]) == [((0, 2),)]
    with pytest.raises(RefundRejected) as refused:
        ask(sent(EARLY, LATE), at=on(20))
    assert refused.value.code is Refusal.OUTSIDE_RETURN_WINDOW


def test_a_late_unit_that_is_reviewed_is_asked_for_last() -> None:
    order = sent(EARLY, LATE)

    _, one = ask(order, units("l1", 1), at=on(11), policy=REVIEWED)
    _, two = ask(order, units("l1", 2), at=on(11), policy=REVIEWED)

    assert is_in_window(order, book(order), REVIEWED, on(11), never_closed, one)
    assert not is_in_window(order, book(order), REVIEWED, on(11), never_closed, two)


def test_what_has_not_come_has_all_its_time_before_it() -> None:
    chosen, claims = ask(sent(LOST), units("l1", 1), at=on(30, 12), reason=Reason.DELIVERY_ERROR)

    assert (chosen, places(claims)) == (MONEY, [((0, 1),)])


def test_of_two_that_have_not_come_the_one_that_is_lost_is_refunded_first_and_can_not_come_back() -> None:
    gone = replace(a_parcel("gone", {"l1": 1}), lost_at=on(6))
    order = sent(LOST, gone)

    assert places(ask(order, units("l1", 1), reason=Reason.DELIVERY_ERROR)[1]) == [((1, 2),)]
    assert ask(sent(EARLY, gone), units("l1", 1), reason=Reason.DELIVERY_ERROR)[0] is MONEY
    assert ask(sent(EARLY, gone), units("l1", 1))[0] is RETURN
    assert ask(sent(EARLY, gone), money_only("l1", 5_00), reason=Reason.DELIVERY_ERROR)[0] is RETURN
    assert places(ask(order, units("l1", 1))[1]) == [((0, 1),)]
    assert ask(sent(gone), units("l1", 1))[0] is MONEY
    with pytest.raises(RefundRejected) as refused:
        ask(sent(gone), units("l1", 1), kind=RETURN)
    assert refused.value.code is Refusal.NOTHING_WAS_SENT


def test_what_was_never_sent_can_not_come_back_and_is_money_only() -> None:
    order = sent(WAITING)

    assert ask(order, units("l1", 4))[0] is MONEY
    assert ask(order)[0] is MONEY
    for wanted in ([units("l1", 1)], []):
        with pytest.raises(RefundRejected, match="kind refund_only") as refused:
            ask(order, *wanted, kind=RETURN)
        assert refused.value.code is Refusal.NOTHING_WAS_SENT


def test_what_is_on_its_way_comes_back_unless_it_never_came() -> None:
    order = sent(replace(LOST, lines=WAITING.lines))

    assert ask(order, units("l1", 1))[0] is RETURN
    assert ask(order, units("l1", 1), reason=Reason.DELIVERY_ERROR)[0] is MONEY
    assert ask(order, units("l1", 1), kind=RETURN, reason=Reason.DELIVERY_ERROR)[0] is RETURN


def test_a_return_of_everything_leaves_what_was_never_sent_for_another_request() -> None:
    chosen, claims = ask(sent(LOST, LATE, WAITING), at=on(9))

    assert (chosen, places(claims)) == (RETURN, [((0, 2),)])
    with pytest.raises(RefundRejected, match="3 of line 'l1' asked for, 2 of what is left were sent") as refused:
        ask(sent(LOST, LATE, WAITING), units("l1", 3))
    assert refused.value.code is Refusal.NOTHING_WAS_SENT


@pytest.mark.parametrize(
    ("reason", "first"),
    [(Reason.DELIVERY_ERROR, 3), (Reason.CHANGED_MIND, 2), (Reason.QUALITY_ISSUE, 0)],
)
def test_money_alone_is_for_what_has_not_arrived_unless_goods_are_at_fault(reason: Reason, first: int) -> None:
    order = sent(a_parcel("came", {"l1": 2}, delivered=8), a_parcel("waiting", {"l1": 1}, shipped=None), LOST)

    _, claims = ask(order, units("l1", 1), kind=MONEY, reason=reason)

    assert places(claims) == [((first, first + 1),)]


def test_money_off_a_line_is_in_time_while_any_of_its_units_is() -> None:
    order = sent(EARLY, LATE, lines=2)

    assert ask(order, money_only("l1", 5_00), at=on(11), kind=MONEY)[1][0].amount == cny(5_00)


# For all orders

REASONS = st.sampled_from(Reason)
DAYS = st.integers(1, 30).map(on)
KINDS = st.sampled_from([RETURN, MONEY])


@given(orders(), REASONS, DAYS, KINDS)
def test_everything_left_is_every_unit_in_time_that_can_come_back_and_no_other(
    order: Order, reason: Reason, at: datetime, kind: RefundKind
) -> None:
    window = ReturnWindow(order, book(order), WEEK, at, never_closed)
    try:
        _, claims = ask(order, at=at, kind=kind, reason=reason)
    except RefundRejected as refused:
        assert refused.code in (
            Refusal.OUTSIDE_RETURN_WINDOW,
            Refusal.LINE_NOT_RETURNABLE,
            Refusal.NOTHING_WAS_SENT,
        )
        return
    taken = {claim.line_id: claim.units for claim in claims if not claim.is_adjustment}
    for line_id, of_line in window.batches.items():
        for each in of_line:
            can_come = each.arrival not in (Arrival.NOT_SENT, Arrival.LOST)
            is_due = window.is_open(each) and (kind is MONEY or can_come)
            if line_id in taken:
                assert taken[line_id].within(each.units) == (
                    each.units if is_due else taken[line_id].without(taken[line_id])
                )


@given(orders(), REASONS, DAYS, KINDS, st.integers(1, 4))
def test_no_unit_is_asked_for_whose_time_ends_later_than_that_of_one_that_could_have_been(
    order: Order, reason: Reason, at: datetime, kind: RefundKind, quantity: int
) -> None:
    position = OrderPosition(order, book(order), ())
    line = position.sale.lines[0]
    try:
        _, claims = ask(order, units(line.line_id, quantity), at=at, kind=kind, reason=reason, policy=REVIEWED)
    except RefundRejected as refused:
        assert refused.code is not Refusal.OUTSIDE_RETURN_WINDOW
        return
    window = ReturnWindow(order, book(order), REVIEWED, at, never_closed)
    arrived = [each for each in window.batches[line.line_id] if each.arrival is Arrival.ARRIVED]
    in_time = [(end, each.units) for each in arrived if window.is_open(each) and (end := window.end(each))]
    taken = claims[0].units
    for (end, first), (later, second) in permutations(in_time, 2):
        if end < later and taken.within(second).ranges:
            assert not first.without(taken).ranges


def test_what_is_lost_is_money_as_far_as_that_comes_to_what_is_asked_for() -> None:
    gone = replace(a_parcel("gone", {"l1": 2}), lost_at=on(6))
    order = sent(a_parcel("came", {"l1": 1}, delivered=8), gone)

    assert ask(order, units("l1", 2), reason=Reason.DELIVERY_ERROR)[0] is MONEY
