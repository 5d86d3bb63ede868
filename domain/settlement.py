"""What one refund comes to and gives back: the one function behind the quote and behind the refund.

The quote calls `settle` with the claims a request would make, the refund calls it again with the units that were
accepted. Nothing here has a side effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.campaigns import (
    Campaign,
    CampaignEffect,
    GrantedReward,
    Purchase,
    RewardTakeBack,
    Standing,
    Wallet,
    is_participation_restored,
    standing,
    take_back,
)
from domain.claims import Claim
from domain.coupons import CouponEffect, UsedCoupon, coupon_effect
from domain.money import Money
from domain.points import PointsEffect, points_effect
from domain.policy import Policy
from domain.positions import OrderPosition
from domain.reasons import Reason
from domain.shipping import is_shipping_due
from domain.tenders import Tender, spread


class DeductionKind(StrEnum):
    CAMPAIGN_REWARD = "campaign_reward"


@dataclass(frozen=True, slots=True)
class Deduction:
    """What is gone and must be taken off the payout; `owed` is the part the payout could not cover (rule 10)."""

    kind: DeductionKind
    source_id: str
    amount: Money
    owed: Money


@dataclass(frozen=True, slots=True)
class CustomerPosition:
    """What the customer's other orders and belongings decide; `wallet` is less what other refunds hold."""

    purchases: tuple[Purchase, ...]
    campaigns: tuple[Campaign, ...]
    rewards: tuple[GrantedReward, ...]
    wallet: Wallet


@dataclass(frozen=True, slots=True)
class Settlement:
    """One refund in figures; `total` = goods + shipping − deductions, never below zero."""

    claims: tuple[Claim, ...]
    shipping: Money
    shipping_tax: Money
    deductions: tuple[Deduction, ...]
    total: Money
    payouts: tuple[Tender, ...]
    points: PointsEffect
    coupons: tuple[CouponEffect, ...]
    campaigns: tuple[CampaignEffect, ...]
    take_backs: tuple[RewardTakeBack, ...]
    completes_order: bool

    @property
    def goods(self) -> Money:
        return Money.total((claim.amount for claim in self.claims), self.total.currency)


@dataclass(frozen=True, slots=True)
class Terms:
    """What was asked for beside the lines; `include_shipping` is the merchant's outright word, or None."""

    reason: Reason
    include_shipping: bool | None


def settle(
    position: OrderPosition,
    claims: tuple[Claim, ...],
    terms: Terms,
    policy: Policy,
    customer: CustomerPosition,
    coupons: Sequence[UsedCoupon],
) -> Settlement:
    """Work out one refund of `position`, which does not contain that refund itself."""
    completes_order = position.is_fully_returned(claims)
    shipping, shipping_tax = _shipping(position, claims, terms, policy, completes_order)
    goods = Money.total((claim.amount for claim in claims), position.sale.currency)
    points = points_effect(position, claims, policy.earned_points)
    campaigns, take_backs = _campaigns(position, goods, completes_order, policy, customer, points)
    deductions, total = _deduct(goods + shipping, take_backs)
    return Settlement(
        claims=claims,
        shipping=shipping,
        shipping_tax=shipping_tax,
        deductions=deductions,
        total=total,
        payouts=spread(total, position.payments_left, policy.tender_order),
        points=points,
        coupons=tuple(coupon_effect(coupon, fully_returned=completes_order) for coupon in coupons),
        campaigns=campaigns,
        take_backs=take_backs,
        completes_order=completes_order,
    )


def _shipping(
    position: OrderPosition, claims: tuple[Claim, ...], terms: Terms, policy: Policy, completes_order: bool
) -> tuple[Money, Money]:
    is_due = is_shipping_due(
        policy,
        terms.reason,
        include_shipping=terms.include_shipping,
        moves_units=any(not claim.is_adjustment for claim in claims),
        completes_order=completes_order,
    )
    left, tax_left = position.shipping_left, position.shipping_tax_left
    return (left, tax_left) if is_due else (left.like(0), tax_left.like(0))


def _deduct(due: Money, take_backs: Sequence[RewardTakeBack]) -> tuple[tuple[Deduction, ...], Money]:
    """Take what is gone off the payout, never below zero; the rest is owed (rule 10)."""
    deductions: list[Deduction] = []
    for each in take_backs:
        if each.missing:
            amount = each.missing.at_most(due)
            due -= amount
            owed = each.missing - amount
            deductions.append(Deduction(DeductionKind.CAMPAIGN_REWARD, each.reward.campaign_id, amount, owed))
    return tuple(deductions), due


def _campaigns(
    position: OrderPosition,
    goods: Money,
    completes_order: bool,
    policy: Policy,
    customer: CustomerPosition,
    points: PointsEffect,
) -> tuple[tuple[CampaignEffect, ...], tuple[RewardTakeBack, ...]]:
    """Correct the spend, recalculate the standing, then withdraw the rewards that are no longer earned (rule 23)."""
    after_refund = [
        replace(each, goods_refunded=each.goods_refunded + goods, is_returned=completes_order)
        if each.order_id == position.order.order_id
        else each
        for each in customer.purchases
    ]
    wallet = replace(customer.wallet, points=customer.wallet.points + points.net)
    point_value = Money(position.sale.currency, policy.point_value)
    effects: list[CampaignEffect] = []
    take_backs: list[RewardTakeBack] = []
    for campaign in _touched(position, customer):
        before = standing(campaign, customer.purchases, position.sale.currency)
        after = standing(campaign, after_refund, position.sale.currency)
        withdrawn, wallet = take_back(_withdrawn(campaign, after, customer), wallet, point_value)
        take_backs.extend(withdrawn)
        effects.append(_effect(campaign, before, after, withdrawn))
    return tuple(effects), tuple(take_backs)


def _touched(position: OrderPosition, customer: CustomerPosition) -> list[Campaign]:
    """The campaigns this order counts towards; spend counts without being named (rule 21)."""
    purchases = [each for each in customer.purchases if each.order_id == position.order.order_id]
    return [campaign for campaign in customer.campaigns if any(campaign.covers(each) for each in purchases)]


def _withdrawn(campaign: Campaign, after: Standing, customer: CustomerPosition) -> list[GrantedReward]:
    """The newest rewards go first; what was earned in another currency is counted there (rule 21)."""
    earned_here = (campaign.campaign_id, after.spend.currency)
    held = [reward for reward in customer.rewards if (reward.campaign_id, reward.amount.currency) == earned_here]
    return held[after.rewards_due :][::-1]


def _effect(
    campaign: Campaign, before: Standing, after: Standing, withdrawn: Sequence[RewardTakeBack]
) -> CampaignEffect:
    return CampaignEffect(
        campaign_id=campaign.campaign_id,
        spend_before=before.spend,
        spend_after=after.spend,
        qualified_before=before.is_qualified,
        qualified_after=after.is_qualified,
        participation_restored=is_participation_restored(campaign, before, after),
        reward_clawed_back=sum(each.taken.minor_units + each.taken_points for each in withdrawn),
    )
