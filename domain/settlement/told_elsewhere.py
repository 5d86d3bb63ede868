"""What other systems of the merchant's are told of a settlement: of each kind that lives there, what it comes to."""

from collections.abc import Iterable, Sequence

from domain.campaigns.campaigns import RewardTakeBack
from domain.entitlements.elsewhere import (
    CampaignMoved,
    CampaignsMoved,
    CouponMove,
    CouponMoved,
    CouponsMoved,
    PointsMoved,
    RewardTaken,
)
from domain.sale.orders import RewardKind
from domain.settlement.settlement import Settlement


def points_moved(settlement: Settlement) -> PointsMoved:
    return PointsMoved(settlement.points.restored, settlement.points.from_balance)


def coupons_given_back(settlement: Settlement, reinstated: Sequence[str]) -> CouponsMoved | None:
    """Return the coupons that can be used again, and the parts that come back as new ones; None where there is none."""
    whole = [CouponMoved(each, CouponMove.REINSTATED, 0, settlement.total.currency) for each in reinstated]
    parts = [
        CouponMoved(each, CouponMove.RESIDUAL, worth.minor_units, worth.currency)
        for each, worth in settlement.residuals
    ]
    return _coupons([*whole, *parts])


def coupons_revoked(settlement: Settlement) -> CouponsMoved | None:
    """Return the coupons that the order granted and that can't be used any more; None where there is none."""
    revoked = (each for each in settlement.grants if each.is_revoked)
    return _coupons(CouponMoved(each.grant.name, CouponMove.REVOKED, 0, each.taken.currency) for each in revoked)


def campaigns_moved(settlement: Settlement) -> CampaignsMoved:
    campaigns = tuple(
        CampaignMoved(
            each.campaign_id,
            each.spend_before.minor_units,
            each.spend_after.minor_units,
            each.qualified_before,
            each.qualified_after,
            each.participation_restored,
        )
        for each in settlement.campaigns
    )
    return CampaignsMoved(settlement.total.currency, campaigns, tuple(map(_reward, settlement.take_backs)))


def _coupons(moved: Iterable[CouponMoved]) -> CouponsMoved | None:
    coupons = tuple(moved)
    return CouponsMoved(coupons) if coupons else None


def _reward(plan: RewardTakeBack) -> RewardTaken:
    reward = plan.reward
    taken = plan.taken_points if reward.kind is RewardKind.POINTS else plan.taken.minor_units
    return RewardTaken(reward.campaign_id, reward.kind, taken, reward.coupon_id)
