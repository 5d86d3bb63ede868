"""What a refund gives back and takes back beside the money."""

from pydantic import Field

from api.schemas.common import Time, Wire
from api.schemas.quantities import SaidQuantity


class CouponEffectAnswer(Wire):
    """What becomes of a coupon."""

    coupon_id: str = Field(description="The coupon.")
    outcome: str = Field(
        description=(
            "`reinstated`, `residual`, `kept` (not given back yet), `revoked` or `value_deducted` (rules 13 to 16)."
        )
    )
    amount: int = Field(
        description=("What a residual is worth, or what is deducted, in minor units of the refund's currency; else 0.")
    )
    residual_coupon_id: str | None = Field(
        description="The new coupon for the part that was returned; null if there is none."
    )


class CampaignEffectAnswer(Wire):
    """What becomes of the customer's standing in a campaign (rule 23)."""

    campaign_id: str = Field(description="The campaign.")
    spend_before: int = Field(description="What counted towards it before this refund, in minor units.")
    spend_after: int = Field(description="What counts after it, in minor units.")
    qualified_before: bool = Field(description="Whether its condition was met before.")
    qualified_after: bool = Field(description="Whether it is met after.")
    participation_restored: bool = Field(description="Whether the customer can take part again.")
    reward_clawed_back: int = Field(description="What is taken back of its reward: minor units, or whole points.")


class ExclusiveEffectAnswer(Wire):
    """What becomes of an exclusive discount (rule 26)."""

    id: str = Field(description="The discount.")
    outcome: str = Field(description="`reinstated`, or `kept`: not given back yet.")


class GiftEffectAnswer(Wire):
    """What becomes of a gift (rule 27)."""

    line_id: str = Field(description="The gift's line.")
    quantity: SaidQuantity = Field(description="How many units of it.")
    outcome: str = Field(description="`kept`, `returned`, `value_deducted` or `forgiven`.")
    amount: int = Field(description="What is deducted for it, in minor units of the refund's currency.")


class TierEffectAnswer(Wire):
    """What becomes of the customer's tier (rule 28)."""

    before: str | None = Field(description="The tier before; null for none.")
    after: str | None = Field(description="The tier after; null for none.")
    becomes: str | None = Field(description="The tier the customer falls to after the grace; null if they don't.")
    falls_at: Time | None = Field(description="When the grace ends; null if they don't fall.")


class EffectsAnswer(Wire):
    """What a refund gives back and takes back beside the money."""

    points_restored: int = Field(description="Points that were spent on the order and come back.")
    points_clawed_back: int = Field(
        description="Points the order earned that are taken back: off the balance, and `points_deducted`."
    )
    points_deducted: int = Field(
        description="Points that were not there any more and are deducted from the payout (rule 20)."
    )
    points_forgiven: int = Field(description="Points that were not there any more and are forgiven (rule 20).")
    coupons: list[CouponEffectAnswer] = Field(description="Coupons that the order used or granted.")
    campaigns: list[CampaignEffectAnswer] = Field(description="Campaigns whose spend or use changes.")
    exclusive_discounts: list[ExclusiveEffectAnswer] = Field(description="Exclusive discounts that the order used.")
    gifts: list[GiftEffectAnswer] = Field(description="Gifts that came with the goods.")
    tier: TierEffectAnswer | None = Field(description="The customer's tier; null where the policy has none.")
