"""A line sold at one price for all its units, which need not divide it (rule 48)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.claims.claims import LinePosition
from domain.money.amounts import Money
from domain.sale.orders import Order
from domain.sale.sales import book
from domain.sale.snapshots import SnapshotStep, take
from tests.domain.builders import a_coupon, a_line, an_order, at_a_total, cny, on, units
from tests.domain.refund_desk import Desk
from tests.domain.sold_lines import after, amounts, one_by_one, sold


def test_three_for_1_00_come_back_as_0_34_0_33_and_0_33() -> None:
    line = sold(at_a_total(1_00, quantity=3))

    assert amounts(one_by_one(line)) == [cny(34), cny(33), cny(33)]


def test_two_of_three_for_1_00_come_back_as_0_67_and_the_last_as_0_33() -> None:
    desk = Desk(an_order([at_a_total(1_00, quantity=3)]))

    assert [desk.refund(units("l1", 2)).total, desk.refund(units("l1", 1)).total] == [cny(67), cny(33)]


def test_a_discount_on_three_for_1_00_leaves_what_they_were_paid_with() -> None:
    line = sold(at_a_total(1_00, quantity=3, tax=14), a_coupon(10))

    claims = one_by_one(line)

    assert amounts(claims) == [cny(30), cny(30), cny(30)]
    assert [claim.tax for claim in claims] == [cny(5), cny(5), cny(4)]


def test_an_order_balances_by_its_totals() -> None:
    order = an_order([at_a_total(1_00, quantity=3), a_line(2, 50)])

    assert (order.price, book(order).goods_paid) == (cny(2_00), cny(2_00))


def test_a_gift_at_a_total_is_worth_what_it_cost() -> None:
    settlement = Desk(an_order([a_line(1, 60_00), at_a_total(1_00, quantity=3, gift=True)])).refund(units("l1", 1))

    assert [gift.value for gift in settlement.gifts] == [cny(0)]
    assert settlement.total == cny(60_00)


def test_the_same_price_written_the_other_way_sells_nothing_differently() -> None:
    known = an_order([a_line(3, 1_00)])
    lines = [replace(at_a_total(3_00, quantity=3), line_id="l1")]
    came: Order = replace(known, lines=tuple(lines), updated_at=on(9))

    assert take(known, came, is_booked=True).step is SnapshotStep.RENAMED


@given(st.integers(0, 10_000), st.integers(1, 12), st.lists(st.integers(1, 5), max_size=12))
def test_whatever_the_grouping_of_partial_returns_all_of_it_comes_to_the_total(
    total: int, quantity: int, parts: list[int]
) -> None:
    line: LinePosition = sold(at_a_total(total, quantity=quantity))
    for part in [*parts, quantity]:
        left = line.free_units.count
        if left:
            line = after(line, line.claim_units(min(part, left)))

    assert Money.total(amounts(list(line.claims)), "CNY") == cny(total)
