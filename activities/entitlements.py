"""What follows the money: one line for each says when it applies, what gives it back, and what withdraws that again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from activities.campaigns import Campaigns
from activities.coupons import Coupons
from activities.exclusive_discounts import ExclusiveDiscounts
from activities.grants import Grants
from activities.points import Points
from activities.promotions import Promotions
from activities.stock import Stock
from activities.tiers import Tiers
from domain.entitlements.elsewhere import LivesElsewhere
from domain.settlement.settlement import Settlement
from domain.steps import Step
from service.steps import RefundRef

Activity = Callable[[Any, RefundRef], Awaitable[object]]


class Entitlement(StrEnum):
    """What a refund restores or takes back beside the money."""

    COUPONS = "coupons"
    POINTS = "points"
    CAMPAIGNS = "campaigns"
    GRANTS = "grants"
    EXCLUSIVE_DISCOUNTS = "exclusive_discounts"
    TIER = "tier"
    GIFTS = "gifts"
    CREDIT_BONUS = "credit_bonus"
    PROMOTIONS = "promotions"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Follows:
    """`do` comes once the payout succeeded, `undo` where it fails later; without `undo` nothing is to be withdrawn.

    `step` is the name under which `do` is remembered. Where there is neither, the customer is only told.
    """

    entitlement: Entitlement
    applies: Callable[[Settlement], bool]
    step: Step | None = None
    do: Activity | None = None
    undo: Activity | None = None


FOLLOWS = (
    Follows(
        Entitlement.COUPONS,
        lambda settlement: bool(settlement.coupons),
        Step.REINSTATE_COUPONS,
        Coupons.reinstate_coupons,
        Coupons.withdraw_coupons,
    ),
    Follows(
        Entitlement.POINTS,
        lambda settlement: bool(settlement.points.restored or settlement.points.clawed_back),
        Step.RESTORE_POINTS,
        Points.restore_points,
        Points.withdraw_points,
    ),
    Follows(
        Entitlement.CAMPAIGNS,
        lambda settlement: bool(settlement.campaigns),
        Step.RECALCULATE_CAMPAIGNS,
        Campaigns.recalculate_campaigns,
        Campaigns.give_rewards_again,
    ),
    Follows(
        Entitlement.GRANTS,
        lambda settlement: any(each.does_something for each in settlement.grants),
        Step.WITHDRAW_GRANTS,
        Grants.withdraw_grants,
        Grants.grant_again,
    ),
    Follows(
        Entitlement.EXCLUSIVE_DISCOUNTS,
        lambda settlement: bool(settlement.exclusive_discounts),
        Step.REINSTATE_EXCLUSIVE_DISCOUNTS,
        ExclusiveDiscounts.reinstate_exclusive_discounts,
        ExclusiveDiscounts.withdraw_exclusive_discounts,
    ),
    Follows(
        Entitlement.TIER,
        lambda settlement: settlement.tier is not None,
        Step.RECALCULATE_TIER,
        Tiers.recalculate_tier,
    ),
    Follows(Entitlement.GIFTS, lambda settlement: bool(settlement.gifts_kept)),
    # Booked, and reversed, with the confirmation of the payouts.
    Follows(Entitlement.CREDIT_BONUS, lambda settlement: bool(settlement.credit_bonus)),
    Follows(
        Entitlement.PROMOTIONS,
        lambda settlement: (
            settlement.system_of(LivesElsewhere.PROMOTIONS) is not None and bool(settlement.claims_of_units)
        ),
        Step.RETURN_UNITS,
        Promotions.return_units,
    ),
    # Last: whoever keeps the stock may be away for long, and the customer waits for what comes before.
    Follows(
        Entitlement.STOCK,
        lambda settlement: settlement.system_of(LivesElsewhere.STOCK) is not None,
        Step.MOVE_STOCK,
        Stock.move_stock,
    ),
)
"""In the order in which they are given back; withdrawn in the opposite one (rules 13 to 28 and 35)."""

STEPS = tuple(each.step for each in FOLLOWS if each.step is not None)


def that_follow(settlement: Settlement) -> tuple[Entitlement, ...]:
    """Name what a settlement restores or takes back beside the money."""
    return tuple(each.entitlement for each in FOLLOWS if each.applies(settlement))
