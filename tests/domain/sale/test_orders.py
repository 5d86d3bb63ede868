"""A paid order is booked once: every discount is split over its lines, and the shares are frozen (rule 3)."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.sale.orders import DiscountSource, Order, OrderStatus
from domain.sale.payments import PaymentMethod
from domain.sale.sales import book
from domain.sale.sold_units import DiscountShare
from tests.domain.builders import (
    a_coupon,
    a_discount,
    a_line,
    a_shipping_discount,
    an_order,
    cny,
    on,
    points_worth,
)


def paid_by_line(order: Order) -> list[int]:
    return [line.paid.minor_units for line in book(order).lines]


def test_a_discount_is_split_by_what_the_lines_cost() -> None:
    order = an_order([a_line(1, 43_00), a_line(1, 14_00), a_line(1, 23_00)], [a_discount(2_99)])

    sale = book(order)

    assert [line.discount_shares for line in sale.lines] == [
        (DiscountShare(0, cny(1_61)),),
        (DiscountShare(0, cny(52)),),
        (DiscountShare(0, cny(86)),),
    ]


def test_a_later_discount_is_split_by_what_the_earlier_ones_left() -> None:
    lines = [a_line(1, 100_00), a_line(1, 100_00)]
    on_one_line = a_discount(60_00, on_lines=["l1"])
    on_all = a_coupon(14_00)

    assert paid_by_line(an_order(lines, [on_one_line, on_all])) == [36_00, 90_00]
    assert paid_by_line(an_order(lines, [on_all, on_one_line])) == [33_00, 93_00]


def test_a_discount_without_lines_covers_all_but_gifts() -> None:
    order = an_order([a_line(1, 80_00), a_line(1, 20_00, gift=True)], [a_discount(10_00)])

    assert paid_by_line(order) == [70_00, 20_00]


def test_a_discount_that_names_a_gift_covers_it() -> None:
    order = an_order([a_line(1, 80_00), a_line(1, 20_00, gift=True)], [a_discount(20_00, on_lines=["l2"])])

    assert paid_by_line(order) == [80_00, 0]


def test_shares_that_the_merchant_gives_outright_stand() -> None:
    order = an_order([a_line(1, 50_00), a_line(1, 50_00)], [a_discount(10_00, shares={"l1": 3_00, "l2": 7_00})])

    assert paid_by_line(order) == [47_00, 43_00]


def test_only_a_discount_on_shipping_makes_shipping_cheaper() -> None:
    order = an_order(
        [a_line(1, 50_00)], [a_discount(10_00), a_shipping_discount(4_00)], shipping=12_00, shipping_tax=50
    )

    sale = book(order)

    assert (sale.goods_paid, sale.shipping_paid, sale.shipping_tax) == (cny(40_00), cny(8_00), cny(50))


def test_points_are_split_like_the_money_they_were_worth() -> None:
    order = an_order(
        [a_line(1, 30_00), a_line(1, 10_00), a_line(1, 60_00)],
        [points_worth(4_00, points=401, on_lines=["l1", "l2"])],
    )

    assert [line.points_spent for line in book(order).lines] == [301, 100, 0]


def test_points_that_were_worth_nothing_are_split_evenly() -> None:
    order = an_order([a_line(1, 0), a_line(1, 0)], [points_worth(0, points=5)])

    assert [line.points_spent for line in book(order).lines] == [3, 2]


# What an order says of itself


@pytest.mark.parametrize(
    ("status", "paid_at", "is_sold"),
    [
        (OrderStatus.PLACED, None, False),
        (OrderStatus.PLACED, on(1), False),
        (OrderStatus.CANCELLED, None, False),
        (OrderStatus.PAID, on(1), True),
        (OrderStatus.DELIVERED, on(1), True),
        (OrderStatus.CANCELLED, on(1), True),
    ],
)
def test_an_order_is_sold_once_money_came(status: OrderStatus, paid_at: datetime | None, is_sold: bool) -> None:
    assert replace(an_order(), status=status, paid_at=paid_at).is_sold is is_sold


def test_only_what_was_cancelled_before_it_was_sent_is_kept_from_sending() -> None:
    cancelled = replace(an_order(), status=OrderStatus.CANCELLED)
    unsent = replace(cancelled, delivered_at=None)

    orders = (unsent, replace(unsent, was_sent=True), cancelled, replace(unsent, status=OrderStatus.PAID))
    assert [order.is_kept_from_sending for order in orders] == [True, False, False, False]


def test_an_order_names_each_coupon_once() -> None:
    order = an_order(
        discounts=[a_coupon(1_00, coupon_id="b"), a_coupon(1_00, coupon_id="a"), a_coupon(1_00, coupon_id="b")]
    )

    assert order.names(DiscountSource.COUPON) == ("b", "a")
    assert order.names(DiscountSource.CAMPAIGN) == ()


def test_money_that_a_provider_took_goes_back_to_a_charge_and_what_we_keep_ourselves_does_not() -> None:
    without = {method for method in PaymentMethod if not method.needs_a_charge}

    assert without == {PaymentMethod.GIFT_CARD, PaymentMethod.STORE_CREDIT, PaymentMethod.OTHER}
