"""A withdrawn reward is taken back from what is still there, and the rest is missing (rule 23)."""

from dataclasses import replace

from domain.campaigns.campaigns import Wallet, take_back
from domain.money.point_worth import PointWorth
from domain.sale.orders import RewardKind
from tests.domain.builders import cny
from tests.domain.campaign_builders import a_reward

POINT_VALUE = PointWorth("CNY", 2)


def a_wallet(points: int = 0, store_credit: int = 0) -> Wallet:
    return Wallet(points, cny(store_credit))


def test_unspent_store_credit_is_taken_and_the_rest_is_missing() -> None:
    (taken,), wallet = take_back([a_reward(200_00)], a_wallet(store_credit=150_00), POINT_VALUE)

    assert (taken.taken, taken.missing) == (cny(150_00), cny(50_00))
    assert wallet == a_wallet(store_credit=0)


def test_an_unused_coupon_is_taken_whole_and_a_used_one_is_missing_whole() -> None:
    coupon = a_reward(200_00, kind=RewardKind.COUPON)
    rewards = [coupon, replace(coupon, is_spent=True)]

    (unused, used), wallet = take_back(rewards, a_wallet(store_credit=500_00), POINT_VALUE)

    assert (unused.taken, unused.missing) == (cny(200_00), cny(0))
    assert (used.taken, used.missing) == (cny(0), cny(200_00))
    assert wallet == a_wallet(store_credit=500_00)


def test_missing_points_are_missing_at_their_value() -> None:
    (taken,), wallet = take_back([a_reward(300, kind=RewardKind.POINTS)], a_wallet(points=100), POINT_VALUE)

    assert (taken.taken_points, taken.missing) == (100, cny(400))
    assert wallet == a_wallet(points=0)


def test_a_balance_below_zero_has_nothing_to_take() -> None:
    rewards = [a_reward(200_00), a_reward(300, kind=RewardKind.POINTS)]

    (credit, points), wallet = take_back(rewards, a_wallet(points=-50, store_credit=-10_00), POINT_VALUE)

    assert (credit.taken, credit.missing) == (cny(0), cny(200_00))
    assert (points.taken_points, points.missing) == (0, cny(600))
    assert wallet == a_wallet(points=-50, store_credit=-10_00)


def test_two_rewards_are_taken_from_one_purse_one_after_the_other() -> None:
    rewards = [
        a_reward(200_00),
        a_reward(100_00),
        a_reward(80, kind=RewardKind.POINTS),
        a_reward(80, kind=RewardKind.POINTS),
    ]

    taken, wallet = take_back(rewards, a_wallet(points=100, store_credit=250_00), POINT_VALUE)

    assert [each.missing for each in taken] == [cny(0), cny(50_00), cny(0), cny(120)]
    assert wallet == a_wallet()
