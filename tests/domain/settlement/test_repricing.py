"""What a refund pays where promotions are recalculated on what the customer keeps (rule 7)."""

from itertools import permutations

import pytest

from domain.policy import Policy
from tests.domain.builders import a_coupon, a_discount, a_line, a_shipping_discount, an_order, cny
from tests.domain.refund_desk import Desk
from tests.domain.repriced_orders import PRORATE, REPRICE, SAVE_10_FROM_50, an_order_of, refunded


def test_60_00_with_save_10_from_50_pays_10_00_for_the_20_00_item_and_then_40_00_for_the_other() -> None:
    assert refunded(Desk(an_order_of(40_00, 20_00), REPRICE), "l2", "l1") == [cny(10_00), cny(40_00)]


def test_pro_rated_the_same_items_pay_16_67_and_33_33() -> None:
    assert refunded(Desk(an_order_of(40_00, 20_00), PRORATE), "l2", "l1") == [cny(16_67), cny(33_33)]


def test_a_discount_that_the_kept_goods_still_reach_stays_on_them_whole() -> None:
    assert refunded(Desk(an_order_of(50_00, 20_00), REPRICE), "l2", "l1") == [cny(20_00), cny(40_00)]


def test_a_minimum_spend_is_still_reached_by_exactly_its_amount() -> None:
    assert refunded(Desk(an_order_of(50_00, 20_00), REPRICE), "l2") == [cny(20_00)]
    assert refunded(Desk(an_order_of(49_99, 20_00), REPRICE), "l2") == [cny(10_00)]


def test_a_discount_at_a_rate_stays_on_the_kept_goods_at_its_rate() -> None:
    a_tenth_from_50 = a_discount(10_00, minimum_spend=50_00, rate_bp=1_000)
    desk = Desk(an_order_of(60_00, 40_00, discounts=(a_tenth_from_50,)), REPRICE)

    assert refunded(desk, "l2", "l1") == [cny(36_00), cny(54_00)]


def test_a_discount_without_a_minimum_spend_is_pro_rated_under_both() -> None:
    for policy in (PRORATE, REPRICE):
        desk = Desk(an_order_of(40_00, 20_00, discounts=(a_discount(6_00),)), policy)
        assert refunded(desk, "l2", "l1") == [cny(18_00), cny(36_00)]


def test_several_discounts_are_worked_out_one_after_the_other_on_what_the_earlier_ones_leave() -> None:
    lost, pro_rated = a_discount(10_00, minimum_spend=100_00), a_discount(9_00)
    a_tenth_from_60 = a_discount(9_10, minimum_spend=60_00, rate_bp=1_000)
    order = an_order_of(80_00, 30_00, discounts=(lost, pro_rated, a_tenth_from_60))

    # 81.90 was paid. The kept 80.00 costs 80.00, less 6.55 of the 9.00, less a tenth: 66.10.
    assert refunded(Desk(order, REPRICE), "l2", "l1") == [cny(15_80), cny(66_10)]


def test_a_discount_counts_only_the_lines_it_covers() -> None:
    on_the_first_two = a_discount(10_00, on_lines=["l1", "l2"], minimum_spend=50_00)
    order = an_order_of(40_00, 20_00, 500_00, discounts=(on_the_first_two,))

    assert refunded(Desk(order, REPRICE), "l3", "l2", "l1") == [cny(500_00), cny(10_00), cny(40_00)]


def test_the_shares_that_a_merchant_gave_outright_are_repriced_together() -> None:
    outright = a_discount(10_00, shares={"l1": 9_00, "l2": 1_00}, minimum_spend=50_00)

    assert refunded(Desk(an_order_of(40_00, 20_00, discounts=(outright,)), REPRICE), "l2") == [cny(10_00)]


def test_a_discount_on_shipping_is_no_matter_of_the_goods() -> None:
    order = an_order([a_line(1, 50_00), a_line(1, 20_00)], [a_shipping_discount(5_00), SAVE_10_FROM_50], shipping=5_00)

    assert refunded(Desk(order, REPRICE), "l2") == [cny(20_00)]


def test_a_refund_never_costs_the_customer_money() -> None:
    desk = Desk(an_order_of(49_00, 5_00), REPRICE)

    assert refunded(desk, "l2", "l1") == [cny(0), cny(44_00)]


@pytest.mark.parametrize("line_ids", list(permutations(["l1", "l2", "l3"])), ids="-".join)
@pytest.mark.parametrize("policy", [PRORATE, REPRICE], ids=["prorate", "reprice"])
def test_all_parts_in_any_order_come_to_exactly_what_was_paid(policy: Policy, line_ids: tuple[str, ...]) -> None:
    discounts = (a_coupon(3_33), SAVE_10_FROM_50, a_discount(4_17, minimum_spend=40_00, rate_bp=1_000))
    order = an_order_of(30_00, 15_00, 10_00, discounts=discounts)

    assert sum(total.minor_units for total in refunded(Desk(order, policy), *line_ids)) == 37_50
