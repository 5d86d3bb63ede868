"""For all orders: the shares of a discount sum to it, over lines and over units (rules 2 to 4)."""

from dataclasses import replace

from hypothesis import given

from domain.money.amounts import Money
from domain.sale.orders import DiscountTarget, Order
from domain.sale.sales import Sale, book
from domain.sale.units import Units
from tests.domain.builders import a_payment
from tests.domain.strategies import orders


@given(orders())
def test_what_the_parts_were_paid_with_sums_to_what_was_captured(order: Order) -> None:
    sale = book(order)

    assert _lines_paid(sale) + sale.shipping_paid == order.price == order.paid_and_owed
    assert sum(line.points_spent for line in (*sale.lines, *sale.extras)) + sale.shipping_points == order.points_spent
    assert all(line.paid.minor_units >= 0 for line in (*sale.lines, *sale.extras))


@given(orders())
def test_every_discount_takes_off_exactly_its_amount_and_leaves_the_earlier_shares_alone(order: Order) -> None:
    order = replace(order, lines=tuple(line for line in order.lines if not line.is_below_zero))
    for place, discount in enumerate(order.discounts):
        before, after = _booked_up_to(order, place), _booked_up_to(order, place + 1)

        goods, shipping = _lines_paid(before) - _lines_paid(after), before.shipping_paid - after.shipping_paid
        is_on_shipping = discount.target is DiscountTarget.SHIPPING
        assert (shipping if is_on_shipping else goods) == discount.amount
        assert not (goods if is_on_shipping else shipping)
        for one, other in zip(before.lines, after.lines, strict=True):
            assert other.discount_shares[: len(one.discount_shares)] == one.discount_shares


@given(orders())
def test_the_shares_of_single_units_sum_to_those_of_the_line_and_leave_what_was_paid_for_them(order: Order) -> None:
    for line in book(order).lines:
        units = [Units(((place, place + 1),)) for place in range(line.quantity)]
        for place, share in enumerate(line.discount_shares):
            assert Money.total((line.shares_of(unit)[place].amount for unit in units), order.currency) == share.amount
        for unit in units:
            off = Money.total((share.amount for share in line.shares_of(unit)), order.currency)
            assert line.gross_of(unit) - off == line.price_of(unit)
            assert all(share.amount.minor_units >= 0 for share in line.shares_of(unit))


def _lines_paid(sale: Sale) -> Money:
    return Money.total((line.paid for line in (*sale.lines, *sale.extras)), sale.currency)


def _booked_up_to(order: Order, discounts: int) -> Sale:
    part = replace(order, discounts=order.discounts[:discounts], owed=None)
    return book(replace(part, payments=(a_payment("card", part.price.minor_units, currency=part.currency),)))
