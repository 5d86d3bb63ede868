"""A customer's standing in a campaign, always computed from all of their orders (rules 21 to 24)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.money import Money
from domain.orders import RewardKind


class CampaignKind(StrEnum):
    SPEND_THRESHOLD = "spend_threshold"
    FIRST_PURCHASE = "first_purchase"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Reward:
    """What a campaign gives for reaching its threshold: minor units of money, or whole points."""

    kind: RewardKind
    amount: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """`threshold` and `discount` are in minor units; `currency` None means each currency is counted for itself."""

    campaign_id: str
    name: str
    kind: CampaignKind
    starts_at: datetime
    ends_at: datetime
    currency: str | None = None
    high_value: bool = False
    threshold: int = 0
    reward: Reward | None = None
    discount: int = 0
    restore_on_refund: bool = True

    def covers(self, purchase: "Purchase") -> bool:
        counts = self.currency in (None, purchase.goods_paid.currency)
        return counts and self.starts_at <= purchase.paid_at <= self.ends_at


@dataclass(frozen=True, slots=True)
class Purchase:
    """One paid order as campaigns see it; shipping is not part of the goods."""

    order_id: str
    paid_at: datetime
    goods_paid: Money
    goods_refunded: Money
    is_returned: bool

    @property
    def spend(self) -> Money:
        return self.goods_paid - self.goods_refunded


@dataclass(frozen=True, slots=True)
class Standing:
    """`is_qualified`: the threshold is met, or the first-purchase offer is open. `rewards_due`: how many are earned."""

    spend: Money
    is_qualified: bool
    rewards_due: int


def standing(campaign: Campaign, purchases: Iterable[Purchase], currency: str) -> Standing:
    """Compute where a customer stands, from scratch, over their paid orders in `currency` (rules 21, 22, 24)."""
    all_purchases = list(purchases)
    counted = [each for each in all_purchases if campaign.covers(each) and each.goods_paid.currency == currency]
    spend = Money.total((each.spend for each in counted), currency)
    if campaign.kind is CampaignKind.FIRST_PURCHASE:
        return Standing(spend, _is_first_purchase_open(campaign, all_purchases), 0)
    is_met = spend.minor_units >= campaign.threshold
    return Standing(spend, is_met, 1 if is_met and campaign.reward else 0)


def _is_first_purchase_open(campaign: Campaign, purchases: Sequence[Purchase]) -> bool:
    """The offer is used up by the first paid order, and open again when no paid, unreturned order is left (rule 23)."""
    if not campaign.restore_on_refund:
        return not purchases
    return all(each.is_returned for each in purchases)


@dataclass(frozen=True, slots=True)
class GrantedReward:
    """A reward that a customer holds; `is_spent` matters for a coupon, which is taken back whole or not at all."""

    reward_id: int
    campaign_id: str
    kind: RewardKind
    amount: Money
    points: int
    coupon_id: str | None
    is_spent: bool


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a customer has that can still be taken back; a negative balance counts as nothing."""

    points: int
    store_credit: Money


@dataclass(frozen=True, slots=True)
class RewardTakeBack:
    """How a withdrawn reward is taken back: what is still there, and the value of the rest (rule 23)."""

    reward: GrantedReward
    taken: Money
    taken_points: int
    missing: Money


@dataclass(frozen=True, slots=True)
class CampaignEffect:
    campaign_id: str
    spend_before: Money
    spend_after: Money
    qualified_before: bool
    qualified_after: bool
    participation_restored: bool
    reward_clawed_back: int


def is_participation_restored(campaign: Campaign, before: Standing, after: Standing) -> bool:
    """A standing that survives the refund is confirmed; a first-purchase offer is given back (rule 23)."""
    if campaign.kind is CampaignKind.FIRST_PURCHASE:
        return after.is_qualified and not before.is_qualified
    return before.is_qualified and after.is_qualified


def take_back(
    rewards: Sequence[GrantedReward], wallet: Wallet, point_value: Money
) -> tuple[tuple[RewardTakeBack, ...], Wallet]:
    """Take withdrawn rewards back, one after the other, from what the customer still has (rule 23).

    `point_value` is what one missing point is deducted at. Returns the take-backs and the wallet after them.
    """
    taken_back: list[RewardTakeBack] = []
    for reward in rewards:
        one = _take_one_back(reward, wallet, point_value)
        taken_back.append(one)
        credit_taken = one.taken if reward.kind is RewardKind.STORE_CREDIT else one.taken.like(0)
        wallet = Wallet(wallet.points - one.taken_points, wallet.store_credit - credit_taken)
    return tuple(taken_back), wallet


def _take_one_back(reward: GrantedReward, wallet: Wallet, point_value: Money) -> RewardTakeBack:
    nothing = reward.amount.like(0)
    if reward.kind is RewardKind.POINTS:
        points = min(reward.points, max(wallet.points, 0))
        missing = point_value.like(point_value.minor_units * (reward.points - points))
        return RewardTakeBack(reward, nothing, points, missing)
    if reward.kind is RewardKind.COUPON:
        taken = nothing if reward.is_spent else reward.amount
    else:
        taken = reward.amount.at_most(wallet.store_credit.not_below_zero())
    return RewardTakeBack(reward, taken, 0, reward.amount - taken)
