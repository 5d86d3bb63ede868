"""Points that paid for shipping come back with the shipping, once (rules 8 and 18)."""

from dataclasses import replace

import pytest

from domain.claims.reasons import Reason
from domain.explain.explanations import Figure
from domain.policy import Policy, ShippingRefund
from domain.refusals import RefundRejected
from domain.sale.orders import DiscountTarget
from domain.sale.sales import book
from tests.domain.builders import a_line, an_order, cny, points_worth, units
from tests.domain.refund_desk import Desk


def a_desk(policy: Policy | None = None, *, worth: int = 8_00) -> Desk:
    """Two units, of which the order paid 200 points; `worth` of the shipping of 8.00 was paid with 81 points."""
    on_shipping = replace(points_worth(worth, points=81), target=DiscountTarget.SHIPPING)
    order = an_order([a_line(2, 50_00)], [points_worth(20_00, points=200), on_shipping], shipping=8_00)
    return Desk(order, policy)


def test_they_are_no_lines_share() -> None:
    sale = a_desk().sale

    assert (sale.shipping_paid, sale.shipping_points) == (cny(0), 81)
    assert [line.points_spent for line in sale.lines] == [200]


def test_who_changed_their_mind_has_them_back_with_the_last_unit() -> None:
    desk = a_desk()

    parts = [desk.refund(units("l1", 1)), desk.refund(units("l1", 1))]

    assert [each.points.restored for each in parts] == [100, 181]
    assert [each.total for each in parts] == [cny(40_00), cny(40_00)]


def test_at_the_merchants_fault_they_are_back_with_the_first_unit_and_once() -> None:
    desk = a_desk()

    parts = [desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE) for _ in range(2)]

    assert [each.points.restored for each in parts] == [181, 100]


def test_they_come_back_beside_the_money_that_paid_for_the_rest_of_the_shipping() -> None:
    last = a_desk(worth=3_00).refund()

    assert (last.shipping, last.shipping_points, last.points.restored) == (cny(5_00), 81, 281)


def test_they_stay_where_the_policy_never_gives_shipping_back() -> None:
    never = Policy(shipping_refund=dict.fromkeys(Reason, ShippingRefund.NEVER))

    assert a_desk(never).refund().points.restored == 200


def test_a_merchant_gives_shipping_that_only_points_paid_for_back_once() -> None:
    desk = a_desk()
    assert desk.position.claim((), Reason.CHANGED_MIND) == ()

    assert desk.refund_shipping().points.restored == 81
    with pytest.raises(RefundRejected, match="nothing is left of the shipping"):
        desk.position.claim((), Reason.CHANGED_MIND)


def test_the_explanation_says_which_points_had_paid_for_shipping() -> None:
    (restored,) = [each for each in a_desk().refund().explanations if each.figure is Figure.POINTS_RESTORED]

    assert restored.arithmetic == "200 + 81 = 281"


def test_an_order_of_gifts_alone_can_have_shipping_paid_with_points() -> None:
    on_shipping = replace(points_worth(8_00, points=81), target=DiscountTarget.SHIPPING)

    assert book(an_order([a_line(1, 0, gift=True)], [on_shipping], shipping=8_00)).shipping_points == 81
