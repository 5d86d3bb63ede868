"""What a refund gives back and takes back beside the money."""

from api.schemas.common import Time, Wire


class CouponEffectAnswer(Wire):
    """`amount` is what a residual is worth, or what is deducted; `residual_coupon_id` names the new coupon."""

    coupon_id: str
    outcome: str
    amount: int
    residual_coupon_id: str | None


class CampaignEffectAnswer(Wire):
    campaign_id: str
    spend_before: int
    spend_after: int
    qualified_before: bool
    qualified_after: bool
    participation_restored: bool
    reward_clawed_back: int


class ExclusiveEffectAnswer(Wire):
    id: str
    outcome: str


class GiftEffectAnswer(Wire):
    """`amount` is what is deducted for the gift."""

    line_id: str
    quantity: int
    outcome: str
    amount: int


class TierEffectAnswer(Wire):
    """The tier before and after; `becomes` is the one the customer falls to at `falls_at`, after the grace."""

    before: str | None
    after: str | None
    becomes: str | None
    falls_at: Time | None


class EffectsAnswer(Wire):
    """`points_clawed_back` counts those taken off the balance and those `points_deducted` from the payout."""

    points_restored: int
    points_clawed_back: int
    points_deducted: int
    points_forgiven: int
    coupons: list[CouponEffectAnswer]
    campaigns: list[CampaignEffectAnswer]
    exclusive_discounts: list[ExclusiveEffectAnswer]
    gifts: list[GiftEffectAnswer]
    tier: TierEffectAnswer | None
