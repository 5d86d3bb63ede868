"""Rewards are granted as soon as a customer's standing has earned them (rules 21, 23 and 24)."""

from typing import Any

from sqlalchemy import Insert, Update, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import coupons, points, standings
from db.built import built_once
from db.campaigns import rewards_of
from db.ledger import Account, EntryCause, post, transfer
from db.schema import campaign_rewards
from domain import clock
from domain.campaigns.campaigns import Campaign, Reward, rewards_to_grant, standing
from domain.sale.orders import RewardKind


async def recalculate(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str, occasion: str
) -> None:
    """Grant what the customer's standing has earned and does not hold yet; the customer is locked (rules 23 and 24)."""
    counted = await standings.caught_up(connection, merchant_id, customer_id)
    held = await rewards_of(connection, merchant_id, customer_id)
    for campaign in counted.campaigns:
        due = standing(campaign, (), currency, others=counted.others).rewards_due
        earned_here = (campaign.campaign_id, currency)
        has = sum((reward.campaign_id, reward.amount.currency) == earned_here for reward in held)
        for _ in range(rewards_to_grant(due, has)):
            assert campaign.reward is not None
            await _grant(connection, merchant_id, customer_id, currency, campaign, campaign.reward, occasion)


async def _grant(
    connection: AsyncConnection,
    merchant_id: str,
    customer_id: str,
    currency: str,
    campaign: Campaign,
    reward: Reward,
    occasion: str,
) -> None:
    is_points = reward.kind is RewardKind.POINTS
    row = {
        "merchant_id": merchant_id,
        "campaign_id": campaign.campaign_id,
        "customer_id": customer_id,
        "kind": reward.kind,
        "amount": 0 if is_points else reward.amount,
        "currency": currency,
        "points": reward.amount if is_points else 0,
    }
    reward_id = (await _granted(**row).on(connection)).scalar_one()
    cause = EntryCause(f"reward:{reward_id}", f"reward of campaign {campaign.campaign_id}, earned by {occasion}")
    if is_points:
        await points.adjust(connection, merchant_id, customer_id, reward.amount, cause)
    elif reward.kind is RewardKind.STORE_CREDIT:
        pockets = (Account.PROMOTIONS, merchant_id), (Account.STORE_CREDIT, customer_id)
        await post(connection, merchant_id, cause, transfer(*pockets, currency, reward.amount))
    else:
        coupon_id = await _give_coupon(connection, merchant_id, customer_id, currency, campaign, reward.amount)
        await _given_as(reward_id=reward_id, coupon_id=coupon_id).on(connection)


@built_once
def _granted(**row: Any) -> Insert:
    return insert(campaign_rewards).values(row).returning(campaign_rewards.c.reward_id)


@built_once
def _given_as(*, reward_id: Any, coupon_id: Any) -> Update:
    return update(campaign_rewards).where(campaign_rewards.c.reward_id == reward_id).values(coupon_id=coupon_id)


async def _give_coupon(
    connection: AsyncConnection,
    merchant_id: str,
    customer_id: str,
    currency: str,
    campaign: Campaign,
    amount: int,
) -> str:
    coupon = coupons.Coupon(
        coupon_id=coupons.new_id(),
        customer_id=customer_id,
        name=campaign.name,
        amount=amount,
        currency=currency,
        minimum_spend=0,
        valid_from=clock.now(),
        valid_until=None,
        reusable_after_refund=True,
    )
    await coupons.put(connection, merchant_id, coupon)
    return coupon.coupon_id
