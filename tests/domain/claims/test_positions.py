"""Where an order stands: nothing goes back beyond what was paid, and everything adds up in the end (rules 4 to 6)."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.claims import ClaimState
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.policy import Policy
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Order
from tests.domain.builders import (
    a_discount,
    a_line,
    a_payment,
    an_order,
    cny,
    units,
)
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import histories, orders, policies


def test_a_request_without_lines_asks_for_everything_left() -> None:
    desk = Desk(an_order([a_line(2, 50_00), a_line(1, 30_00), a_line(1, 0, gift=True)]))
    desk.refund(units("l1", 1), units("l2", 1))

    rest = desk.quote()

    assert [(claim.line_id, claim.units.count) for claim in rest.claims] == [("l1", 1), ("l3", 1)]
    assert rest.total == cny(50_00)


def test_nothing_left_is_refused() -> None:
    desk = Desk(an_order())
    desk.request()

    with pytest.raises(RefundRejected, match="every unit of order 'o1' is already in a refund") as refused:
        desk.quote()

    assert refused.value.code is Refusal.NOTHING_LEFT_TO_REFUND


@pytest.mark.parametrize("shipping", [0, 8_00])
def test_shipping_is_not_asked_for_alone_once_nothing_is_left_of_it(shipping: int) -> None:
    desk = Desk(an_order(shipping=shipping))
    desk.refund(reason=Reason.QUALITY_ISSUE)

    with pytest.raises(RefundRejected, match="nothing is left of the shipping of order 'o1'") as refused:
        desk.position.claim([], Reason.CHANGED_MIND)

    assert refused.value.code is Refusal.NOTHING_LEFT_TO_REFUND


def test_shipping_alone_claims_no_goods() -> None:
    assert Desk(an_order(shipping=8_00)).position.claim([], Reason.CHANGED_MIND) == ()


def test_a_line_that_was_not_sold_cannot_be_returned() -> None:
    with pytest.raises(RefundRejected) as refused:
        Desk(an_order()).quote(units("l2", 1))

    assert refused.value.code is Refusal.LINE_NOT_FOUND


def test_asking_for_none_of_a_line_claims_none_of_it() -> None:
    (claim,) = Desk(an_order([a_line(2, 50_00)])).quote(units("l1", 0)).claims

    assert (claim.units.count, claim.amount) == (0, cny(0))


def test_what_one_refund_has_claimed_no_other_can() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]))
    desk.request(units("l1", 2))

    with pytest.raises(RefundRejected) as refused:
        desk.request(units("l1", 1))

    assert refused.value.code is Refusal.QUANTITY_NOT_AVAILABLE


def test_a_released_claim_leaves_no_trace() -> None:
    desk = Desk(an_order([a_line(3, 100_00)], [a_discount(10_00)], shipping=12_00))
    before = desk.quote()

    for settled in (False, True):
        refund = desk.request(units("l1", 2), include_shipping=True)
        if settled:
            desk.settle(refund)
        desk.release(refund)

    assert desk.quote() == before


def test_an_order_of_three_for_290_is_paid_back_to_both_payments_to_the_fen() -> None:
    both = [a_payment("gift card", 90_00), a_payment("card", 200_00)]
    desk = Desk(an_order([a_line(3, 100_00)], [a_discount(10_00)], payments=both))

    parts = [desk.refund(units("l1", 1)) for _ in range(3)]

    assert [part.total for part in parts] == [cny(96_67), cny(96_67), cny(96_66)]
    assert [left for _, left in desk.position.payments_left] == [cny(0), cny(0)]


def test_only_settled_refunds_lower_what_was_spent() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]))

    refund = desk.request(units("l1", 1))
    assert desk.position.goods_refunded == cny(0)
    desk.settle(refund)
    assert desk.position.goods_refunded == cny(50_00)


def test_an_order_is_returned_when_every_unit_but_gifts_is() -> None:
    desk = Desk(an_order([a_line(2, 50_00), a_line(1, 9_00, gift=True)]))
    claimed = desk.request(units("l1", 1))
    desk.refund(units("l1", 1))

    assert not desk.position.is_fully_returned()
    desk.settle(claimed)
    assert desk.position.is_fully_returned()
    assert not desk.position.only(ClaimState.PAID).is_fully_returned()
    desk.pay(claimed)
    assert desk.position.only(ClaimState.PAID).is_fully_returned()


def test_an_order_of_gifts_alone_is_returned_when_they_are() -> None:
    desk = Desk(an_order([a_line(1, 9_00, gift=True)]))

    assert not desk.position.is_fully_returned()
    desk.refund()
    assert desk.position.is_fully_returned()


# For all orders and histories


@given(orders(), policies(), histories(), st.randoms())
def test_it_does_not_matter_in_which_order_the_earlier_refunds_are_listed(
    order: Order, policy: Policy, steps: list[Step], chance: random.Random
) -> None:
    position = play(Desk(order, policy), steps).position
    shuffled = list(position.refunds)
    chance.shuffle(shuffled)
    other = OrderPosition(position.order, position.sale, tuple(shuffled))

    for line in position.sale.lines:
        assert other.line(line.line_id).claim_rest() == position.line(line.line_id).claim_rest()
    assert other.payments_left == position.payments_left
