"""Campaigns, purchases and rewards that show only what a test is about."""

from datetime import datetime

from domain.campaigns.campaigns import Campaign, CampaignKind, GoodsRefund, GrantedReward, Purchase, Reward
from domain.money.amounts import Money
from domain.sale.orders import RewardKind
from tests.domain.builders import cny, on


def a_campaign(
    *,
    threshold: int = 1000_00,
    reward: int = 200_00,
    kind: RewardKind = RewardKind.STORE_CREDIT,
    currency: str | None = None,
    campaign_id: str = "spend-1000",
) -> Campaign:
    """Spend 1000.00 in November and get 200.00 of store credit; a reward of zero is none."""
    return Campaign(
        campaign_id=campaign_id,
        name="满1000元返200元",
        kind=CampaignKind.SPEND_THRESHOLD,
        starts_at=on(1),
        ends_at=on(30),
        currency=currency,
        threshold=threshold,
        reward=Reward(kind, reward) if reward else None,
    )


def a_first_purchase_offer(*, restore_on_refund: bool = True) -> Campaign:
    return Campaign(
        campaign_id="first",
        name="首单立减",
        kind=CampaignKind.FIRST_PURCHASE,
        starts_at=on(1),
        ends_at=on(30),
        discount=10_00,
        restore_on_refund=restore_on_refund,
    )


def a_limited_campaign(*, limit: int = 1, restore_on_refund: bool = True) -> Campaign:
    return Campaign(
        campaign_id="limited",
        name="限购一次",
        kind=CampaignKind.LIMITED,
        starts_at=on(1),
        ends_at=on(30),
        limit_per_customer=limit,
        restore_on_refund=restore_on_refund,
    )


def a_purchase(
    paid: Money | int,
    *,
    refunded: int = 0,
    returned: bool = False,
    paid_at: datetime | None = None,
    order_id: str = "another order",
) -> Purchase:
    goods = paid if isinstance(paid, Money) else cny(paid)
    refunds = (GoodsRefund(on(12), goods.like(refunded)),) if refunded else ()
    return Purchase(order_id, paid_at or on(10), goods, refunds, returned)


def a_reward(
    amount: Money | int = 200_00,
    *,
    kind: RewardKind = RewardKind.STORE_CREDIT,
    spent: bool = False,
    reward_id: int = 1,
    campaign_id: str = "spend-1000",
) -> GrantedReward:
    """A granted reward; for points, `amount` counts points."""
    value = amount if isinstance(amount, Money) else cny(amount)
    is_points = kind is RewardKind.POINTS
    return GrantedReward(
        reward_id=reward_id,
        campaign_id=campaign_id,
        kind=kind,
        amount=value.like(0) if is_points else value,
        points=value.minor_units if is_points else 0,
        coupon_id=f"coupon-{reward_id}" if kind is RewardKind.COUPON else None,
        is_spent=spent,
    )
