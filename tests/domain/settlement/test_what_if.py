"""Past refunds under another policy: the same functions, each refund on what the ones before would have come to."""

from dataclasses import replace

from hypothesis import given

from domain.deadlines import never_closed
from domain.policy import OutsideWindow, Policy, PromotionRefund
from domain.refusals import Refusal
from domain.settlement.what_if import PastRefund, Replayed, replay
from tests.domain.builders import a_discount, a_line, an_order, cny, on, units
from tests.domain.playing import Return, Settle, Step, play
from tests.domain.refund_desk import Desk
from tests.domain.settlement_inputs import past_refund
from tests.domain.strategies import UNDER_ONE_POLICY, desks, histories, policies, returns_of_anything

REPRICE = Policy(promotion_refund=PromotionRefund.REPRICE)


def the_promoted_order() -> Desk:
    save_10_from_50 = replace(a_discount(10_00), minimum_spend=cny(50_00))
    return Desk(an_order([a_line(1, 20_00), a_line(1, 40_00)], [save_10_from_50]))


def two_refunds(desk: Desk) -> list[PastRefund]:
    return [past_refund(desk, units("l1", 1)), past_refund(desk, units("l2", 1))]


def totals(replayed: list[Replayed]) -> list[int]:
    return [each.after.total.minor_units if each.after else 0 for each in replayed]


def test_the_same_policy_gives_the_same_settlements_but_for_their_explanations() -> None:
    desk = the_promoted_order()
    refunds = two_refunds(desk)

    for each in replay(desk.order, desk.sale, refunds, desk.policy, never_closed):
        assert each.after == replace(each.before, explanations=())
        assert each.refusal is None


def test_each_refund_builds_on_what_the_ones_before_would_have_come_to() -> None:
    desk = the_promoted_order()

    replayed = list(replay(desk.order, desk.sale, two_refunds(desk), REPRICE, never_closed))

    assert totals(replayed) == [10_00, 40_00]
    assert [each.before.total for each in replayed] == [cny(16_67), cny(33_33)]


def test_a_refund_that_would_have_been_refused_takes_nothing_from_the_next() -> None:
    desk = the_promoted_order()
    first, second = two_refunds(desk)
    late = replace(first, asked_at=on(28, month=12))

    replayed = list(replay(desk.order, desk.sale, [late, second], REPRICE, never_closed))

    assert [each.refusal for each in replayed] == [Refusal.OUTSIDE_RETURN_WINDOW, None]
    assert totals(replayed) == [0, 30_00]


def test_a_late_refund_that_goes_to_a_reviewer_is_not_refused() -> None:
    desk = the_promoted_order()
    late = replace(past_refund(desk, units("l1", 1)), asked_at=on(28, month=12))

    (replayed,) = replay(desk.order, desk.sale, [late], Policy(outside_window=OutsideWindow.REVIEW), never_closed)

    assert (replayed.refund_id, replayed.refusal, totals([replayed])) == ("r1", None, [16_67])


def test_refunds_out_of_the_range_are_taken_as_they_were() -> None:
    desk = the_promoted_order()
    _, second = two_refunds(desk)

    (replayed,) = replay(desk.order, desk.sale, [second], REPRICE, never_closed)

    assert totals([replayed]) == [33_33]


@given(desks(), histories(*UNDER_ONE_POLICY))
def test_whatever_was_refunded_comes_to_the_same_under_the_policy_that_it_was_settled_by(
    desk: Desk, steps: list[Step]
) -> None:
    desk.policy = replace(desk.policy, outside_window=OutsideWindow.REVIEW)
    play(desk, steps)
    desk.refund_all_that_is_left()

    for each in replay(desk.order, desk.sale, desk.past, desk.policy, never_closed):
        assert each.after == replace(each.before, explanations=())


@given(desks(), policies(), returns_of_anything())
def test_what_a_refund_would_have_come_to_is_what_it_is_quoted_at_under_that_policy(
    desk: Desk, other: Policy, step: Return
) -> None:
    """Of a first refund: what comes after it builds on what it would have come to.

    Which units were sent back is a fact, so windows are the same: of several parcels they decide which come first.
    """
    window, time_zone = desk.policy.return_window, desk.policy.time_zone
    under_it = replace(other, outside_window=OutsideWindow.REVIEW, return_window=window, time_zone=time_zone)
    past, quoted = (Desk(desk.order, policy, desk.shopper) for policy in (desk.policy, under_it))
    play(past, [step, Settle(0)])
    play(quoted, [step, Settle(0)])

    replayed = list(replay(past.order, past.sale, past.past, under_it, never_closed))
    assert [each.after for each in replayed] == [replace(each, explanations=()) for each in quoted.settled.values()]
