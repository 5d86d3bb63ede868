"""What the order itself granted goes back with it (rule 16)."""

import pytest

from domain.coupons import CouponEffect, CouponOutcome
from domain.granted import Grant
from domain.orders import RewardKind
from domain.policy import Policy, TakeBack
from domain.settlement import Settlement
from tests.domain.builders import a_line, an_order, cny, money_only, units
from tests.domain.campaign_builders import a_campaign, a_reward
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper

FORGIVE = Policy(granted_coupon_used=TakeBack.FORGIVE)


def a_granted_coupon(value: int = 20_00, *, used: bool = False, name: str = "thanks") -> Grant:
    return Grant(name, RewardKind.COUPON, cny(value), used)


def granted_credit(value: int = 20_00) -> Grant:
    return Grant("credit of o1", RewardKind.STORE_CREDIT, cny(value), False)


def a_desk(*grants: Grant, policy: Policy | None = None, credit_left: int = 0, price: int = 100_00) -> Desk:
    return Desk(an_order([a_line(2, price)]), policy, Shopper(grants=grants, store_credit=credit_left))


def deducted(settlement: Settlement) -> list[tuple[str, str, int, int]]:
    return [
        (each.kind, each.source_id, each.amount.minor_units, each.owed.minor_units) for each in settlement.deductions
    ]


def test_an_unused_coupon_is_revoked() -> None:
    settlement = a_desk(a_granted_coupon()).refund()

    assert settlement.granted_coupons == (CouponEffect("thanks", CouponOutcome.REVOKED, cny(0)),)
    assert (settlement.deductions, settlement.total) == ((), cny(200_00))


def test_the_value_of_a_used_coupon_is_deducted() -> None:
    settlement = a_desk(a_granted_coupon(used=True)).refund()

    assert settlement.granted_coupons == (CouponEffect("thanks", CouponOutcome.VALUE_DEDUCTED, cny(20_00)),)
    assert deducted(settlement) == [("granted_coupon", "thanks", 20_00, 0)]
    assert settlement.total == cny(180_00)


def test_or_it_is_forgiven_where_the_policy_says_so() -> None:
    settlement = a_desk(a_granted_coupon(used=True), policy=FORGIVE).refund()

    assert settlement.granted_coupons == (CouponEffect("thanks", CouponOutcome.KEPT, cny(0)),)
    assert (settlement.deductions, settlement.total) == ((), cny(200_00))


def test_an_unused_coupon_is_revoked_by_a_forgiving_merchant_too() -> None:
    settlement = a_desk(a_granted_coupon(), policy=FORGIVE).refund()

    assert [each.outcome for each in settlement.granted_coupons] == [CouponOutcome.REVOKED]


def test_a_part_of_the_order_takes_nothing_back() -> None:
    desk = a_desk(a_granted_coupon(used=True), granted_credit())

    for settlement in (desk.refund(units("l1", 1)), desk.refund(money_only("l1", 50_00))):
        assert [(each.is_withdrawn, each.taken, each.missing) for each in settlement.grants] == [
            (False, cny(0), cny(0)),
            (False, cny(0), cny(0)),
        ]
        assert [each.outcome for each in settlement.granted_coupons] == [CouponOutcome.KEPT]
        assert settlement.deductions == ()


def test_several_parts_that_complete_the_order_do() -> None:
    desk = a_desk(a_granted_coupon(used=True))
    desk.refund(units("l1", 1))

    assert deducted(desk.refund()) == [("granted_coupon", "thanks", 20_00, 0)]


@pytest.mark.parametrize(("left", "taken", "missing"), [(20_00, 20_00, 0), (12_00, 12_00, 8_00), (0, 0, 20_00)])
def test_granted_store_credit_is_debited_as_far_as_it_is_there(left: int, taken: int, missing: int) -> None:
    settlement = a_desk(granted_credit(), credit_left=left).refund()

    (grant,) = settlement.grants
    assert (grant.taken, grant.missing) == (cny(taken), cny(missing))
    assert deducted(settlement) == ([("granted_credit", "credit of o1", missing, 0)] if missing else [])
    assert settlement.granted_coupons == ()


def test_what_was_taken_back_once_is_withdrawn_used_or_not() -> None:
    settlement = a_desk(a_granted_coupon(), a_granted_coupon(used=True, name="b"), granted_credit()).refund()

    assert [each.is_withdrawn for each in settlement.grants] == [True, True, True]


def test_forgiveness_is_for_coupons_and_not_for_credit() -> None:
    assert deducted(a_desk(granted_credit(), policy=FORGIVE).refund()) == [("granted_credit", "credit of o1", 20_00, 0)]


def test_credit_is_debited_once_for_two_grants_and_a_withdrawn_reward() -> None:
    shopper = Shopper(
        [a_campaign(threshold=200_00)],
        [a_reward(30_00)],
        grants=[granted_credit(), granted_credit()],
        store_credit=45_00,
    )
    settlement = Desk(an_order([a_line(2, 100_00)]), shopper=shopper).refund()

    assert [each.taken for each in settlement.take_backs] == [cny(30_00)]
    assert [(each.taken, each.missing) for each in settlement.grants] == [
        (cny(15_00), cny(5_00)),
        (cny(0), cny(20_00)),
    ]


def test_credit_below_zero_has_nothing_to_debit() -> None:
    assert deducted(a_desk(granted_credit(), credit_left=-5_00).refund()) == [
        ("granted_credit", "credit of o1", 20_00, 0)
    ]


def test_what_the_payout_cannot_cover_is_owed() -> None:
    settlement = a_desk(
        a_granted_coupon(50_00, used=True), a_granted_coupon(9_00, used=True, name="b"), price=20_00
    ).refund()

    assert deducted(settlement) == [("granted_coupon", "thanks", 40_00, 10_00), ("granted_coupon", "b", 0, 9_00)]
    assert settlement.total == cny(0)
