"""Campaigns, and the rewards that customers earned in them."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import coupon_uses, coupons, points, weights
from db.at_once import at_once
from db.codec import from_json, to_json
from db.ledger import Account, EntryCause, post, transfer
from db.read_models import RewardRow, read
from db.schema import campaign_rewards, campaigns, orders, refund_claims, refunds
from domain import clock
from domain.campaigns.campaigns import (
    Campaign,
    GoodsRefund,
    GrantedReward,
    Purchase,
    Reward,
    rewards_to_grant,
    standing,
)
from domain.claims.claims import ClaimState
from domain.money.amounts import Money
from domain.sale.orders import RewardKind

_FINAL = (ClaimState.SETTLED, ClaimState.PAID)
_AS_A_PURCHASE = ("order_id", "paid_at", "currency", "goods_paid", "goods_units", "campaign_ids")


async def put(connection: AsyncConnection, merchant_id: str, campaign: Campaign) -> None:
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
    query = select(campaigns.c.terms).where(campaigns.c.merchant_id == merchant_id).order_by(campaigns.c.campaign_id)
    return tuple(from_json(Campaign, terms) for terms in (await connection.execute(query)).scalars())


async def purchases(connection: AsyncConnection, merchant_id: str, customer_id: str) -> tuple[Purchase, ...]:
    """List a customer's paid orders with what settled refunds took off them (rules 21 and 22)."""
    of_customer = (orders.c.merchant_id == merchant_id) & (orders.c.customer_id == customer_id)
    held_against = select(func.count()).select_from(campaigns).where(campaigns.c.merchant_id == merchant_id)
    await weights.refuse_many(connection, orders, of_customer, each_of=held_against)
    query = (
        select(*orders.c[_AS_A_PURCHASE])
        .where(of_customer, orders.c.sale.is_not(None))
        .order_by(orders.c.paid_at, orders.c.order_id)
    )
    async with at_once(connection) as reads:
        refunding = reads.begin(_refunded, merchant_id, customer_id)
        buying = reads.select(query)
    refunded = refunding.result()
    return tuple(
        Purchase(
            order_id=row.order_id,
            paid_at=row.paid_at,
            goods_paid=Money(row.currency, row.goods_paid),
            refunds=tuple(GoodsRefund(at, Money(row.currency, amount)) for at, amount, _ in refunded[row.order_id]),
            is_returned=0 < row.goods_units <= sum(units for _, _, units in refunded[row.order_id]),
            campaign_ids=tuple(row.campaign_ids or ()),
        )
        for row in buying.result()
    )


async def _refunded(
    connection: AsyncConnection, merchant_id: str, customer_id: str
) -> dict[str, list[tuple[datetime, int, int]]]:
    """Return by order what each settled refund took off its goods: when, how much, and how many units, gifts aside."""
    amount = func.sum(refund_claims.c.amount)
    units = func.coalesce(func.sum(refund_claims.c.unit_count).filter(~refund_claims.c.is_gift), 0)
    query = (
        select(refund_claims.c.order_id, refunds.c.settled_at, amount.label("amount"), units.label("units"))
        .select_from(refund_claims.join(refunds, refunds.c.refund_id == refund_claims.c.refund_id))
        .where(refunds.c.merchant_id == merchant_id, refunds.c.customer_id == customer_id)
        .where(refund_claims.c.state.in_(_FINAL))
        .group_by(refund_claims.c.order_id, refunds.c.refund_id, refunds.c.settled_at)
        .order_by(refunds.c.settled_at, refunds.c.refund_id)
    )
    by_order: dict[str, list[tuple[datetime, int, int]]] = defaultdict(list)
    for row in await connection.execute(query):
        by_order[row.order_id].append((row.settled_at, int(row.amount), int(row.units)))
    return by_order


async def rewards_of(connection: AsyncConnection, merchant_id: str, customer_id: str) -> tuple[GrantedReward, ...]:
    """List the rewards a customer holds, the oldest first."""
    query = select(campaign_rewards).where(
        campaign_rewards.c.merchant_id == merchant_id,
        campaign_rewards.c.customer_id == customer_id,
        campaign_rewards.c.withdrawn_at.is_(None),
    )
    rows = (await connection.execute(query.order_by(campaign_rewards.c.reward_id))).all()
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


async def recalculate(
    connection: AsyncConnection, merchant_id: str, customer_id: str, currency: str, occasion: str
) -> None:
    """Grant what the customer's standing has earned and does not hold yet; the customer is locked (rules 23 and 24)."""
    bought = await purchases(connection, merchant_id, customer_id)
    held = await rewards_of(connection, merchant_id, customer_id)
    for campaign in await all_of(connection, merchant_id):
        due = standing(campaign, bought, currency).rewards_due
        earned_here = (campaign.campaign_id, currency)
        has = sum((reward.campaign_id, reward.amount.currency) == earned_here for reward in held)
        for _ in range(rewards_to_grant(due, has)):
            assert campaign.reward is not None
            await _grant(connection, merchant_id, customer_id, currency, campaign, campaign.reward, occasion)


async def claw_back(connection: AsyncConnection, reward_id: int, refund_id: str) -> None:
    await connection.execute(
        update(campaign_rewards)
        .where(campaign_rewards.c.reward_id == reward_id)
        .values(withdrawn_at=func.now(), withdrawn_by=refund_id)
    )


async def restore(connection: AsyncConnection, refund_id: str) -> list[RewardRow]:
    """Take back that a refund withdrew rewards; returns them."""
    withdrawn = (
        update(campaign_rewards)
        .where(campaign_rewards.c.withdrawn_by == refund_id)
        .values(withdrawn_at=None, withdrawn_by=None)
        .returning(campaign_rewards)
    )
    return [read(RewardRow, row) for row in await connection.execute(withdrawn)]


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
    made = await connection.execute(insert(campaign_rewards).values(row).returning(campaign_rewards.c.reward_id))
    reward_id = made.scalar_one()
    cause = EntryCause(f"reward:{reward_id}", f"reward of campaign {campaign.campaign_id}, earned by {occasion}")
    if is_points:
        await points.adjust(connection, merchant_id, customer_id, reward.amount, cause)
    elif reward.kind is RewardKind.STORE_CREDIT:
        pockets = (Account.PROMOTIONS, merchant_id), (Account.STORE_CREDIT, customer_id)
        await post(connection, merchant_id, cause, transfer(*pockets, currency, reward.amount))
    else:
        coupon_id = await _give_coupon(connection, merchant_id, customer_id, currency, campaign, reward.amount)
        of_reward = update(campaign_rewards).where(campaign_rewards.c.reward_id == reward_id)
        await connection.execute(of_reward.values(coupon_id=coupon_id))


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
