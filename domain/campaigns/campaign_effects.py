"""What one refund does to the customer's standing in the campaigns its order counts towards (rules 23 to 25)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.campaigns.campaigns import (
    Campaign,
    CampaignEffect,
    GoodsRefund,
    GrantedReward,
    Purchase,
    RewardTakeBack,
    Standing,
    Wallet,
    is_participation_restored,
    standing,
    take_back,
)
from domain.campaigns.tallies import SpendAt, Tally
from domain.money.point_worth import PointWorth


@dataclass(frozen=True, slots=True)
class CustomerPosition:
    """What the customer's orders and belongings decide; `wallet` is less what other refunds hold.

    `purchases` are orders that are listed one by one, among them the one that is refunded. What campaigns look at of
    all the others is summed up in `others`, and what counts of them towards a tier in `for_tier`. Until
    `restricted_until` risk control restricts the customer (rule 25).
    """

    purchases: tuple[Purchase, ...]
    campaigns: tuple[Campaign, ...]
    rewards: tuple[GrantedReward, ...]
    wallet: Wallet
    restricted_until: datetime | None = None
    others: tuple[Tally, ...] = ()
    for_tier: tuple[SpendAt, ...] = ()

    def is_restricted(self, at: datetime) -> bool:
        return self.restricted_until is not None and at < self.restricted_until

    def after_refund(self, order_id: str, refund: GoodsRefund, *, is_returned: bool) -> tuple[Purchase, ...]:
        """Return the purchases with one order's spend corrected."""
        return tuple(
            replace(each, refunds=(*each.refunds, refund), is_returned=is_returned)
            if each.order_id == order_id
            else each
            for each in self.purchases
        )

    def stands(
        self,
        campaign: Campaign,
        currency: str,
        *,
        bought: Sequence[Purchase] | None = None,
        is_restricted: bool = False,
    ) -> Standing:
        """Compute where the customer stands in a campaign, with what they `bought` instead of what is listed."""
        listed = self.purchases if bought is None else bought
        return standing(campaign, listed, currency, is_restricted=is_restricted, others=self.others)


def recalculate(
    customer: CustomerPosition, after: Sequence[Purchase], order_id: str, point_value: PointWorth, at: datetime
) -> tuple[tuple[CampaignEffect, ...], tuple[RewardTakeBack, ...], Wallet]:
    """Compare every campaign the order counts towards before and after (rule 23); take back rewards no longer earned.

    Returns the effects, the take-backs and the wallet after them.
    """
    effects: list[CampaignEffect] = []
    take_backs: list[RewardTakeBack] = []
    wallet, is_restricted, currency = customer.wallet, customer.is_restricted(at), point_value.currency
    for campaign in _touched(order_id, customer):
        stood = customer.stands(campaign, currency, is_restricted=is_restricted)
        stands = customer.stands(campaign, currency, bought=after, is_restricted=is_restricted)
        withdrawn, wallet = take_back(_withdrawn(campaign, stands, customer), wallet, point_value)
        take_backs.extend(withdrawn)
        is_restored = is_participation_restored(campaign, stood, stands, is_restricted=is_restricted)
        effects.append(_effect(campaign, stood, stands, withdrawn, is_restored=is_restored))
    return tuple(effects), tuple(take_backs), wallet


def _touched(order_id: str, customer: CustomerPosition) -> list[Campaign]:
    """The campaigns this order counts towards; spend counts without being named (rule 21)."""
    purchases = [each for each in customer.purchases if each.order_id == order_id]
    return [campaign for campaign in customer.campaigns if any(campaign.covers(each) for each in purchases)]


def no_longer_earned(customer: CustomerPosition, currency: str) -> list[GrantedReward]:
    """List the rewards that a customer holds in a currency and has not earned, as things are now (rule 23)."""
    withdrawn: list[GrantedReward] = []
    for campaign in customer.campaigns:
        withdrawn += _withdrawn(campaign, customer.stands(campaign, currency), customer)
    return withdrawn


def _withdrawn(campaign: Campaign, after: Standing, customer: CustomerPosition) -> list[GrantedReward]:
    """The newest rewards go first; what was earned in another currency is counted there (rule 21)."""
    earned_here = (campaign.campaign_id, after.spend.currency)
    held = [reward for reward in customer.rewards if (reward.campaign_id, reward.amount.currency) == earned_here]
    return held[after.rewards_due :][::-1]


def _effect(
    campaign: Campaign, before: Standing, after: Standing, withdrawn: Sequence[RewardTakeBack], *, is_restored: bool
) -> CampaignEffect:
    return CampaignEffect(
        campaign_id=campaign.campaign_id,
        spend_before=before.spend,
        spend_after=after.spend,
        qualified_before=before.is_qualified,
        qualified_after=after.is_qualified,
        participation_restored=is_restored,
        reward_clawed_back=sum(each.taken.minor_units + each.taken_points for each in withdrawn),
    )
