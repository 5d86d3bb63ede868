"""What an order granted to somebody else goes back from them, and never from who bought it (rules 10, 16 and 45)."""

from dataclasses import replace

import pytest

from domain.entitlements.grants import Grant, GrantEffect
from domain.entitlements.held import take_grant
from domain.money.amounts import Money
from domain.policy import Policy, TakeBack
from domain.sale.orders import OrderReward, RewardKind
from tests.domain.builders import a_line, an_order, cny, on, units
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper

FORGIVE = Policy(granted_coupon_used=TakeBack.FORGIVE)


def credit_of_a_friend(name: str = "referral", *for_lines: str, value: int = 20_00) -> Grant:
    return Grant(name, RewardKind.STORE_CREDIT, cny(value), False, for_lines, "friend")


def coupon_of_a_friend(*, used: bool) -> Grant:
    return Grant("thanks", RewardKind.COUPON, cny(20_00), used, customer_id="friend")


def a_desk(*grants: Grant, policy: Policy | None = None, has: int = 0, friend_has: int = 0) -> Desk:
    shopper = Shopper(grants=grants, store_credit=has, credit_of_others={"friend": friend_has})
    return Desk(an_order([a_line(2, 100_00)]), policy, shopper)


def of_the_friend(effect: GrantEffect) -> tuple[Money, Money | None]:
    """What is taken from them, and what they owe."""
    assert not (effect.missing or effect.returned or effect.deducted_before)
    return effect.taken, effect.owed_by_another


def test_credit_is_taken_from_who_has_it_in_parts_and_the_refund_is_not_less() -> None:
    desk = a_desk(credit_of_a_friend(), has=500_00, friend_has=50_00)

    parts = [desk.refund(units("l1", 1)) for _ in range(2)]

    assert [of_the_friend(*each.grants) for each in parts] == [(cny(10_00), None)] * 2
    assert [each.total for each in parts] == [cny(100_00)] * 2


def test_what_they_have_spent_they_owe_and_nobody_else() -> None:
    desk = a_desk(credit_of_a_friend(), has=500_00, friend_has=4_00)

    first, last = (desk.refund(units("l1", 1)) for _ in range(2))

    assert of_the_friend(*first.grants) == (cny(4_00), cny(6_00))
    assert of_the_friend(*last.grants) == (cny(0), cny(10_00))
    for each in (first, last):
        assert (each.total, each.deductions, each.owed_later) == (cny(100_00), (), ())


def test_two_grants_of_one_customer_are_taken_from_one_purse() -> None:
    desk = a_desk(credit_of_a_friend("first"), credit_of_a_friend("second"), friend_has=30_00)

    assert [of_the_friend(each) for each in desk.refund().grants] == [(cny(20_00), None), (cny(10_00), cny(10_00))]


def test_of_a_customer_nobody_knows_anything_of_all_is_owed() -> None:
    desk = Desk(an_order(), None, Shopper(grants=[credit_of_a_friend()]))

    assert of_the_friend(*desk.refund().grants) == (cny(0), cny(20_00))


def test_a_coupon_is_revoked_with_the_last_unit_and_stays_for_a_part() -> None:
    desk = a_desk(coupon_of_a_friend(used=False))

    first, last = (desk.refund(units("l1", 1)) for _ in range(2))

    assert not first.grants[0].does_something
    assert last.grants[0].is_revoked
    assert last.granted_coupons == ()


@pytest.mark.parametrize(("policy", "owed", "stays"), [(None, cny(20_00), True), (FORGIVE, None, False)])
def test_a_used_coupon_is_owed_by_who_used_it_or_forgiven(
    policy: Policy | None, owed: Money | None, stays: bool
) -> None:
    refund = a_desk(coupon_of_a_friend(used=True), policy=policy).refund()

    (effect,) = refund.grants
    assert (effect.is_withdrawn, effect.is_revoked, effect.owed_by_another) == (True, False, owed)
    assert effect.stays_the_customers is stays
    assert (refund.total, refund.deductions) == (cny(200_00), ())


def test_a_coupon_that_is_owed_is_worth_what_they_owe_for_it() -> None:
    desk = a_desk(coupon_of_a_friend(used=True))
    desk.refund()

    (taken,) = desk.position.refunds[0].grants
    assert (taken.owed, taken.deducted, taken.is_whole) == (cny(20_00), cny(0), True)


def test_an_order_its_settlement_and_what_it_is_settled_on_name_the_others_each_once() -> None:
    rewards = [
        OrderReward(RewardKind.STORE_CREDIT, None, cny(1), customer_id=name)
        for name in ("zoe", "friend", "c1", "", "zoe")
    ]
    grants = [replace(credit_of_a_friend(name), customer_id=name) for name in ("zoe", "friend", "", "zoe")]
    desk = a_desk(*grants)

    assert replace(an_order(), rewards=tuple(rewards)).rewarded_others == ("friend", "zoe")
    assert desk.entitlements.others == desk.refund().others == ("friend", "zoe")


# Credit that ends


def test_credit_that_ended_unspent_is_not_taken_once_more() -> None:
    ended = replace(credit_of_a_friend(value=50_00), ran_out=cny(20_00), expires_at=on(3))

    parts = [a_desk(ended, friend_has=100_00).refund(units("l1", 1)), a_desk(ended, friend_has=100_00).refund()]

    assert [of_the_friend(*each.grants) for each in parts] == [(cny(5_00), None), (cny(30_00), None)]


def test_nor_is_that_of_the_customer() -> None:
    ended = Grant("credit", RewardKind.STORE_CREDIT, cny(50_00), False, ran_out=cny(50_00), expires_at=on(3))

    refund = a_desk(ended, has=0).refund()

    assert (refund.total, refund.deductions) == (cny(200_00), ())


@pytest.mark.parametrize(
    ("there", "ended", "taken", "spent"), [(4_00, 0, 20_00, 16_00), (4_00, 6_00, 14_00, 10_00), (0, 20_00, 0, None)]
)
def test_what_ends_while_it_is_held_is_gone_and_what_is_spent_is_owed(
    there: int, ended: int, taken: int, spent: int | None
) -> None:
    grant = credit_of_a_friend()
    now = [replace(grant, ran_out=cny(ended) if ended else None)]

    effect = take_grant(GrantEffect(grant, True, cny(20_00), cny(0)), now, cny(there), TakeBack.DEDUCT)

    assert (effect.taken, effect.spent_since) == (cny(taken), cny(spent) if spent else None)


def test_of_a_grant_that_is_not_known_any_more_nothing_ended() -> None:
    effect = take_grant(GrantEffect(credit_of_a_friend(), True, cny(20_00), cny(0)), [], cny(0), TakeBack.DEDUCT)

    assert effect.spent_since == cny(20_00)
