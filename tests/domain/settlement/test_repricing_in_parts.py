"""Repriced unit by unit, beside adjustments and gifts, and under a policy that changes midway (rules 5 and 7)."""

from domain.settlement.repricing import cost_of_kept
from tests.domain.builders import a_discount, a_gift, a_line, an_order, cny, money_only, units
from tests.domain.refund_desk import Desk
from tests.domain.repriced_orders import PRORATE, REPRICE, SAVE_10_FROM_50, an_order_of, refunded


def test_three_units_returned_one_by_one_are_repriced_one_by_one() -> None:
    desk = Desk(an_order([a_line(3, 25_00)], [SAVE_10_FROM_50]), REPRICE)

    assert refunded(desk, "l1", "l1", "l1") == [cny(25_00), cny(15_00), cny(25_00)]


def test_what_was_adjusted_before_is_not_paid_twice() -> None:
    desk = Desk(an_order_of(40_00, 20_00), REPRICE)
    adjusted = desk.refund(money_only("l1", 5_00))

    assert [adjusted.total, *refunded(desk, "l2", "l1")] == [cny(5_00), cny(10_00), cny(35_00)]


def test_what_was_adjusted_before_lowers_what_the_kept_goods_are_worth_and_not_what_the_others_pay() -> None:
    desk = Desk(an_order_of(50_00, 20_00), REPRICE)
    desk.refund(money_only("l1", 5_00))

    assert refunded(desk, "l2", "l1") == [cny(20_00), cny(35_00)]


def test_an_adjustment_beside_a_return_is_paid_as_asked() -> None:
    settlement = Desk(an_order_of(40_00, 20_00), REPRICE).refund(units("l2", 1), money_only("l1", 5_00))

    assert [claim.amount for claim in settlement.claims] == [cny(10_00), cny(5_00)]


def test_an_adjustment_pays_no_more_than_the_kept_goods_are_worth_by_then() -> None:
    desk = Desk(an_order_of(50_00, 50_00), REPRICE)
    desk.refund(units("l2", 1))

    assert desk.refund(money_only("l1", 45_00)).total == cny(40_00)
    assert desk.refund(units("l1", 1)).total == cny(0)


def test_nor_does_it_pay_out_of_the_price_of_a_gift_that_stays_for_good() -> None:
    lines = [a_line(1, 50_00), a_line(1, 50_00), a_gift(20_00, unit_price=20_00, minimum_spend=100_00)]
    desk = Desk(an_order(lines, [a_discount(10_00, on_lines=["l1", "l2"], minimum_spend=50_00)]), REPRICE)

    parts = [desk.refund(units("l2", 1)), desk.refund(money_only("l1", 45_00)), desk.refund(units("l1", 1))]

    assert [each.total for each in parts] == [cny(50_00), cny(40_00), cny(0)]
    assert desk.position.goods_left == cny(20_00)


def test_nor_does_a_return_after_the_policy_has_changed() -> None:
    goods = [a_line(1, 60_00), a_line(1, 20_00), a_line(1, 20_00)]
    gift = a_gift(20_00, unit_price=20_00, minimum_spend=100_00)
    desk = Desk(
        an_order([*goods, gift], [a_discount(40_00, on_lines=["l1", "l2", "l3"], minimum_spend=40_00)]), REPRICE
    )
    first = desk.refund(units("l1", 1))
    desk.policy = PRORATE

    rest = [desk.refund(units("l2", 1)), desk.refund(units("l3", 1))]

    assert [each.total for each in (first, *rest)] == [cny(60_00), cny(0), cny(0)]
    assert desk.position.goods_left == cny(20_00)


def test_nor_does_a_return_beside_goods_that_were_adjusted_beyond_what_they_are_worth_now() -> None:
    lines = [a_line(2, 50_00), a_gift(20_00, unit_price=20_00)]
    desk = Desk(an_order(lines, [a_discount(40_00, on_lines=["l1"], minimum_spend=50_00)]), REPRICE)
    desk.refund(money_only("l1", 45_00))

    rest = [desk.refund(units("l1", 1)), desk.refund(units("l1", 1))]

    assert [each.total for each in rest] == [cny(15_00), cny(0)]
    assert desk.position.goods_left == cny(20_00)


def test_what_was_paid_for_a_gift_comes_back_with_it_though_others_were_adjusted() -> None:
    desk = Desk(an_order([a_line(1, 50_00), a_gift(20_00, unit_price=20_00)]), REPRICE)
    parts = [desk.refund(money_only("l2", 5_00)), desk.refund(money_only("l1", 50_00)), desk.refund(units("l2", 1))]

    assert [each.total for each in parts] == [cny(5_00), cny(50_00), cny(15_00)]
    assert desk.position.goods_payable(()) == cny(0)


def test_goods_that_are_only_asked_for_still_count_as_kept() -> None:
    desk = Desk(an_order_of(40_00, 20_00), REPRICE)
    asked_for = desk.request(units("l1", 1))

    assert refunded(desk, "l2") == [cny(10_00)]
    assert desk.settle(asked_for).total == cny(40_00)


