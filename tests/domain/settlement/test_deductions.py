"""What must be taken back but is gone comes off the payout, never below zero; the rest is owed (rule 10)."""

from dataclasses import replace

from domain.entitlements.grants import Grant
from domain.policy import PointsShortfall, Policy
from domain.sale.orders import RewardKind
from domain.settlement.deductions import Deduction, DeductionKind
from tests.domain.builders import a_gift, a_line, an_order, cny, units
from tests.domain.campaign_builders import a_campaign, a_reward
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper


def a_desk_whose_reward_is_spent(goods: int, *, credit_left: int = 0) -> Desk:
    shopper = Shopper([a_campaign(threshold=goods)], [a_reward(200_00)], store_credit=credit_left)
    return Desk(an_order([a_line(2, goods // 2)]), shopper=shopper)


def test_a_spent_reward_is_taken_off_the_payout() -> None:
    settlement = a_desk_whose_reward_is_spent(1000_00, credit_left=30_00).refund(units("l1", 1))

    assert settlement.deductions == (
        Deduction(DeductionKind.CAMPAIGN_REWARD, "spend-1000", amount=cny(170_00), owed=cny(0)),
    )
    assert settlement.total == cny(330_00)
    assert settlement.campaigns[0].reward_clawed_back == 30_00


def test_what_the_payout_cannot_cover_is_owed() -> None:
    settlement = a_desk_whose_reward_is_spent(300_00).refund(units("l1", 1))

    (deduction,) = settlement.deductions
    assert (deduction.amount, deduction.owed) == (cny(150_00), cny(50_00))
    assert settlement.total == cny(0)
    assert settlement.payouts == ()


def test_two_deductions_share_one_payout() -> None:
    campaigns = [a_campaign(campaign_id="a", threshold=100_00), a_campaign(campaign_id="b", threshold=100_00)]
    rewards = [a_reward(70_00, campaign_id="a"), a_reward(70_00, campaign_id="b", reward_id=2)]
    desk = Desk(an_order([a_line(1, 100_00)]), shopper=Shopper(campaigns, rewards))

    settlement = desk.refund()

    assert [(each.source_id, each.amount, each.owed) for each in settlement.deductions] == [
        ("a", cny(70_00), cny(0)),
        ("b", cny(30_00), cny(40_00)),
    ]


def test_of_two_rewards_of_one_campaign_each_knows_what_was_deducted_for_it_and_what_is_owed() -> None:
    rewards = [a_reward(70_00, reward_id=number) for number in (1, 2)]
    shopper = Shopper([replace(a_campaign(threshold=50_00), repeat=True)], rewards, store_credit=20_00)
    settlement = Desk(an_order([a_line(1, 100_00)]), shopper=shopper).refund()

    deductions = [settlement.deduction_for(reward) for reward in rewards]

    assert [(each.amount, each.owed) for each in deductions if each] == [(cny(50_00), cny(20_00)), (cny(50_00), cny(0))]
    assert settlement.deduction_for(a_reward(70_00, reward_id=3)) is None


def test_missing_reward_points_are_deducted_at_the_policys_value() -> None:
    campaign = a_campaign(threshold=100_00, reward=300, kind=RewardKind.POINTS)
    shopper = Shopper([campaign], [a_reward(300, kind=RewardKind.POINTS)], points=100)

    settlement = Desk(an_order([a_line(1, 100_00)]), Policy(point_value=5), shopper).refund()

    assert settlement.deductions[0].amount == cny(10_00)
    assert settlement.campaigns[0].reward_clawed_back == 100


def test_rewards_grants_points_and_gifts_are_taken_off_in_this_order_after_the_fees() -> None:
    shopper = Shopper(
        [a_campaign(threshold=100_00)],
        [a_reward(10_00)],
        grants=[
            Grant("thanks", RewardKind.COUPON, cny(20_00), True),
            Grant("c", RewardKind.STORE_CREDIT, cny(30_00), False),
        ],
    )
    order = an_order([a_line(1, 100_00), a_gift(25_00)], points_earned=1_000)
    policy = Policy(return_shipping_fee=1_00, points_shortfall=PointsShortfall.DEDUCT_FROM_REFUND)

    settlement = Desk(order, policy, shopper).refund(units("l1", 1), goods_come_back=True)

    assert [(each.kind, each.source_id, each.amount, each.owed) for each in settlement.deductions] == [
        (DeductionKind.CAMPAIGN_REWARD, "spend-1000", cny(10_00), cny(0)),
        (DeductionKind.GRANTED_COUPON, "thanks", cny(20_00), cny(0)),
        (DeductionKind.GRANTED_CREDIT, "c", cny(30_00), cny(0)),
        (DeductionKind.POINTS_SHORTFALL, "", cny(10_00), cny(0)),
        (DeductionKind.MISSING_GIFT, "l2", cny(25_00), cny(0)),
    ]
    assert settlement.total == cny(4_00)
