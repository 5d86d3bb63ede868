"""What was held between settlement and payout and was spent all the same is owed (rule 42)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.campaigns.campaigns import GrantedReward, RewardTakeBack, Wallet, take_back
from domain.entitlements.coupons import CouponEffect, CouponOutcome
from domain.entitlements.grants import Grant, GrantEffect, as_coupon, owed_grants
from domain.entitlements.held import owed_rewards, take_grant, take_rewards
from domain.money.amounts import Money
from domain.money.point_worth import PointWorth
from domain.policy import TakeBack
from domain.sale.orders import RewardKind
from domain.settlement.deductions import Deduction, DeductionKind
from tests.domain.builders import cny
from tests.domain.campaign_builders import a_reward

POINT_VALUE = PointWorth("CNY", 2)
COUPON = a_reward(200_00, kind=RewardKind.COUPON)


def plan(rewards: list[GrantedReward], wallet: Wallet) -> dict[int, RewardTakeBack]:
    planned, _ = take_back(rewards, wallet, POINT_VALUE)
    return {each.reward.reward_id: each for each in planned}


def a_wallet(points: int = 0, store_credit: int = 0) -> Wallet:
    return Wallet(points, cny(store_credit))


# Rewards


def test_a_coupon_that_was_spent_since_is_owed_and_not_revoked() -> None:
    (taken,) = take_rewards([replace(COUPON, is_spent=True)], plan([COUPON], a_wallet()), a_wallet(), POINT_VALUE)

    assert (taken.take_back.taken, taken.owed, taken.take_back.reward.is_spent) == (cny(0), cny(200_00), True)
    assert owed_rewards((taken,)) == (Deduction(DeductionKind.CAMPAIGN_REWARD, "spend-1000", cny(0), cny(200_00)),)


def test_a_coupon_that_is_still_unused_is_revoked_and_nothing_is_owed() -> None:
    (taken,) = take_rewards([COUPON], plan([COUPON], a_wallet()), a_wallet(), POINT_VALUE)

    assert (taken.take_back.taken, taken.owed, taken.take_back.reward.is_spent) == (cny(200_00), cny(0), False)
    assert owed_rewards((taken,)) == ()


def test_a_coupon_whose_value_was_deducted_stays_the_customers_though_it_is_unused_again() -> None:
    spent = replace(COUPON, is_spent=True)

    (taken,) = take_rewards([COUPON], plan([spent], a_wallet()), a_wallet(), POINT_VALUE)

    assert (taken.take_back.taken, taken.owed, taken.take_back.reward.is_spent) == (cny(0), cny(0), True)


def test_credit_that_was_spent_since_is_owed_and_the_rest_is_taken() -> None:
    reward = a_reward(200_00)

    (taken,) = take_rewards([reward], plan([reward], a_wallet(0, 200_00)), a_wallet(0, 50_00), POINT_VALUE)

    assert (taken.take_back.taken, taken.owed) == (cny(50_00), cny(150_00))


def test_credit_that_came_in_since_is_not_taken_for_what_was_deducted() -> None:
    reward = a_reward(200_00)

    (taken,) = take_rewards([reward], plan([reward], a_wallet(0, 50_00)), a_wallet(0, 900_00), POINT_VALUE)

    assert (taken.take_back.taken, taken.owed) == (cny(50_00), cny(0))


def test_points_that_were_spent_since_are_owed_at_their_value() -> None:
    reward = a_reward(300, kind=RewardKind.POINTS)

    (taken,) = take_rewards([reward], plan([reward], a_wallet(300)), a_wallet(100), POINT_VALUE)

    assert (taken.take_back.taken_points, taken.owed) == (100, cny(400))


def test_two_rewards_that_nobody_foresaw_share_one_wallet() -> None:
    rewards = [a_reward(30_00), a_reward(30_00, reward_id=2)]

    taken = take_rewards(rewards, {}, a_wallet(0, 30_00), POINT_VALUE)

    assert [(each.take_back.taken, each.owed) for each in taken] == [(cny(30_00), cny(0)), (cny(0), cny(30_00))]


amounts = st.integers(0, 300)


@given(
    st.lists(st.builds(a_reward, amounts, kind=st.sampled_from(list(RewardKind)), spent=st.booleans()), max_size=4),
    st.builds(a_wallet, amounts, amounts),
    st.builds(a_wallet, amounts, amounts),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_what_was_given_is_taken_deducted_or_owed_and_no_wallet_falls_below_nothing(
    given: list[GrantedReward], settled: Wallet, now: Wallet, spent: list[bool]
) -> None:
    rewards = [replace(each, reward_id=place) for place, each in enumerate(given)]
    today = [replace(each, is_spent=is_spent) for each, is_spent in zip(rewards, spent, strict=False)]
    planned = plan(rewards, settled)

    taken = take_rewards(today, planned, now, POINT_VALUE)

    for reward, one in zip(rewards, taken, strict=True):
        worth = POINT_VALUE.of(reward.points) if reward.points else reward.amount
        took = one.take_back.taken + POINT_VALUE.of(one.take_back.taken_points)
        assert took + planned[reward.reward_id].missing + one.owed == worth
        assert one.owed.reaches(cny(0)) and planned[reward.reward_id].taken.reaches(one.take_back.taken)
    credit = [each.take_back.taken for each in taken if each.take_back.reward.kind is RewardKind.STORE_CREDIT]
    assert now.store_credit.reaches(Money.total(credit, "CNY"))
    assert sum(each.take_back.taken_points for each in taken) <= now.points


# What the order granted


def granted(kind: RewardKind = RewardKind.COUPON, *, used: bool = False) -> Grant:
    return Grant("thanks", kind, cny(20_00), used)


def withdrawn(grant: Grant, *, taken: int = 0, missing: int = 0) -> GrantEffect:
    return GrantEffect(grant, True, cny(taken), cny(missing))


def test_a_granted_coupon_that_was_spent_since_is_owed_or_forgiven() -> None:
    unused, used = withdrawn(granted()), granted(used=True)

    owed = take_grant(unused, [used], cny(0), TakeBack.DEDUCT)
    forgiven = take_grant(unused, [used], cny(0), TakeBack.FORGIVE)

    assert owed_grants((owed, forgiven)) == (Deduction(DeductionKind.GRANTED_COUPON, "thanks", cny(0), cny(20_00)),)
    assert as_coupon(owed) == CouponEffect("thanks", CouponOutcome.VALUE_DEDUCTED, cny(20_00))
    assert as_coupon(forgiven) == CouponEffect("thanks", CouponOutcome.KEPT, cny(0))


def test_a_granted_coupon_that_is_as_it_was_is_taken_as_planned() -> None:
    for plan in (withdrawn(granted()), withdrawn(granted(used=True), missing=20_00)):
        assert take_grant(plan, [plan.grant], cny(0), TakeBack.DEDUCT) == plan


def test_granted_credit_that_was_spent_since_is_owed() -> None:
    credit = granted(RewardKind.STORE_CREDIT)

    effect = take_grant(withdrawn(credit, taken=20_00), [credit], cny(5_00), TakeBack.DEDUCT)

    assert (effect.taken_back, effect.spent_since) == (cny(5_00), cny(15_00))
    assert owed_grants((effect,)) == (Deduction(DeductionKind.GRANTED_CREDIT, "thanks", cny(0), cny(15_00)),)
