"""The refund policy document."""

from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from api.schemas.common import MOST_UNITS, BasisPoints, Duration, Minor, Name, Wire
from domain.durations import IsoDuration
from domain.policy import (
    AutoApprove,
    CouponExpiry,
    CouponOnPartial,
    DeclinedTender,
    EarnedPoints,
    OutsideWindow,
    PointsShortfall,
    Policy,
    PromotionRefund,
    RefundLimit,
    ReviewTimeout,
    ShippingRefund,
    TakeBack,
    TenderOrder,
    Tier,
)
from domain.reasons import Reason

_DEFAULT = Policy()

PointValue = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
"""Minor units a point; what all the points on the wire are worth still is an amount that the books can hold."""


class ShippingByReason(Wire):
    quality_issue: ShippingRefund = ShippingRefund.ALWAYS
    delivery_error: ShippingRefund = ShippingRefund.ALWAYS
    changed_mind: ShippingRefund = ShippingRefund.FULL_RETURN
    merchant_breach: ShippingRefund = ShippingRefund.ALWAYS


class AutoApproveBody(Wire):
    reasons: list[Reason] = Field(default_factory=lambda: list(_DEFAULT.auto_approve.reasons))
    max_amount: Minor = _DEFAULT.auto_approve.max_amount
    max_risk: Annotated[int, Field(strict=True, ge=0, le=100)] = _DEFAULT.auto_approve.max_risk


class RefundLimitBody(Wire):
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)] = _DEFAULT.refund_limit.count
    window: Duration = _DEFAULT.refund_limit.window


class TierBody(Wire):
    name: Name
    minimum_spend: Minor


class PolicyBody(Wire):
    """Every field may be left out; what is left out takes its default, not its last value."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"return_window": "P14D", "auto_approve": {"max_amount": 50_000}}]}
    )

    promotion_refund: PromotionRefund = _DEFAULT.promotion_refund
    shipping_refund: ShippingByReason = ShippingByReason()
    restocking_fee_bp: BasisPoints = _DEFAULT.restocking_fee_bp
    return_shipping_fee: Minor = _DEFAULT.return_shipping_fee
    tender_order: TenderOrder = _DEFAULT.tender_order
    declined_tender: DeclinedTender = _DEFAULT.declined_tender
    coupon_expiry: CouponExpiry = _DEFAULT.coupon_expiry
    coupon_on_partial: CouponOnPartial = _DEFAULT.coupon_on_partial
    granted_coupon_used: TakeBack = _DEFAULT.granted_coupon_used
    earned_points: EarnedPoints = _DEFAULT.earned_points
    points_shortfall: PointsShortfall = _DEFAULT.points_shortfall
    point_value: PointValue = _DEFAULT.point_value
    missing_gift: TakeBack = _DEFAULT.missing_gift
    tiers: list[TierBody] = Field(default_factory=list, max_length=50)
    tier_window: Duration = _DEFAULT.tier_window
    tier_grace: Duration = _DEFAULT.tier_grace
    return_window: Duration = _DEFAULT.return_window
    outside_window: OutsideWindow = _DEFAULT.outside_window
    review_sla: Duration = _DEFAULT.review_sla
    review_timeout: ReviewTimeout = _DEFAULT.review_timeout
    response_target: Duration = _DEFAULT.response_target
    return_deadline: Duration = _DEFAULT.return_deadline
    inspection_sla: Duration = _DEFAULT.inspection_sla
    pickup_within: Duration = _DEFAULT.pickup_within
    auto_approve: AutoApproveBody = AutoApproveBody()
    returnless_below: Minor = _DEFAULT.returnless_below
    refund_limit: RefundLimitBody = RefundLimitBody()
    suspension: Duration = _DEFAULT.suspension
    version: int | None = Field(default=None, description="the version this changes; refused if it is not the newest")

    @model_validator(mode="after")
    def _each_tier_once(self) -> Self:
        for what in ("name", "minimum_spend"):
            values = [getattr(tier, what) for tier in self.tiers]
            twice = next((value for value in values if values.count(value) > 1), None)
            if twice is not None:
                raise ValueError(f"two tiers have the {what} {twice!r}: each needs one of its own")
        return self

    def to_domain(self) -> Policy:
        plain = self.model_dump(exclude={"shipping_refund", "auto_approve", "refund_limit", "tiers", "version"})
        return Policy(
            **plain,
            shipping_refund={reason: getattr(self.shipping_refund, reason) for reason in Reason},
            auto_approve=AutoApprove(
                tuple(self.auto_approve.reasons), self.auto_approve.max_amount, self.auto_approve.max_risk
            ),
            refund_limit=RefundLimit(self.refund_limit.count, IsoDuration(self.refund_limit.window)),
            tiers=tuple(Tier(tier.name, tier.minimum_spend) for tier in self.tiers),
        )


class PolicyAnswer(PolicyBody):
    """The policy in force; `version` counts the changes, 0 is the default that nobody wrote."""

    @classmethod
    def of(cls, version: int, policy: Policy) -> Self:
        document: dict[str, Any] = asdict(policy)
        return cls.model_validate({**document, "version": version})
