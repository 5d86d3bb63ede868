"""Orders that arrive after what they spent was taken back: it is owed, and it is the customer's (rules 42 and 44)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import coupons, policies
from db.built import built_once
from db.ledger import Account, EntryCause, post, transfer
from db.schema import campaign_rewards, order_grants, steps
from db.schema import coupons as known_coupons
from domain.payout.keys import joined
from domain.policy import TakeBack
from domain.sale.orders import Order, RewardKind
from domain.steps import ROUND, Step


async def owe_coupons(connection: AsyncConnection, merchant_id: str, order: Order, coupon_ids: Sequence[str]) -> None:
    """Let a paid order's customer owe those of its coupons that were revoked after it was paid, under their lock."""
    for coupon_id in coupon_ids:
        await _owe_reward(connection, merchant_id, order, coupon_id)
        await _owe_grant(connection, merchant_id, order, coupon_id)


def owed_reward(refund_id: str, reward_id: int) -> str:
    """Name the entry of what is owed of a reward that a refund took back."""
    return f"{refund_id}:owed:{reward_id}"


def owed_grant(refund_id: str, kind: RewardKind, name: str) -> str:
    """Name the entry of what is owed of a grant that a refund took back."""
    return joined(refund_id, f"grant-owed-{kind}", name)


async def _owe_reward(connection: AsyncConnection, merchant_id: str, order: Order, coupon_id: str) -> None:
    taken_back = _reward_taken_back(merchant_id=merchant_id, coupon_id=coupon_id, after=order.sold_at)
    reward = (await taken_back.on(connection)).one_or_none()
    if reward is not None:
        await coupons.give_again(connection, merchant_id, coupon_id)
        key = owed_reward(reward.withdrawn_by, reward.reward_id)
        await _owe(connection, merchant_id, order, key, reward.withdrawn_by, reward.amount)


@built_once
def _reward_taken_back(*, merchant_id: Any, coupon_id: Any, after: Any) -> Select[Any]:
    is_it = (known_coupons.c.merchant_id == campaign_rewards.c.merchant_id) & known_coupons.c.revoked_at.is_not(None)
    is_it &= known_coupons.c.coupon_id == campaign_rewards.c.coupon_id
    of_coupon = (campaign_rewards.c.merchant_id == merchant_id) & (campaign_rewards.c.coupon_id == coupon_id)
    taken_back = select(campaign_rewards).select_from(campaign_rewards.join(known_coupons, is_it))
    return taken_back.where(of_coupon, campaign_rewards.c.withdrawn_at > after)


async def _owe_grant(connection: AsyncConnection, merchant_id: str, order: Order, coupon_id: str) -> None:
    grant = (await _grant_taken_back(merchant_id=merchant_id, coupon_id=coupon_id).on(connection)).first()
    if grant is None or not await _was_taken_after(connection, grant, order):
        return
    policy = await policies.of_refund(connection, grant.withdrawn_by)
    if policy.granted_coupon_used is TakeBack.DEDUCT:
        of_coupon = _is_taken_back(merchant_id, coupon_id)
        await connection.execute(update(order_grants).where(of_coupon).values(withdrawn_by=None))
        worth = sum(each.amount.minor_units for each in order.discounts if each.source_id == coupon_id)
        key = owed_grant(grant.withdrawn_by, RewardKind.COUPON, coupon_id)
        await _owe(connection, merchant_id, order, key, grant.withdrawn_by, worth)


@built_once
def _grant_taken_back(*, merchant_id: Any, coupon_id: Any) -> Select[Any]:
    return select(order_grants).where(_is_taken_back(merchant_id, coupon_id))


def _is_taken_back(merchant_id: str, coupon_id: str) -> Any:
    of_coupon = (order_grants.c.merchant_id == merchant_id) & (order_grants.c.name == coupon_id)
    return of_coupon & (order_grants.c.kind == RewardKind.COUPON) & order_grants.c.withdrawn_by.is_not(None)


async def _was_taken_after(connection: AsyncConnection, grant: Any, order: Order) -> bool:
    name = func.split_part(steps.c.step, ROUND, 1)
    taken = select(func.max(steps.c.at)).where(steps.c.refund_id == grant.withdrawn_by, name == Step.WITHDRAW_GRANTS)
    at = (await connection.execute(taken)).scalar_one()
    return at is not None and at > order.sold_at


async def _owe(
    connection: AsyncConnection, merchant_id: str, order: Order, key: str, refund_id: str, amount: int
) -> None:
    cause = EntryCause(key, "spent before it was taken back", order.order_id, refund_id)
    pockets = (Account.OWED, order.customer_id), (Account.PROMOTIONS, merchant_id)
    await post(connection, merchant_id, cause, transfer(*pockets, order.currency, amount))
