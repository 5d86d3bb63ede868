"""Past refunds under another policy: the same functions, each refund on what the ones before would have come to."""

from dataclasses import replace

from domain.deadlines import never_closed
from domain.policy import OutsideWindow, Policy, PromotionRefund
from domain.refusals import Refusal
from domain.settlement.what_if import PastRefund, Replayed, replay
from tests.domain.builders import a_discount, a_line, an_order, cny, on, units
from tests.domain.refund_desk import Desk
from tests.domain.settlement_inputs import past_refund

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
