"""A gift whose condition no longer holds comes back with the goods, or its value is deducted (rule 27)."""

import pytest
from hypothesis import given

from domain.entitlements.gifts import GiftEffect, GiftOutcome
from domain.policy import Policy, TakeBack
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import OrderLine
from domain.sale.sales import book
from domain.sale.units import Units
from tests.domain.builders import a_discount, a_gift, a_line, an_order, cny, money_only, units
from tests.domain.checks import minor_units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories

FORGIVE = Policy(missing_gift=TakeBack.FORGIVE)
KEPT, RETURNED = GiftOutcome.KEPT, GiftOutcome.RETURNED
DEDUCTED, FORGIVEN = GiftOutcome.VALUE_DEDUCTED, GiftOutcome.FORGIVEN


def a_desk(gift: OrderLine, policy: Policy | None = None) -> Desk:
    """Goods of 60.00 and 40.00 and, as l3, a gift."""
    return Desk(an_order([a_line(1, 60_00), a_line(1, 40_00), gift]), policy)


def test_any_goods_kept_are_enough_for_a_gift_without_a_minimum_spend() -> None:
    desk = a_desk(a_gift(15_00))

    (partly,), (wholly,) = desk.refund(units("l1", 1)).gifts, desk.refund(units("l2", 1)).gifts

    assert partly == GiftEffect("l3", Units.of_line(1), KEPT, cny(0))
    assert wholly == GiftEffect("l3", Units.of_line(1), DEDUCTED, cny(15_00))


@pytest.mark.parametrize(("minimum_spend", "outcome"), [(60_00, KEPT), (60_01, DEDUCTED)])
def test_a_gift_with_a_minimum_spend_stays_while_the_kept_goods_reach_it(
    minimum_spend: int, outcome: GiftOutcome
) -> None:
    settlement = a_desk(a_gift(15_00, minimum_spend=minimum_spend)).refund(units("l2", 1))

    assert [gift.outcome for gift in settlement.gifts] == [outcome]
    assert settlement.total == (cny(40_00) if outcome is KEPT else cny(25_00))


def test_what_was_paid_for_the_kept_goods_counts_and_not_their_price_before_discounts() -> None:
    lines = [a_line(1, 60_00), a_line(1, 40_00), a_gift(15_00, minimum_spend=55_00)]

    settlement = Desk(an_order(lines, [a_discount(10_00)])).refund(units("l2", 1))

    assert [gift.outcome for gift in settlement.gifts] == [DEDUCTED]


def test_a_gift_that_comes_back_with_the_goods_costs_nothing() -> None:
    settlement = a_desk(a_gift(15_00)).refund()

    assert settlement.gifts == (GiftEffect("l3", Units.of_line(1), RETURNED, cny(0)),)
    assert (settlement.deductions, settlement.total) == ((), cny(100_00))


def test_of_two_gifts_one_can_come_back_and_the_other_be_deducted() -> None:
    settlement = a_desk(a_gift(15_00, quantity=2)).refund(units("l1", 1), units("l2", 1), units("l3", 1))

    assert settlement.gifts == (
        GiftEffect("l3", Units(((0, 1),)), RETURNED, cny(0)),
        GiftEffect("l3", Units(((1, 2),)), DEDUCTED, cny(15_00)),
    )
    assert settlement.total == cny(85_00)


def test_a_forgiving_merchant_lets_the_gift_go() -> None:
    settlement = a_desk(a_gift(15_00), FORGIVE).refund(units("l1", 1), units("l2", 1))

    assert [(gift.outcome, gift.value) for gift in settlement.gifts] == [(FORGIVEN, cny(0))]
    assert settlement.total == cny(100_00)


@pytest.mark.parametrize("policy", [Policy(), FORGIVE], ids=["deduct", "forgive"])
def test_a_gift_that_was_deducted_or_forgiven_is_the_customers_for_good(policy: Policy) -> None:
    desk = a_desk(a_gift(15_00, minimum_spend=100_00), policy)
    desk.refund(units("l2", 1))

    last = desk.refund()

    assert [claim.line_id for claim in last.claims] == ["l1"]
    assert (last.gifts, last.total) == ((), cny(60_00))
    with pytest.raises(RefundRejected) as refused:
        desk.quote(units("l3", 1))
    assert refused.value.code is Refusal.QUANTITY_NOT_AVAILABLE


def test_a_gift_is_asked_for_again_when_the_refund_that_deducted_it_is_refused_after_all() -> None:
    desk = a_desk(a_gift(15_00))
    refund = desk.request(units("l1", 1), units("l2", 1))
    desk.settle(refund)
    desk.release(refund)

    assert [gift.outcome for gift in desk.refund().gifts] == [RETURNED]


def test_what_was_paid_for_a_gift_is_not_deducted_again() -> None:
    partly = a_desk(a_gift(15_00, unit_price=1_00)).refund(units("l1", 1), units("l2", 1))
    wholly = a_desk(a_gift(15_00, unit_price=15_01)).refund(units("l1", 1), units("l2", 1))

    assert [gift.value for gift in (*partly.gifts, *wholly.gifts)] == [cny(14_00), cny(0)]


def test_a_gift_is_worth_its_price_unless_the_merchant_says_otherwise() -> None:
    gift, free = a_line(1, 20_00, gift=True), a_discount(20_00, on_lines=["l2"])

    settlement = Desk(an_order([a_line(1, 60_00), gift], [free])).refund(units("l1", 1))

    assert [each.value for each in settlement.gifts] == [cny(20_00)]
    assert (settlement.goods, settlement.total) == (cny(60_00), cny(40_00))


def test_goods_that_are_no_gift_are_worth_nothing_as_one() -> None:
    assert [line.worth_of(line.all_units) for line in book(an_order([a_line(1, 60_00), a_gift(15_00)])).lines] == [
        cny(0),
        cny(15_00),
    ]


def test_an_order_of_gifts_alone_has_no_condition_to_lose() -> None:
    assert Desk(an_order([a_gift(15_00), a_gift(5_00)])).refund(units("l1", 1)).gifts == ()


def test_an_adjusted_gift_that_stays_for_good_has_nothing_left_to_pay() -> None:
    desk = a_desk(a_gift(15_00, unit_price=10_00))
    desk.refund(money_only("l3", 4_00))
    desk.refund(units("l1", 1), units("l2", 1))

    assert desk.position.line("l3").left == cny(0)


def test_the_price_of_a_gift_that_stays_for_good_stays_with_the_merchant() -> None:
    desk = a_desk(a_gift(15_00, unit_price=10_00))
    desk.refund(units("l1", 1), units("l2", 1))

    assert desk.position.line("l3").claim_rest() == ()
    assert not desk.position.line_after("l3", ()).free_units.ranges


# For all orders, policies and histories


@given(desks(), histories())
def test_a_gift_is_deducted_or_forgiven_at_most_once_and_never_returned_as_well(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for line in desk.sale.lines:
        effects = [each for settlement in desk.settled.values() for each in settlement.gifts]
        final = [each for each in effects if each.line_id == line.line_id and each.outcome is not KEPT]
        assert sum(each.units.count for each in final) <= line.quantity
        assert minor_units(each.value for each in final) <= line.worth_of(line.all_units).minor_units
        assert Units.union(each.units for each in final).count == sum(each.units.count for each in final)
