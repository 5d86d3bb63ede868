"""What a part of a coupon is worth when a part of the order comes back (rule 15)."""

from hypothesis import given

from domain.entitlements.coupons import CouponOutcome
from domain.money.amounts import Money
from domain.policy import CouponOnPartial, Policy
from domain.sale.orders import DiscountSource
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_coupon, a_line, a_shipping_discount, an_order, cny, money_only, units
from tests.domain.checks import minor_units
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories

RESIDUAL = Policy(coupon_on_partial=CouponOnPartial.RESIDUAL)
FULL_ONLY = Policy(coupon_on_partial=CouponOnPartial.FULL_ONLY)
NOTHING = ("kept", 0)


def a_desk(policy: Policy = RESIDUAL, *, shopper: Shopper | None = None) -> Desk:
    """Three kettles of 30.00 and a pot of 10.00, with a coupon of 10.00: 3.00 on each kettle, 1.00 on the pot."""
    return Desk(an_order([a_line(3, 30_00), a_line(1, 10_00)], [a_coupon(10_00)]), policy, shopper)


def back(settlement: Settlement) -> tuple[str, int]:
    (effect,) = settlement.coupons
    return effect.outcome, effect.amount.minor_units


def test_by_default_a_part_of_the_order_brings_nothing_back() -> None:
    desk = a_desk(FULL_ONLY)

    assert [back(desk.refund(units("l1", 3))), back(desk.refund())] == [NOTHING, ("reinstated", 0)]


def test_a_new_coupon_is_worth_the_share_that_the_returned_units_carried() -> None:
    assert back(a_desk().refund(units("l1", 2))) == ("residual", 6_00)
    assert back(a_desk().refund(units("l1", 1), units("l2", 1))) == ("residual", 4_00)


def test_the_last_return_brings_back_the_rest_and_not_the_whole_coupon() -> None:
    desk = a_desk()

    parts = [back(desk.refund(units("l1", 1))), back(desk.refund(units("l2", 1))), back(desk.refund())]

    assert parts == [("residual", 3_00), ("residual", 1_00), ("residual", 6_00)]


def test_all_at_once_reinstates_the_coupon_itself() -> None:
    assert back(a_desk().refund()) == ("reinstated", 0)


def test_parts_that_came_back_count_though_the_policy_has_changed_since() -> None:
    desk = a_desk()
    desk.refund(units("l1", 1))
    desk.policy = FULL_ONLY

    assert [back(desk.refund(units("l1", 1))), back(desk.refund())] == [NOTHING, ("residual", 7_00)]


def test_an_adjustment_brings_back_no_part_of_a_coupon() -> None:
    assert back(a_desk().refund(money_only("l1", 20_00))) == NOTHING


def test_units_on_which_it_took_nothing_off_bring_back_nothing() -> None:
    desk = Desk(an_order([a_line(1, 30_00), a_line(1, 10_00)], [a_coupon(5_00, on_lines=["l1"])]), RESIDUAL)

    assert back(desk.refund(units("l2", 1))) == NOTHING


def test_a_coupon_for_one_order_only_comes_back_neither_in_part_nor_whole() -> None:
    for_one_order = Shopper(coupons_for_one_order=["cpn-1"])
    desk = a_desk(shopper=for_one_order)

    assert [back(desk.refund(units("l1", 2))), back(desk.refund())] == [NOTHING, NOTHING]
    assert back(a_desk(shopper=for_one_order).refund()) == NOTHING


def test_a_refund_that_is_refused_gives_its_part_of_the_coupon_up() -> None:
    desk = a_desk()
    refund = desk.request(units("l1", 2))
    desk.settle(refund)
    desk.release(refund)

    assert back(desk.refund()) == ("reinstated", 0)


def test_what_a_coupon_took_off_the_shipping_comes_back_with_the_last_part() -> None:
    on_shipping = a_shipping_discount(4_00, source=DiscountSource.COUPON, source_id="cpn-1")
    order = an_order([a_line(2, 30_00)], [a_coupon(10_00), on_shipping], shipping=12_00)
    desk = Desk(order, RESIDUAL)

    assert [back(desk.refund(units("l1", 1))), back(desk.refund())] == [("residual", 5_00), ("residual", 9_00)]


def test_each_of_two_coupons_brings_back_its_own_share() -> None:
    coupons = [a_coupon(10_00, coupon_id="a"), a_coupon(6_00, coupon_id="b", on_lines=["l1"])]
    settlement = Desk(an_order([a_line(1, 60_00), a_line(1, 40_00)], coupons), RESIDUAL).refund(units("l1", 1))

    assert settlement.residuals == (("a", cny(6_00)), ("b", cny(6_00)))


# For all orders, policies and histories


@given(desks(), histories())
def test_a_coupon_comes_back_whole_once_or_in_parts_that_never_exceed_it(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    desk.refund_all_that_is_left()

    for coupon_id in desk.order.names(DiscountSource.COUPON):
        used = [
            each.amount
            for each in desk.order.discounts
            if each.source is DiscountSource.COUPON and each.source_id == coupon_id
        ]
        effects = [each for one in desk.settled.values() for each in one.coupons if each.coupon_id == coupon_id]
        residuals = [each.amount for each in effects if each.outcome is CouponOutcome.RESIDUAL]
        whole = [each for each in effects if each.outcome is CouponOutcome.REINSTATED]
        assert Money.total(used, desk.order.currency).reaches(Money.total(residuals, desk.order.currency))
        assert len(whole) <= 1
        assert not (desk.is_used_elsewhere(coupon_id) and (whole or residuals))
        assert not (whole and residuals)
        if residuals and any(each.completes_order for each in desk.settled.values()):
            assert minor_units(residuals) == minor_units(used)
