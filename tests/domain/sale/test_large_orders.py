"""The rules work in proportion to an order's lines and discounts: a hundred thousand shares are no way to stop a shop.

What is counted is the calls of functions, so that a slow machine changes nothing.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import FrameType

import pytest

from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import Wallet
from domain.claims.claims import ClaimState
from domain.claims.positions import OrderPosition
from domain.claims.reasons import Reason
from domain.entitlements.coupons import UsedCoupon
from domain.explain.explanations import Figure, Part
from domain.policy import CouponOnPartial, Policy, PromotionRefund
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import book
from domain.settlement.inputs import SettlementInputs
from domain.settlement.settlement import SettledEntitlements, Terms
from tests.domain.builders import a_coupon, a_discount, a_gift, a_line, an_exclusive_discount, an_order, cny, on

FEW, TIMES = 40, 4
POLICIES = {
    "prorate": Policy(),
    "reprice": Policy(promotion_refund=PromotionRefund.REPRICE, coupon_on_partial=CouponOnPartial.RESIDUAL),
}


def calls_of(work: Callable[[], object]) -> int:
    count = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def a_large_order(lines: int, discounts: int) -> Order:
    goods, gifts = [a_line(3, 10_000) for _ in range(lines)], [a_gift(5_00, minimum_spend=1) for _ in range(lines)]
    coupons = [a_coupon(7 * lines, coupon_id=f"cpn-{number}") for number in range(discounts)]
    reached = [a_discount(7 * lines, minimum_spend=10_00) for _ in range(discounts)]
    exclusive = [an_exclusive_discount(7 * lines, discount_id=f"ex-{number}") for number in range(discounts)]
    return an_order([*goods, *gifts], [*coupons, *reached, *exclusive])


def settle_in_parts(order: Order, policy: Policy) -> None:
    """Return all but one unit of the order in two refunds."""
    sale = book(order)
    used = SettledEntitlements(
        coupons=tuple(UsedCoupon(each.source_id or "", True) for each in order.discounts if each.source == "coupon"),
        exclusive_discounts=order.names(DiscountSource.EXCLUSIVE_DISCOUNT),
    )
    customer = CustomerPosition((), (), (), Wallet(0, cny(0)))
    claims = OrderPosition(order, sale, ()).claim(None, Reason.CHANGED_MIND)
    first = SettlementInputs((), claims[: len(claims) // 4], Terms(Reason.CHANGED_MIND, None, on(5)), customer, used)
    settled = first.settle(order, sale, policy)
    live = settled.as_live("r1", tuple(replace(each, state=ClaimState.PAID) for each in settled.claims), ())
    position = OrderPosition(order, sale, (live,))
    second = SettlementInputs(
        (live,), position.claim(None, Reason.CHANGED_MIND)[:-1], Terms(Reason.CHANGED_MIND, None, on(6)), customer, used
    )
    second.settle(order, sale, policy)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_as_many_times_the_lines_are_as_many_times_the_work(policy: Policy) -> None:
    few, many = a_large_order(FEW, 3), a_large_order(TIMES * FEW, 3)

    done_for_few, done_for_many = (calls_of(partial(settle_in_parts, each, policy)) for each in (few, many))

    assert done_for_many < 1.2 * TIMES * done_for_few


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_as_many_times_the_discounts_are_as_many_times_the_work(policy: Policy) -> None:
    few, many = a_large_order(FEW, 3), a_large_order(FEW, TIMES * 3)

    done_for_few, done_for_many = (calls_of(partial(settle_in_parts, each, policy)) for each in (few, many))

    assert done_for_many < 1.2 * TIMES * done_for_few


def test_a_line_with_many_discounts_names_ten_and_sums_up_the_rest() -> None:
    order = an_order([a_line(1, 100_00)], [a_discount(1_00) for _ in range(12)])
    sale = book(order)
    customer = CustomerPosition((), (), (), Wallet(0, cny(0)))
    claims = OrderPosition(order, sale, ()).claim(None, Reason.CHANGED_MIND)

    settled = SettlementInputs(
        (), claims, Terms(Reason.CHANGED_MIND, None, on(5)), customer, SettledEntitlements()
    ).settle(order, sale, Policy())

    line = next(each for each in settled.explanations if each.figure is Figure.LINE)
    assert [each.value for each in line.inputs] == [100_00, *[1_00] * 10, 2_00]
    assert (line.inputs[-1].part, line.inputs[-1].about) == (Part.MORE_SHARES, "2")
    assert line.result == 88_00
