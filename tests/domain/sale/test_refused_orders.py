"""Orders that do not add up are refused, and told why (rules 1 and 3)."""

from dataclasses import replace

import pytest

from domain.money.amounts import CurrencyMismatch
from domain.refusals import RefundRejected, Refusal
from domain.sale.orders import Discount, Order
from domain.sale.sales import book
from tests.domain.builders import (
    a_discount,
    a_line,
    a_payment,
    a_shipping_discount,
    an_order,
    cny,
    jpy,
)


def refusal(order: Order) -> tuple[Refusal, str]:
    with pytest.raises(RefundRejected) as refused:
        book(order)
    return refused.value.code, str(refused.value)


@pytest.mark.parametrize("paid", [95_00, 95_02])
def test_an_order_that_does_not_balance_is_refused_with_both_sums(paid: int) -> None:
    order = an_order([a_line(1, 100_00)], [a_discount(9_99)], shipping=5_00, payments=[a_payment("card", paid)])

    code, message = refusal(order)

    assert code is Refusal.ORDER_DOES_NOT_BALANCE
    assert "9501" in message
    assert str(paid) in message


@pytest.mark.parametrize(
    ("discount", "what"),
    [
        (a_discount(50_01), "takes 5001 off the lines it covers, of which only 5000 is left"),
        (a_discount(30_01, on_lines=["l1"]), "takes 3001 off the lines it covers, of which only 3000 is left"),
        (a_discount(30_01, shares={"l1": 30_01}), "takes 3001 off line 'l1', of which only 3000 is left"),
        (a_shipping_discount(10_01), "takes 1001 off the shipping, of which only 1000 is left"),
    ],
)
def test_a_discount_of_more_than_is_left_is_refused(discount: Discount, what: str) -> None:
    lines = [a_line(1, 30_00), a_line(1, 20_00), a_line(1, 99_00, gift=True)]
    order = an_order(lines, [discount], shipping=10_00)

    code, message = refusal(order)

    assert code is Refusal.DISCOUNT_EXCEEDS_LINES
    assert what in message


def test_a_discount_on_everything_but_gifts_finds_nothing_where_there_are_only_gifts() -> None:
    gifts = [a_line(1, 20_00, gift=True)]

    assert refusal(an_order(gifts, [a_discount(1)]))[0] is Refusal.DISCOUNT_EXCEEDS_LINES
    assert book(an_order(gifts, [a_discount(0)])).goods_paid == cny(20_00)


def test_an_order_in_two_currencies_is_an_error() -> None:
    with pytest.raises(CurrencyMismatch):
        book(an_order([a_line(1, 100_00)], [a_discount(10, currency="JPY")], payments=[]))
    with pytest.raises(CurrencyMismatch):
        book(replace(an_order([a_line(1, 100)]), payments=(a_payment("card", jpy(100).minor_units, currency="JPY"),)))


def test_a_line_that_was_not_sold_is_named_together_with_those_that_were() -> None:
    sale = book(an_order([a_line(), a_line()]))

    with pytest.raises(RefundRejected, match="no line 'l9'; its lines are l1, l2") as refused:
        sale.line("l9")

    assert refused.value.code is Refusal.LINE_NOT_FOUND
    assert sale.line("l2").line_id == "l2"


def test_of_an_order_of_many_lines_the_first_twenty_are_named() -> None:
    sale = book(an_order([a_line() for _ in range(30)]))

    with pytest.raises(RefundRejected, match=r"l19, l20$"):
        sale.line("l99")
