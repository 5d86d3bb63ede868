"""A refund that comes to something else than its quote says why."""

from dataclasses import replace

import pytest

from domain.policy import EarnedPoints, PointsShortfall, Policy, PromotionRefund
from domain.settlement.differences import Difference, DifferenceCause, difference
from domain.settlement.inputs import SettlementInputs
from tests.domain.builders import a_discount, a_line, an_order, cny, units
from tests.domain.refund_desk import Desk
from tests.domain.settlement_inputs import basis_of

QUOTED = Policy()


def the_promoted_order() -> Desk:
    save_10_from_50 = replace(a_discount(10_00), minimum_spend=cny(50_00))
    return Desk(an_order([a_line(2, 10_00), a_line(1, 40_00)], [save_10_from_50], points_earned=60))


def compare(
    desk: Desk, quoted_on: SettlementInputs, settled_on: SettlementInputs, policy: Policy = QUOTED
) -> Difference | None:
    return difference(
        quoted_on.settle(desk.order, desk.sale, QUOTED),
        quoted_on,
        settled_on.settle(desk.order, desk.sale, policy),
        settled_on,
        settled_on.settle(desk.order, desk.sale, QUOTED),
    )


def test_what_comes_to_its_quote_does_not_differ() -> None:
    desk = the_promoted_order()
    basis = basis_of(desk, units("l1", 1))

    assert compare(desk, basis, basis) is None


def test_a_policy_that_changed_is_named() -> None:
    desk = the_promoted_order()
    basis = basis_of(desk, units("l1", 2))

    found = compare(desk, basis, basis, Policy(promotion_refund=PromotionRefund.REPRICE))

    assert found == Difference(cny(16_67), cny(10_00), (DifferenceCause.POLICY_CHANGED,))


def test_points_alone_are_a_difference_too() -> None:
    desk = the_promoted_order()
    basis = basis_of(desk, units("l1", 2))

    found = compare(desk, basis, basis, Policy(earned_points=EarnedPoints.KEEP))

    assert found is not None and found.quoted == found.total
    assert found.causes == (DifferenceCause.POLICY_CHANGED,)


def test_units_that_were_not_accepted_are_named() -> None:
    desk = the_promoted_order()
    two, one = basis_of(desk, units("l1", 2)), basis_of(desk, units("l1", 1))

    found = compare(desk, two, one)

    assert found is not None and found.causes == (DifferenceCause.UNITS_NOT_ACCEPTED,)


def test_a_lesser_condition_is_named() -> None:
    desk = the_promoted_order()
    rules = Policy(restocking_fee_bp=1_000)
    basis = basis_of(desk, units("l1", 2), goods_come_back=True)
    lesser = replace(basis, terms=replace(basis.terms, lesser=(("l1", 1),)))

    found = difference(
        basis.settle(desk.order, desk.sale, rules),
        basis,
        lesser.settle(desk.order, desk.sale, rules),
        lesser,
        lesser.settle(desk.order, desk.sale, rules),
    )

    assert found is not None and found.causes == (DifferenceCause.LESSER_CONDITION,)


def test_a_return_shipping_fee_is_no_lesser_condition() -> None:
    desk = the_promoted_order()
    rules = Policy(return_shipping_fee=1_00)
    basis = basis_of(desk, units("l1", 2))
    by_parcel = basis_of(desk, units("l1", 2), goods_come_back=True)

    found = difference(
        basis.settle(desk.order, desk.sale, rules),
        basis,
        by_parcel.settle(desk.order, desk.sale, rules),
        by_parcel,
        by_parcel.settle(desk.order, desk.sale, rules),
    )

    assert found is not None and found.causes == (DifferenceCause.CUSTOMER_CHANGED,)


def test_another_refund_of_the_order_is_named() -> None:
    desk = the_promoted_order()
    desk.policy = Policy(promotion_refund=PromotionRefund.REPRICE)
    before = basis_of(desk, units("l1", 1))
    desk.refund(units("l2", 1))
    after = basis_of(desk, units("l1", 1))

    found = difference(
        before.settle(desk.order, desk.sale, desk.policy),
        before,
        after.settle(desk.order, desk.sale, desk.policy),
        after,
        after.settle(desk.order, desk.sale, desk.policy),
    )

    assert found is not None and found.causes == (DifferenceCause.OTHER_REFUNDS,)


@pytest.mark.parametrize("balance", [0, 5])
def test_what_the_customer_has_is_the_cause_where_nothing_else_is(balance: int) -> None:
    desk = the_promoted_order()
    basis = basis_of(desk, units("l1", 2))
    wallet = replace(basis.customer.wallet, points=balance)
    rich, poor = (
        replace(basis, customer=replace(basis.customer, wallet=each)) for each in (replace(wallet, points=60), wallet)
    )
    rules = Policy(points_shortfall=PointsShortfall.DEDUCT_FROM_REFUND)

    found = difference(
        rich.settle(desk.order, desk.sale, rules),
        rich,
        poor.settle(desk.order, desk.sale, rules),
        poor,
        poor.settle(desk.order, desk.sale, rules),
    )

    assert found is not None and found.causes == (DifferenceCause.CUSTOMER_CHANGED,)
