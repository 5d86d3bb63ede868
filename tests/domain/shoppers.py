"""What a customer has beside the order at hand, and what refunds of it leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import Campaign, GrantedReward, Purchase, Wallet
from domain.entitlements.coupons import CouponOutcome, UsedCoupon
from domain.entitlements.exclusive_discounts import ExclusiveOutcome
from domain.entitlements.grants import Grant
from domain.money.amounts import Money
from domain.sale.orders import DiscountSource, Order, RewardKind
from domain.settlement.settlement import SettledEntitlements, Settlement


@dataclass(frozen=True, slots=True)
class Shopper:
    """`store_credit` is in minor units; `coupons_for_one_order` are those that no refund brings back.

    `used_elsewhere` names coupons and exclusive discounts that another order uses as well. `paid_for` says what was
    deducted for coupons that another order granted, in minor units, where that is not what they are worth.
    `counting_uses` names those of them that are everybody's or have several uses. `points_ran_out` says how many of
    each earned lot ended unspent. `credit_of_others` is what others have whom the order granted something.
    """

    campaigns: Sequence[Campaign] = ()
    rewards: Sequence[GrantedReward] = ()
    other_purchases: Sequence[Purchase] = ()
    points: int = 0
    store_credit: int = 0
    restricted_until: datetime | None = None
    grants: Sequence[Grant] = ()
    coupons_for_one_order: Sequence[str] = ()
    used_elsewhere: Sequence[str] = ()
    paid_for: Mapping[str, int] = field(default_factory=dict)
    counting_uses: Sequence[str] = ()
    points_ran_out: Sequence[int] = ()
    credit_of_others: Mapping[str, int] = field(default_factory=dict)

    def after(self, settled: Sequence[Settlement], this: Purchase) -> CustomerPosition:
        """The customer with the order at hand, once these refunds of it have taken from what they had."""
        taken_back = [each for settlement in settled for each in settlement.take_backs]
        withdrawn = {_reward_key(each.reward) for each in taken_back}
        return CustomerPosition(
            (*self.other_purchases, this),
            tuple(self.campaigns),
            tuple(reward for reward in self.rewards if _reward_key(reward) not in withdrawn),
            self._wallet(settled, this.goods_paid.currency),
            self.restricted_until,
        )

    def having_spent(self, wallet: Wallet, percent: int) -> "Shopper":
        """The customer after they spent this much of what is in their wallet on other orders."""
        points, credit = max(wallet.points, 0), wallet.store_credit.not_below_zero().minor_units
        return replace(
            self,
            points=self.points - points * percent // 100,
            store_credit=self.store_credit - credit * percent // 100,
        )

    def having_used(self, which: int, settled: Sequence[Settlement] = ()) -> "Shopper":
        """Another order used one of the coupons that this one or a campaign gave, or gave it back.

        None that refunds have revoked can be used.
        """
        revoked = {each.grant.name for settlement in settled for each in settlement.grants if each.is_revoked}
        coupons = [
            *(each for each in self.grants if each.is_coupon and each.name not in revoked),
            *(each for each in self.rewards if each.coupon_id),
        ]
        if not coupons:
            return self
        one = coupons[which % len(coupons)]
        return replace(
            self,
            grants=[replace(each, is_used=not each.is_used) if each is one else each for each in self.grants],
            rewards=[replace(each, is_spent=not each.is_spent) if each is one else each for each in self.rewards],
        )

    def entitlements(self, order: Order, settled: Sequence[Settlement]) -> SettledEntitlements:
        """What the order used and granted, less what these refunds took care of."""
        reinstated = _reinstated(settled)
        coupons = [name for name in order.names(DiscountSource.COUPON) if name not in reinstated]
        discounts = [name for name in order.names(DiscountSource.EXCLUSIVE_DISCOUNT) if name not in reinstated]
        return SettledEntitlements(
            tuple(
                UsedCoupon(
                    name,
                    name not in self.coupons_for_one_order,
                    name in self.used_elsewhere,
                    Money(order.currency, self.paid_for[name]) if name in self.paid_for else None,
                    name in self.counting_uses,
                )
                for name in coupons
            ),
            tuple(self.grants),
            tuple(discounts),
            tuple(name for name in discounts if name in self.used_elsewhere),
            tuple(self.points_ran_out),
            self._credit_of_others(settled, order.currency),
        )

    def _credit_of_others(self, settled: Sequence[Settlement], currency: str) -> tuple[tuple[str, Money], ...]:
        taken = [each for settlement in settled for each in settlement.grants]
        return tuple(
            (
                name,
                Money(currency, has - sum(each.taken.minor_units for each in taken if each.grant.customer_id == name)),
            )
            for name, has in self.credit_of_others.items()
        )

    def _wallet(self, settled: Sequence[Settlement], currency: str) -> Wallet:
        taken_back = [each for settlement in settled for each in settlement.take_backs]
        points = self.points + sum(settlement.points.net for settlement in settled)
        rewards = [each.taken for each in taken_back if each.reward.kind is RewardKind.STORE_CREDIT]
        grants = [each.taken for settlement in settled for each in settlement.grants if not each.grant.customer_id]
        credit = Money(currency, self.store_credit) - Money.total([*rewards, *grants], currency)
        return Wallet(points - sum(each.taken_points for each in taken_back), credit)


def _reward_key(reward: GrantedReward) -> tuple[str, int]:
    return reward.campaign_id, reward.reward_id


def _reinstated(settled: Sequence[Settlement]) -> set[str]:
    coupons = {
        each.coupon_id
        for settlement in settled
        for each in settlement.coupons
        if each.outcome is CouponOutcome.REINSTATED
    }
    return coupons | {
        each.discount_id
        for settlement in settled
        for each in settlement.exclusive_discounts
        if each.outcome is ExclusiveOutcome.REINSTATED
    }
