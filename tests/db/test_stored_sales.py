"""A sale is stored in few bytes, and one that an earlier version stored is read as before."""

from db.codec import to_json
from db.sales import sale_from_json, sale_to_json
from domain.sale.sales import book
from tests.domain.builders import a_coupon, a_discount, a_line, an_order

DISCOUNTS = [a_coupon(10_00), a_discount(50, on_lines=["l2"]), a_discount(5, shares={"l1": 5})]
SALE = book(an_order([a_line(3, 290_00), a_line(1, 100_00)], DISCOUNTS))


def test_a_stored_sale_comes_back_as_it_was() -> None:
    assert sale_from_json(sale_to_json(SALE)) == SALE


def test_a_share_is_stored_as_two_numbers() -> None:
    assert sale_to_json(SALE)["lines"][0]["discount_shares"] == [0, 8_97, 2, 5]


def test_a_sale_of_an_earlier_version_is_read_as_before() -> None:
    assert sale_from_json(to_json(SALE)) == SALE
