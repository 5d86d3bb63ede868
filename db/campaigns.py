"""Campaigns, and the rewards that customers hold of them."""

from typing import Any

from sqlalchemy import Select, Update, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import coupon_uses, merchant_time
from db.built import built_once
from db.codec import from_json, to_json
from db.read_models import RewardRow
from db.rows import read
from db.schema import campaign_rewards, campaigns
from domain.campaigns.campaigns import Campaign, GrantedReward
from domain.money.amounts import Money
from domain.sale.orders import RewardKind


async def put(connection: AsyncConnection, merchant_id: str, campaign: Campaign) -> None:
    """Store a campaign; a trigger gives it a new number, higher than all others, where it covers other orders."""
    row = {"merchant_id": merchant_id, "campaign_id": campaign.campaign_id, "terms": to_json(campaign)}
    statement = upsert(campaigns).values(row)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["merchant_id", "campaign_id"], set_={"terms": row["terms"]})
    )


async def find(connection: AsyncConnection, merchant_id: str, campaign_id: str) -> Campaign | None:
    query = select(campaigns.c.terms).where(
        campaigns.c.merchant_id == merchant_id, campaigns.c.campaign_id == campaign_id
    )
    terms = (await connection.execute(query)).scalar_one_or_none()
    return from_json(Campaign, terms) if terms else None


async def all_of(connection: AsyncConnection, merchant_id: str) -> tuple[Campaign, ...]:
    found = await _all_of(merchant_id=merchant_id).on(connection)
    return tuple(from_json(Campaign, terms) for terms in found.scalars())


@built_once
def _all_of(*, merchant_id: Any) -> Select[Any]:
    return select(campaigns.c.terms).where(campaigns.c.merchant_id == merchant_id).order_by(campaigns.c.campaign_id)


async def rewards_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> tuple[GrantedReward, ...]:
    """List the rewards a customer holds, the oldest first."""
    rows = (await _rewards_of(merchant_id=merchant_id, customer_id=customer_id).on(connection)).all()
    spent = await coupon_uses.spent(connection, merchant_id, [row.coupon_id for row in rows if row.coupon_id])
    return tuple(
        GrantedReward(
            reward_id=row.reward_id,
            campaign_id=row.campaign_id,
            kind=RewardKind(row.kind),
            amount=Money(row.currency, row.amount),
            points=row.points,
            coupon_id=row.coupon_id,
            is_spent=row.coupon_id in spent,
        )
        for row in rows
    )


@built_once
def _rewards_of(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    query = select(campaign_rewards).where(
        campaign_rewards.c.merchant_id == merchant_id,
        campaign_rewards.c.customer_id == customer_id,
        campaign_rewards.c.withdrawn_at.is_(None),
    )
    return query.order_by(campaign_rewards.c.reward_id)


async def claw_back(connection: AsyncConnection, reward_id: int, refund_id: str) -> None:
    await _clawed_back(reward_id=reward_id, refund_id=refund_id).on(connection)


@built_once
def _clawed_back(*, reward_id: Any, refund_id: Any) -> Update:
    of_reward = update(campaign_rewards).where(campaign_rewards.c.reward_id == reward_id)
    return of_reward.values(withdrawn_at=merchant_time.now(), withdrawn_by=refund_id)


async def restore(connection: AsyncConnection, refund_id: str) -> list[RewardRow]:
    """Take back that a refund withdrew rewards; returns them."""
    withdrawn = (
        update(campaign_rewards)
        .where(campaign_rewards.c.withdrawn_by == refund_id)
        .values(withdrawn_at=None, withdrawn_by=None)
        .returning(campaign_rewards)
    )
    return [read(RewardRow, row) for row in await connection.execute(withdrawn)]
