"""What the order itself granted goes back with it (rules 16, 44 and 45)."""

from collections.abc import Sequence

import pytest

from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.entitlements.grants import Grant
from domain.policy import Policy, TakeBack
from domain.sale.orders import RewardKind
from domain.settlement.deductions import Deduction, DeductionKind
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_coupon, a_discount, a_line, an_order, cny, money_only, units
from tests.domain.campaign_builders import a_campaign, a_reward
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper

FORGIVE = Policy(granted_coupon_used=TakeBack.FORGIVE)


def a_granted_coupon(value: int = 20_00, *, used: bool = False, name: str = "thanks") -> Grant:
    return Grant(name, RewardKind.COUPON, cny(value), used)


def granted_credit(value: int = 20_00, *, for_lines: Sequence[str] = ()) -> Grant:
    return Grant("credit of o1", RewardKind.STORE_CREDIT, cny(value), False, tuple(for_lines))


def a_desk(
    *grants: Grant, policy: Policy | None = None, credit_left: int = 0, price: int = 100_00, quantity: int = 2
) -> Desk:
    return Desk(an_order([a_line(quantity, price)]), policy, Shopper(grants=grants, store_credit=credit_left))


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


def test_a_part_takes_its_share_back_and_an_adjustment_of_a_part_of_the_price_takes_nothing() -> None:
    desk = a_desk(a_granted_coupon(used=True), granted_credit())

    part, adjustment, last = desk.refund(units("l1", 1)), desk.refund(money_only("l1", 50_00)), desk.refund()

    assert deducted(part) == [("granted_coupon", "thanks", 10_00, 0), ("granted_credit", "credit of o1", 10_00, 0)]
    assert [each.outcome for each in part.granted_coupons] == [CouponOutcome.VALUE_DEDUCTED]
    assert (deducted(adjustment), [each.outcome for each in adjustment.granted_coupons]) == ([], [CouponOutcome.KEPT])
    assert deducted(last) == deducted(part)
    assert [settlement.total for settlement in (part, adjustment, last)] == [cny(80_00), cny(50_00), cny(30_00)]


def test_several_parts_that_complete_the_order_do() -> None:
    desk = a_desk(a_granted_coupon(used=True))
    desk.refund(units("l1", 1))

    assert deducted(desk.refund()) == [("granted_coupon", "thanks", 10_00, 0)]


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


# Lines (rule 45)


def a_gift_card_and_a_shirt(*grants: Grant, credit_left: int = 0) -> Desk:
    lines = [a_line(1, 50_00), a_line(1, 20_00)]
    return Desk(an_order(lines), shopper=Shopper(grants=grants, store_credit=credit_left))


def test_credit_that_a_gift_card_loaded_goes_back_with_the_card_and_not_with_the_shirt() -> None:
    desk = a_gift_card_and_a_shirt(granted_credit(50_00, for_lines=["l1"]))

    shirt, card = desk.refund(units("l2", 1)), desk.refund(units("l1", 1))

    assert (shirt.total, shirt.deductions) == (cny(20_00), ())
    assert (card.total, deducted(card)) == (cny(0), [("granted_credit", "credit of o1", 50_00, 0)])


def test_without_lines_it_belongs_to_all_goods_and_goes_back_by_what_was_paid_for_them() -> None:
    desk = a_gift_card_and_a_shirt(granted_credit(50_00))

    card, shirt = desk.refund(units("l1", 1)), desk.refund(units("l2", 1))

    assert (card.total, deducted(card)) == (cny(14_29), [("granted_credit", "credit of o1", 35_71, 0)])
    assert (shirt.total, deducted(shirt)) == (cny(5_71), [("granted_credit", "credit of o1", 14_29, 0)])


def test_what_is_still_there_is_debited_part_by_part_and_the_last_unit_takes_the_rest() -> None:
    desk = a_desk(granted_credit(100), credit_left=60, quantity=3)

    effects = [desk.refund(units("l1", 1)).grants[0] for _ in range(3)]

    assert [(each.taken, each.missing, each.is_withdrawn) for each in effects] == [
        (cny(33), cny(0), False),
        (cny(27), cny(6), False),
        (cny(0), cny(34), True),
    ]


def test_one_cheap_unit_kept_does_not_keep_the_whole_grant() -> None:
    lines = [a_line(1, 99_99), a_line(1, 1)]
    desk = Desk(an_order(lines), shopper=Shopper(grants=[granted_credit(50_00)]))

    assert deducted(desk.refund(units("l1", 1))) == [("granted_credit", "credit of o1", 49_99, 0)]


def test_a_line_whose_whole_price_came_back_as_an_adjustment_gives_back_what_it_granted() -> None:
    desk = a_gift_card_and_a_shirt(granted_credit(50_00, for_lines=["l1"]))

    part, rest, returned = (
        desk.refund(money_only("l1", 49_99)),
        desk.refund(money_only("l1", 1)),
        desk.refund(units("l1", 1)),
    )

    assert [each.deductions for each in (part, returned)] == [(), ()]
    assert deducted(rest) == [("granted_credit", "credit of o1", 1, 49_99)]


@pytest.mark.parametrize("unit_price", [30_00, 0], ids=["free after a discount", "free"])
def test_goods_that_cost_nothing_carry_shares_all_the_same(unit_price: int) -> None:
    off = [a_discount(60_00)] if unit_price else []
    desk = Desk(an_order([a_line(2, unit_price)], off), shopper=Shopper(grants=[granted_credit(15)], store_credit=15))

    assert [desk.refund(units("l1", 1)).grants[0].taken for _ in range(2)] == [cny(7), cny(8)]


