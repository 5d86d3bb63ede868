"""Whatever an order becomes, what a bank was asked about or took of it stays, and the rest is right (rule 57)."""

import random

from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money
from domain.policy import PromotionRefund
from domain.sale.disputes import Dispute
from domain.settlement.settlement import Settlement
from tests.domain.checks import (
    check_it_adds_up,
    check_no_point_moves_twice,
    check_no_unit_pays_more_than_was_paid_for_it,
    check_nothing_exceeds_what_was_paid,
)
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import (
    adjustments,
    anything_returned,
    changes_of_order,
    desks,
    lost_disputes,
    opened_disputes,
    payments,
    read_desk,
    read_history,
    releases,
    settlements,
    won_disputes,
)
from tests.domain.tapes import Tape, read_by
from tests.domain.test_whole_orders import check_all_came_back_but_gifts_that_stay, refund_everything

KINDS = (
    *(anything_returned, adjustments, settlements, payments, releases),
    *(lost_disputes, lost_disputes, opened_disputes, won_disputes),
    *(changes_of_order,) * 6,
)


def disputed() -> st.SearchStrategy[list[Step]]:
    """A history full of disputes and changes: each change takes many numbers, so the row is long."""
    return read_by(lambda tape: [lost_disputes(tape), *read_history(tape, KINDS)], 400)


@given(desks(), disputed())
def test_no_change_leaves_less_of_a_payment_than_is_disputed_of_it(desk: Desk, steps: list[Step]) -> None:
    def check(desk: Desk) -> None:
        now = {payment.payment_id: payment for payment in desk.order.payments}
        for dispute in desk.disputes:
            payment, amount = now[dispute.payment_id], dispute.last.amount
            most = payment.worth if amount.currency == payment.worth.currency else payment.amount
            assert amount.minor_units <= most.minor_units

    play(desk, steps, after_each=check)


@given(desks(), disputed())
def test_what_the_bank_took_stays_taken_as_long_as_its_dispute_is_not_won(desk: Desk, steps: list[Step]) -> None:
    before: dict[str, Settlement] = {}

    def check(desk: Desk) -> None:
        taken = {refund_id: desk.settled[refund_id] for refund_id in desk.losses}
        assert all(taken[refund_id] == before[refund_id] for refund_id in taken.keys() & before.keys())
        assert {_counted(each) for each in desk.disputes} - {None} == taken.keys()
        before.clear()
        before.update(taken)

    play(desk, steps, after_each=check)


def _counted(dispute: Dispute) -> str | None:
    return dispute.refund_id


@given(desks(PromotionRefund.PRORATE), disputed())
def test_pro_rated_all_comes_back_but_what_the_bank_took(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_no_unit_pays_more_than_was_paid_for_it)
    refund_everything(desk)

    check_no_unit_pays_more_than_was_paid_for_it(desk)
    check_all_came_back_but_gifts_that_stay(desk)


@given(desks(PromotionRefund.REPRICE), disputed())
def test_repriced_all_comes_back_but_what_the_bank_took(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_nothing_exceeds_what_was_paid)
    refund_everything(desk)

    check_nothing_exceeds_what_was_paid(desk)
    check_all_came_back_but_gifts_that_stay(desk)


@given(desks(), disputed())
def test_no_point_moves_twice_and_every_settlement_adds_up(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps, after_each=check_no_point_moves_twice)
    refund_everything(desk)

    check_no_point_moves_twice(desk)
    for settlement in desk.settled.values():
        check_it_adds_up(settlement)


def test_orders_do_change_after_lost_disputes() -> None:
    """Of a hundred histories some have such a change, or the properties above would say nothing."""
    assert sum(_changes_after_a_loss(random.Random(seed).randbytes(700)) for seed in range(100)) >= 5


def _changes_after_a_loss(numbers: bytes) -> bool:
    desk, tape, has_changed = read_desk(Tape(numbers[:300])), Tape(numbers[300:]), False
    for step in [lost_disputes(tape), *read_history(tape, KINDS)]:
        was, has_lost = _figures(desk), bool(desk.losses)
        play(desk, [step])
        has_changed = has_changed or (has_lost and _figures(desk) != was)
    return has_changed


def _figures(desk: Desk) -> list[tuple[str, int, Money]]:
    return [(line.line_id, line.quantity, line.paid) for line in desk.sale.lines]
