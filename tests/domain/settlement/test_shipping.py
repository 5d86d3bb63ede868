"""Shipping comes back once, when the policy or the merchant says so (rule 8)."""

from dataclasses import replace

import pytest
from hypothesis import given

from domain.claims.reasons import Reason
from domain.explain.explanations import Figure
from domain.policy import Policy, ShippingRefund
from domain.sale.orders import Order
from tests.domain.builders import a_line, a_shipping_discount, an_order, cny, money_only, units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import adjustments, histories, orders, payments, policies, reasons, returns, settlements

FAULTS = [Reason.QUALITY_ISSUE, Reason.DELIVERY_ERROR, Reason.MERCHANT_BREACH]


def a_desk(policy: Policy | None = None) -> Desk:
    return Desk(an_order([a_line(2, 50_00), a_line(1, 30_00)], shipping=12_00, shipping_tax=1_00), policy)


@pytest.mark.parametrize("reason", FAULTS)
def test_at_the_merchants_fault_shipping_comes_back_with_the_first_unit(reason: Reason) -> None:
    desk = a_desk()

    first, second = desk.refund(units("l1", 1), reason=reason), desk.refund(reason=reason)

    assert (first.shipping, first.shipping_tax) == (cny(12_00), cny(1_00))
    assert (second.shipping, second.shipping_tax) == (cny(0), cny(0))
    for settlement, arithmetic in ((first, "100 - 0 = 100"), (second, "100 - 100 = 0")):
        (tax,) = [each for each in settlement.explanations if each.figure is Figure.SHIPPING_TAX]
        assert tax.arithmetic == arithmetic


def test_who_changed_their_mind_gets_shipping_back_with_the_last_unit() -> None:
    desk = a_desk()

    parts = [desk.refund(units("l2", 1)), desk.refund(units("l1", 1)), desk.refund(units("l1", 1))]

    assert [part.shipping for part in parts] == [cny(0), cny(0), cny(12_00)]
    assert parts[-1].shipping_tax == cny(1_00)


def test_a_gift_that_is_kept_does_not_keep_the_shipping() -> None:
    desk = Desk(an_order([a_line(1, 50_00), a_line(1, 9_00, gift=True)], shipping=12_00))

    assert desk.refund(units("l1", 1)).shipping == cny(12_00)


def test_a_merchant_who_never_gives_shipping_back_does_not() -> None:
    never = Policy(shipping_refund=dict.fromkeys(Reason, ShippingRefund.NEVER))

    assert a_desk(never).refund(reason=Reason.QUALITY_ISSUE).shipping == cny(0)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize(
    ("rule", "first", "last"),
    [(ShippingRefund.ALWAYS, 12_00, 0), (ShippingRefund.FULL_RETURN, 0, 12_00), (ShippingRefund.NEVER, 0, 0)],
)
def test_each_reason_has_its_own_rule(reason: Reason, rule: ShippingRefund, first: int, last: int) -> None:
    others = next(each for each in ShippingRefund if each is not rule)
    desk = a_desk(Policy(shipping_refund=dict.fromkeys(Reason, others) | {reason: rule}))

    parts = [desk.refund(units("l1", 2), reason=reason), desk.refund(reason=reason)]

    assert [part.shipping for part in parts] == [cny(first), cny(last)]


def test_shipping_that_did_not_come_back_for_one_reason_comes_back_for_another() -> None:
    desk = a_desk()
    desk.refund(units("l1", 1))

    assert desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE).shipping == cny(12_00)


def test_a_money_only_adjustment_leaves_the_shipping() -> None:
    desk = a_desk()

    assert desk.refund(money_only("l1", 1_00), reason=Reason.QUALITY_ISSUE).shipping == cny(0)
    assert desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE).shipping == cny(12_00)


def test_units_that_inspection_rejects_bring_no_shipping() -> None:
    desk = a_desk()
    refund = desk.request(units("l1", 1), reason=Reason.QUALITY_ISSUE)

    assert desk.settle(refund, accepted={"l1": 0}).shipping == cny(0)


def test_the_merchants_outright_word_decides() -> None:
    assert a_desk().refund(money_only("l1", 1_00), include_shipping=True).shipping == cny(12_00)
    assert a_desk().refund(reason=Reason.QUALITY_ISSUE, include_shipping=False).shipping == cny(0)
    assert a_desk().refund_shipping().total == cny(12_00)


def test_nobody_gets_back_shipping_that_was_free() -> None:
    desk = Desk(an_order([a_line()], [a_shipping_discount(12_00)], shipping=12_00))

    assert desk.refund(reason=Reason.QUALITY_ISSUE).shipping == cny(0)


# For all orders and histories


def shipping_back(desk: Desk) -> int:
    return sum(each.shipping.minor_units for each in desk.settled.values())


@given(orders(), policies(), histories(), reasons)
def test_never_more_of_the_shipping_comes_back_than_was_paid_for_it(
    order: Order, policy: Policy, steps: list[Step], reason: Reason
) -> None:
    desk = play(Desk(order, policy), steps)
    desk.refund_all_that_is_left(reason)

    assert 0 <= shipping_back(desk) <= desk.sale.shipping_paid.minor_units
    assert desk.position.shipping_left.minor_units == desk.sale.shipping_paid.minor_units - shipping_back(desk)


@given(orders(), policies(), histories(returns, adjustments, settlements, payments), reasons)
def test_the_shipping_of_an_order_that_was_sent_at_once_comes_back_whole_or_not_at_all(
    order: Order, policy: Policy, steps: list[Step], reason: Reason
) -> None:
    desk = play(Desk(replace(order, shipments=()), policy), steps)
    desk.refund_all_that_is_left(reason)

    assert shipping_back(desk) in (0, desk.sale.shipping_paid.minor_units)


@given(orders(), policies(ShippingRefund.ALWAYS), histories(returns, adjustments, settlements, payments), reasons)
def test_under_always_shipping_comes_back_exactly_once(
    order: Order, policy: Policy, steps: list[Step], reason: Reason
) -> None:
    desk = play(Desk(order, policy), steps)
    desk.refund_all_that_is_left(reason)

    assert shipping_back(desk) == desk.sale.shipping_paid.minor_units
    assert sum(each.shipping_tax.minor_units for each in desk.settled.values()) == desk.sale.shipping_tax.minor_units


@given(orders(), policies(ShippingRefund.FULL_RETURN), histories(returns, adjustments, settlements, payments), reasons)
def test_under_full_return_shipping_comes_back_with_the_refund_that_completes_the_order(
    order: Order, policy: Policy, steps: list[Step], reason: Reason
) -> None:
    desk = play(Desk(order, policy), steps)
    desk.refund_all_that_is_left(reason)

    assert shipping_back(desk) == desk.sale.shipping_paid.minor_units
    settled = list(desk.settled.values())
    until_complete = settled[: 1 + next(place for place, each in enumerate(settled) if each.completes_order)]
    assert sum(each.shipping.minor_units for each in until_complete) == desk.sale.shipping_paid.minor_units
    if not order.shipments:
        assert until_complete[-1].shipping == desk.sale.shipping_paid
