"""A customer's standing in a campaign, which all of their orders decide (rules 21 to 24)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.campaigns.tallies import ALL_ORDERS, Tally
from domain.money.amounts import Money
from domain.money.point_worth import PointWorth
from domain.sale.orders import RewardKind

MOST_REWARDS = 100
"""How many rewards of one campaign one customer holds at most in each currency."""


class CampaignKind(StrEnum):
    """`spend_threshold` rewards a spend, `first_purchase` is open until one, `limited` has so many uses (rule 21)."""

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
    """`threshold` and `discount` are in minor units; `currency` None means each currency is counted for itself.

    `repeat` grants the reward for every time the threshold is reached, up to MOST_REWARDS; `limit_per_customer` is how
    many orders may take part in a limited campaign.
    """

    campaign_id: str
    name: str
    kind: CampaignKind
    starts_at: datetime
    ends_at: datetime
    currency: str | None = None
    high_value: bool = False
    threshold: int = 0
    repeat: bool = False
    reward: Reward | None = None
    discount: int = 0
    limit_per_customer: int = 0
    restore_on_refund: bool = True

    def covers(self, purchase: "Purchase") -> bool:
        """Tell whether an order takes part: one that names a limited campaign, any other in its time (rule 21)."""
        if self.kind is CampaignKind.LIMITED:
            return self.campaign_id in purchase.campaign_ids
        counts = self.currency in (None, purchase.goods_paid.currency)
        return counts and self.starts_at <= purchase.paid_at <= self.ends_at


@dataclass(frozen=True, slots=True)
class GoodsRefund:
    """What one settled refund took off an order's goods, and when."""

    at: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class Purchase:
    """One paid order as campaigns see it, with the campaigns it names; shipping is not part of the goods."""

    order_id: str
    paid_at: datetime
    goods_paid: Money
    refunds: tuple[GoodsRefund, ...]
    is_returned: bool
    campaign_ids: tuple[str, ...] = ()

    @property
    def spend(self) -> Money:
        return self.goods_paid - Money.total((refund.amount for refund in self.refunds), self.goods_paid.currency)

    def spend_at(self, moment: datetime) -> Money:
        """Return the spend as it was at a moment: refunds that came later did not count yet."""
        known = (refund.amount for refund in self.refunds if refund.at <= moment)
        return self.goods_paid - Money.total(known, self.goods_paid.currency)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a customer stands; `rewards_due` is how many are earned, `uses` how many orders use the campaign up.

    `is_qualified`: the threshold is met, the first-purchase offer is open, or uses are left.
    """

    spend: Money
    is_qualified: bool
    rewards_due: int
    uses: int = 0


def standing(
    campaign: Campaign,
    purchases: Iterable[Purchase],
    currency: str,
    *,
    is_restricted: bool = False,
    others: Iterable[Tally] = (),
) -> Standing:
    """Compute where a customer stands over their paid orders in `currency` (rules 21, 22, 24).

    Orders that are not listed one by one are summed up in `others`; it comes to the same. While risk control restricts
    the customer, a high-value campaign is not restored by a return (rule 25).
    """
    all_purchases, all_others = list(purchases), list(others)
    counted = [each for each in all_purchases if campaign.covers(each) and each.goods_paid.currency == currency]
    summed_up = [each for each in all_others if each.campaign_id == campaign.campaign_id]
    spends = *(each.spend for each in counted), *(each.spend for each in summed_up if each.spend.currency == currency)
    spend = Money.total(spends, currency)
    restores = campaign.restore_on_refund and not (campaign.high_value and is_restricted)
    if campaign.kind is CampaignKind.FIRST_PURCHASE:
        of_any = [each for each in all_others if each.campaign_id == ALL_ORDERS]
        uses = _uses(all_purchases, of_any, restores=restores)
        return Standing(spend, uses == 0, 0, uses)
    if campaign.kind is CampaignKind.LIMITED:
        uses = _uses([each for each in all_purchases if campaign.covers(each)], summed_up, restores=restores)
        return Standing(spend, uses < campaign.limit_per_customer, 0, uses)
    is_met = spend.minor_units >= campaign.threshold
    return Standing(spend, is_met, _rewards_due(campaign, spend) if is_met else 0)


def rewards_to_grant(due: int, held: int) -> int:
    """Tell how many rewards a customer gets now who holds so many: at most MOST_REWARDS of one campaign (rule 21).

    Those that are due stay earned, also above that: a refund takes none back before fewer are due than held.
    """
    return max(min(due, MOST_REWARDS) - held, 0)


def _uses(purchases: Sequence[Purchase], others: Sequence[Tally], *, restores: bool) -> int:
    """Each order uses the campaign once; a returned one gives its use back where that is restored (rule 23)."""
    listed = sum(not (restores and each.is_returned) for each in purchases)
    return listed + sum(each.uses(restores=restores) for each in others)


def _rewards_due(campaign: Campaign, spend: Money) -> int:
    if campaign.reward is None:
        return 0
    return spend.minor_units // campaign.threshold if campaign.repeat and campaign.threshold else 1


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

    def with_points(self, change: int) -> "Wallet":
        return Wallet(self.points + change, self.store_credit)


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


def is_participation_restored(
    campaign: Campaign, before: Standing, after: Standing, *, is_restricted: bool = False
) -> bool:
    """A threshold that is still met is confirmed; a first-purchase offer or a use is given back (rules 23 and 25)."""
    if campaign.high_value and is_restricted:
        return False
    if campaign.kind is CampaignKind.FIRST_PURCHASE:
        return after.is_qualified and not before.is_qualified
    if campaign.kind is CampaignKind.LIMITED:
        return after.uses < before.uses
    return before.is_qualified and after.is_qualified


def take_back(
    rewards: Sequence[GrantedReward], wallet: Wallet, point_value: PointWorth
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


def _take_one_back(reward: GrantedReward, wallet: Wallet, point_value: PointWorth) -> RewardTakeBack:
    nothing = reward.amount.like(0)
    if reward.kind is RewardKind.POINTS:
        points = min(reward.points, max(wallet.points, 0))
        missing = point_value.of(reward.points - points)
        return RewardTakeBack(reward, nothing, points, missing)
    if reward.kind is RewardKind.COUPON:
        taken = nothing if reward.is_spent else reward.amount
    else:
        taken = reward.amount.at_most(wallet.store_credit.not_below_zero())
    return RewardTakeBack(reward, taken, 0, reward.amount - taken)
