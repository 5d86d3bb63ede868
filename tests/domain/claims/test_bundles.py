"""Parts of a bundle come back alone, each with its share of the price, or only together (rule 47)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import Reason
from domain.refusals import RefundRejected, Refusal
from domain.sale.bundles import Bundle
from domain.sale.measures import Measure
from domain.sale.orders import LineKind, Order, OrderStatus
from tests.domain.builders import (
    a_coupon,
    a_line,
    a_part,
    an_extra,
    an_order,
    at_a_total,
    cny,
    kept_together,
    money_only,
    sold_for_good,
    units,
)
from tests.domain.refund_desk import Desk


def two_sets_and_a_book() -> Order:
    """Two pots with two lids each, at 50.00 a set, and a book."""
    return kept_together(
        an_order([a_part(at_a_total(80_00, quantity=2)), a_part(at_a_total(20_00, quantity=4)), a_line(1, 10_00)])
    )


def test_parts_of_a_bundle_come_back_alone_with_their_share_of_the_price() -> None:
    order = an_order([a_part(a_line(1, 80_00)), a_part(a_line(1, 20_00))], [a_coupon(10_00)])
    desk = Desk(replace(order, bundles=(Bundle("set"),)))

    assert [desk.refund(units("l2", 1)).total, desk.refund(units("l1", 1)).total] == [cny(18_00), cny(72_00)]


@pytest.mark.parametrize(
    ("asked", "lacking"),
    [
        ((units("l1", 1),), "2 × l2"),
        ((units("l1", 1), units("l2", 1)), "1 × l2"),
        ((units("l2", 1),), "2 × l1, 3 × l2"),
        ((units("l2", 4),), "2 × l1"),
    ],
)
def test_parts_that_come_back_only_together_are_refused_without_the_others(
    asked: tuple[object, ...], lacking: str
) -> None:
    desk = Desk(two_sets_and_a_book())

    with pytest.raises(RefundRejected, match=f"ask for {lacking} as well") as refused:
        desk.quote(*asked)  # type: ignore[arg-type]

    assert refused.value.code is Refusal.BUNDLE_INCOMPLETE


def test_one_whole_set_of_two_comes_back_and_then_the_other() -> None:
    desk = Desk(two_sets_and_a_book())

    one, other = desk.refund(units("l1", 1), units("l2", 2)), desk.refund(units("l1", 1), units("l2", 2))

    assert (one.total, other.total) == (cny(50_00), cny(50_00))
    assert desk.refund().total == cny(10_00)


def test_what_is_left_comes_back_after_the_merchants_fault_brought_back_a_part_alone() -> None:
    desk = Desk(two_sets_and_a_book())
    desk.refund(units("l2", 1), reason=Reason.QUALITY_ISSUE)

    with pytest.raises(RefundRejected, match="ask for 1 × l1 as well"):
        desk.quote(units("l1", 1), units("l2", 3))
    rest = desk.refund(units("l1", 2), units("l2", 3))

    assert rest.total == cny(95_00)


def test_a_part_with_a_reason_of_its_own_comes_back_alone_where_that_is_the_merchants_fault() -> None:
    desk = Desk(two_sets_and_a_book())

    refund = desk.refund(units("l2", 1), units("l3", 1), line_reasons={"l2": Reason.DELIVERY_ERROR})

    assert refund.total == cny(15_00)


def test_what_was_never_sent_need_not_be_whole() -> None:
    order = replace(two_sets_and_a_book(), status=OrderStatus.CANCELLED, delivered_at=None)

    assert Desk(order).quote(units("l1", 1)).total == cny(40_00)


def test_money_off_a_part_moves_nothing_and_is_not_refused() -> None:
    assert Desk(two_sets_and_a_book()).quote(money_only("l1", 5_00)).total == cny(5_00)


def test_a_part_that_was_sold_for_good_keeps_the_others() -> None:
    desk = Desk(kept_together(an_order([a_part(a_line(1, 80_00)), a_part(sold_for_good(20_00)), a_line(1, 10_00)])))

    with pytest.raises(RefundRejected, match=r"line 'l1' can't be returned \(hygiene\)"):
        desk.quote(units("l1", 1), units("l3", 1))

    assert desk.refund().total == cny(10_00)
    with pytest.raises(RefundRejected, match=r"line 'l1' can't be returned"):
        desk.quote()
    assert desk.refund(reason=Reason.MERCHANT_BREACH).total == cny(100_00)


def test_a_part_that_was_weighed_lacks_in_its_unit() -> None:
    cheese = a_part(replace(at_a_total(10_00, quantity=400), measure=Measure("kg")))
    desk = Desk(kept_together(an_order([a_part(a_line(2, 5_00)), cheese])))

    with pytest.raises(RefundRejected, match=r"ask for 0\.2 kg of l2 as well"):
        desk.quote(units("l1", 1))

    assert desk.refund(units("l1", 1), units("l2", 200)).total == cny(10_00)


# Lines that are no units


def test_a_deposit_comes_back_with_the_goods_of_its_bundle() -> None:
    deposit = a_part(an_extra(LineKind.DEPOSIT, 1_50, quantity=6), "beer")
    desk = Desk(an_order([a_part(a_line(6, 1_00), "beer"), a_line(1, 90_00), deposit]))

    assert desk.refund(units("l2", 1)).total == cny(90_00)
    assert desk.refund(units("l1", 2)).total == cny(2_50)
    assert desk.refund(units("l1", 4)).total == cny(5_00)


def test_gift_wrap_of_a_bundle_comes_back_for_what_the_merchant_did_to_its_goods() -> None:
    wrap = a_part(an_extra(LineKind.GIFT_WRAP, 3_00), "birthday")
    desk = Desk(an_order([a_part(a_line(1, 50_00), "birthday"), a_line(1, 20_00), wrap]))

    assert desk.refund(units("l2", 1), reason=Reason.QUALITY_ISSUE).total == cny(20_00)
    assert desk.refund(units("l1", 1), reason=Reason.QUALITY_ISSUE).total == cny(53_00)


def test_an_extra_of_a_bundle_that_has_no_goods_comes_back_with_all() -> None:
    deposit = a_part(an_extra(LineKind.DEPOSIT, 1_00), "empties")
    desk = Desk(an_order([a_line(1, 10_00), a_line(1, 10_00), deposit]))

    assert desk.refund(units("l1", 1)).total == cny(10_50)


# Properties


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5_000)), min_size=2, max_size=4),
    st.lists(st.integers(1, 2), max_size=4),
)
def test_sets_come_back_one_after_the_other_to_what_was_paid(
    sets: int, parts: list[tuple[int, int]], returned: list[int]
) -> None:
    lines = [a_part(at_a_total(total, quantity=of_a_set * sets)) for of_a_set, total in parts]
    desk = Desk(kept_together(an_order(lines)))
    left, paid = sets, 0
    for count in [*returned, sets]:
        if take := min(count, left):
            asked = [units(f"l{place}", of_a_set * take) for place, (of_a_set, _) in enumerate(parts, 1)]
            paid, left = paid + desk.refund(*asked).total.minor_units, left - take

    assert paid == desk.order.captured.minor_units


def test_what_lacks_are_whole_ones_also_where_that_takes_the_last_of_a_part() -> None:
    order = kept_together(an_order([a_part(a_line(2, line_id="pot")), a_part(a_line(4, line_id="lid"))]))
    desk = Desk(order)
    desk.refund(units("pot", 1), reason=Reason.QUALITY_ISSUE)

    with pytest.raises(RefundRejected, match="ask for 2 × lid as well"):
        desk.quote(units("pot", 1))