def test_a_gift_is_not_repriced_whatever_it_was_discounted_for() -> None:
    free_from_50 = a_discount(20_00, on_lines=["l3"], minimum_spend=50_00)
    lines = [a_line(1, 40_00), a_line(1, 20_00), a_gift(20_00, unit_price=20_00, minimum_spend=50_00)]
    desk = Desk(an_order(lines, [free_from_50]), REPRICE)

    settlement = desk.refund(units("l2", 1))

    assert cost_of_kept(desk.position, ()) == cny(40_00)
    assert settlement.goods == cny(20_00)
    assert [each.amount for each in settlement.deductions] == [cny(20_00)]


def test_a_gift_beside_the_last_goods_is_paid_what_was_paid_for_it() -> None:
    free = a_discount(20_00, on_lines=["l3"])
    lines = [a_line(1, 40_00), a_line(1, 20_00), a_gift(20_00, unit_price=20_00)]
    desk = Desk(an_order(lines, [free, SAVE_10_FROM_50]), REPRICE)
    desk.refund(units("l2", 1))

    assert [claim.amount for claim in desk.refund().claims] == [cny(40_00), cny(0)]


def test_the_kept_goods_cost_what_was_paid_while_nothing_is_returned() -> None:
    position = Desk(an_order_of(40_00, 20_00, discounts=(SAVE_10_FROM_50, a_discount(3_00)))).position

    assert cost_of_kept(position, ()) == cny(47_00)


# A policy that changes midway


def test_who_was_repriced_and_then_pro_rated_gets_back_exactly_what_was_paid() -> None:
    desk = Desk(an_order([a_line(2, 20_00), a_line(1, 20_00)], [SAVE_10_FROM_50]), REPRICE)
    first = refunded(desk, "l2")
    desk.policy = PRORATE

    assert [*first, *refunded(desk, "l1", "l1")] == [cny(10_00), cny(20_00), cny(20_00)]


def test_who_was_pro_rated_and_then_repriced_and_pro_rated_again_gets_back_exactly_what_was_paid() -> None:
    desk = Desk(an_order_of(60_00, 50_00, 50_00, 20_00), PRORATE)
    parts = refunded(desk, "l3")
    desk.policy = REPRICE
    parts += refunded(desk, "l1")
    desk.policy = PRORATE
    parts += refunded(desk, "l4", "l2")

    assert parts == [cny(47_22), cny(60_00), cny(18_89), cny(43_89)]
    assert sum(part.minor_units for part in parts) == 170_00


# Tax


def test_the_tax_follows_the_money_and_the_last_return_takes_the_rest() -> None:
    order = an_order([a_line(1, 40_00, tax=4_00), a_line(1, 20_00, tax=2_00)], [SAVE_10_FROM_50])
    desk = Desk(order, REPRICE)

    (first,), (last,) = desk.refund(units("l2", 1)).claims, desk.refund(units("l1", 1)).claims

    assert (first.amount, first.tax) == (cny(10_00), cny(1_20))
    assert (last.amount, last.tax) == (cny(40_00), cny(4_80))


def test_the_tax_of_goods_that_cost_nothing_goes_back_with_them() -> None:
    order = an_order([a_line(1, 50_00), a_line(1, 10_00, tax=1_00)], [a_discount(10_00, on_lines=["l2"])])

    (claim,) = Desk(order, PRORATE).refund(units("l2", 1)).claims

    assert (claim.amount, claim.tax) == (cny(0), cny(1_00))


def test_goods_that_bear_no_tax_carry_none_while_others_beside_them_do() -> None:
    lines = [a_line(1, 40_00), a_line(1, 10_00, tax=2_00), a_line(1, 10_00)]
    desk = Desk(an_order(lines, [SAVE_10_FROM_50]), REPRICE)

    settlement = desk.refund(units("l2", 1), units("l3", 1))

    assert [claim.amount for claim in settlement.claims] == [cny(5_00), cny(5_00)]
    assert [claim.tax for claim in settlement.claims] == [cny(1_20), cny(0)]


def test_the_rest_of_the_tax_goes_with_the_last_goods_by_what_they_pay_though_they_bear_none() -> None:
    lines = [a_line(1, 40_00, tax=4_00), a_line(1, 20_00), a_line(1, 10_00)]
    desk = Desk(an_order(lines, [SAVE_10_FROM_50]), REPRICE)
    (first,) = desk.refund(units("l1", 1)).claims

    last = desk.refund().claims

    assert (first.amount, first.tax) == (cny(30_00), cny(3_50))
    assert [(claim.amount, claim.tax) for claim in last] == [(cny(20_00), cny(33)), (cny(10_00), cny(17))]


def test_goods_that_cost_nothing_after_their_discount_can_still_be_worth_something_when_repriced() -> None:
    free_from_50 = a_discount(20_00, on_lines=["l2"], minimum_spend=20_00)
    desk = Desk(an_order([a_line(1, 40_00), a_line(2, 10_00)], [free_from_50]), REPRICE)

    assert refunded(desk, "l2", "l1", "l2") == [cny(0), cny(30_00), cny(10_00)]