def test_gifts_carry_no_share_unless_the_order_is_of_gifts_alone() -> None:
    lines = [a_line(1, 50_00), a_line(1, 50_00, gift=True)]
    beside, alone = Desk(an_order(lines)), Desk(an_order(lines[1:]))
    for desk in (beside, alone):
        desk.shopper = Shopper(grants=[granted_credit(10_00)])

    assert beside.refund(units("l2", 1)).deductions == ()
    assert deducted(beside.refund(units("l1", 1))) == [("granted_credit", "credit of o1", 10_00, 0)]
    assert deducted(alone.refund(units("l1", 1))) == [("granted_credit", "credit of o1", 10_00, 0)]


# Coupons can't be divided (rules 44 and 45)


def test_the_share_of_an_unused_coupon_is_deducted_and_comes_back_when_the_coupon_is_revoked() -> None:
    desk = a_desk(a_granted_coupon())

    part, last = desk.refund(units("l1", 1)), desk.refund()

    assert (part.total, deducted(part)) == (cny(90_00), [("granted_coupon", "thanks", 10_00, 0)])
    assert part.granted_coupons == (CouponEffect("thanks", CouponOutcome.KEPT, cny(10_00)),)
    assert (last.total, last.deductions) == (cny(110_00), ())
    assert last.deductions_returned == (Deduction(DeductionKind.GRANTED_COUPON, "thanks", cny(10_00), cny(0)),)
    assert [each.outcome for each in last.granted_coupons] == [CouponOutcome.REVOKED]


def test_what_was_owed_for_a_part_is_no_longer_owed_when_the_coupon_is_revoked() -> None:
    lines = [a_line(1, 5_00), a_line(1, 5_00)]
    desk = Desk(an_order(lines), shopper=Shopper(grants=[a_granted_coupon()]))

    part, last = desk.refund(units("l1", 1)), desk.refund()

    assert (part.total, deducted(part)) == (cny(0), [("granted_coupon", "thanks", 5_00, 5_00)])
    assert last.deductions_returned == (Deduction(DeductionKind.GRANTED_COUPON, "thanks", cny(5_00), cny(5_00)),)
    assert last.total == cny(10_00)


def test_while_the_refund_of_a_part_is_not_paid_its_deduction_stands_and_so_does_the_coupon() -> None:
    desk = a_desk(a_granted_coupon())
    desk.settle(desk.request(units("l1", 1)))

    last = desk.refund()

    assert deducted(last) == [("granted_coupon", "thanks", 10_00, 0)]
    assert [each.outcome for each in last.granted_coupons] == [CouponOutcome.KEPT]
    assert not any(each.is_revoked for each in last.grants)


def test_a_coupon_that_another_refund_is_about_to_revoke_is_not_deducted_as_well() -> None:
    lines = [a_line(1, 100_00), a_line(1, 0)]
    desk = Desk(an_order(lines), shopper=Shopper(grants=[a_granted_coupon()]))
    free = desk.request(units("l2", 1))
    desk.settle(free)
    desk.settle(desk.request(units("l1", 1)))
    desk.release(free)

    again = desk.refund(units("l2", 1))

    assert (again.deductions, again.grants[0].does_something) == ((), False)


def test_a_coupon_that_is_used_after_its_share_was_deducted_is_deducted_for_the_rest() -> None:
    desk = a_desk(a_granted_coupon())
    desk.refund(units("l1", 1))
    desk.shopper = Shopper(grants=[a_granted_coupon(used=True)])

    last = desk.refund()

    assert (last.total, deducted(last)) == (cny(90_00), [("granted_coupon", "thanks", 10_00, 0)])


def test_a_coupon_that_took_off_less_than_was_deducted_for_its_part_gives_the_difference_back() -> None:
    desk = a_desk(a_granted_coupon())
    desk.refund(units("l1", 1))
    desk.shopper = Shopper(grants=[a_granted_coupon(6_00, used=True)])

    last = desk.refund()

    assert (last.total, last.deductions) == (cny(104_00), ())
    assert [(each.amount, each.owed) for each in last.deductions_returned] == [(cny(4_00), cny(0))]


def test_a_used_coupon_stays_the_customers_where_it_was_deducted_before_a_last_line_that_cost_nothing() -> None:
    desk = Desk(an_order([a_line(1, 50_00), a_line(1, 0)]), shopper=Shopper(grants=[a_granted_coupon(used=True)]))

    paid, free = desk.refund(units("l1", 1)), desk.refund()

    assert (deducted(paid), deducted(free)) == ([("granted_coupon", "thanks", 20_00, 0)], [])
    (grant,) = free.grants
    assert grant.is_withdrawn and grant.stays_the_customers


@pytest.mark.parametrize("worth", [40_00, 60_00, 120_00])
def test_what_a_coupon_is_worth_that_comes_back_is_what_was_deducted_for_it(worth: int) -> None:
    desk = Desk(an_order([a_line(2, 80_00)], [a_coupon(60_00)]), shopper=Shopper(paid_for={"cpn-1": worth}))

    part, last = desk.refund(units("l1", 1)), desk.refund()

    assert [each.outcome for each in part.coupons] == [CouponOutcome.KEPT]
    assert last.coupons == (CouponEffect("cpn-1", CouponOutcome.RESIDUAL, cny(worth)),)


def test_forgiveness_deducts_no_part_of_a_coupon_and_gives_back_none() -> None:
    desk = a_desk(a_granted_coupon(used=True), quantity=3)

    first = desk.refund(units("l1", 1))
    desk.policy = FORGIVE
    others = [desk.refund(units("l1", 1)) for _ in range(2)]

    assert deducted(first) == [("granted_coupon", "thanks", 6_66, 0)]
    assert [(each.deductions, each.deductions_returned) for each in others] == [((), ())] * 2
    assert [each.is_withdrawn for each in others[-1].grants] == [True]
