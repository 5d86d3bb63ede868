"""The merchant's refund policy: every choice where two reasonable shops would differ, with its default."""

from dataclasses import dataclass, field
from enum import StrEnum

from domain.durations import IsoDuration
from domain.reasons import Reason


class PromotionRefund(StrEnum):
    """Rule 7."""

    PRORATE = "prorate"
    REPRICE = "reprice"


class ShippingRefund(StrEnum):
    """Rule 8."""

    ALWAYS = "always"
    FULL_RETURN = "full_return"
    NEVER = "never"


class TenderOrder(StrEnum):
    """Rule 11."""

    PROPORTIONAL = "proportional"
    IN_ORDER = "in_order"
    REVERSE_ORDER = "reverse_order"


class DeclinedTender(StrEnum):
    """Rule 11."""

    STORE_CREDIT = "store_credit"
    HOLD = "hold"


class CouponExpiry(StrEnum):
    """Rule 14."""

    EXTEND = "extend"
    ORIGINAL = "original"


class CouponOnPartial(StrEnum):
    """Rule 15."""

    FULL_ONLY = "full_only"
    RESIDUAL = "residual"


class TakeBack(StrEnum):
    """What happens with a granted coupon or a gift that is gone (rules 16 and 27)."""

    DEDUCT = "deduct"
    FORGIVE = "forgive"


class EarnedPoints(StrEnum):
    """Rule 19."""

    CLAW_BACK = "claw_back"
    KEEP = "keep"


class PointsShortfall(StrEnum):
    """Rule 20."""

    NEGATIVE_BALANCE = "negative_balance"
    DEDUCT_FROM_REFUND = "deduct_from_refund"
    FORGIVE = "forgive"


class OutsideWindow(StrEnum):
    """Rule 29."""

    REJECT = "reject"
    REVIEW = "review"


class ReviewTimeout(StrEnum):
    """Rule 30."""

    ESCALATE = "escalate"
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class AutoApprove:
    """Which refunds need no reviewer (rule 33): amount in minor units, risk from 0 to 100."""

    reasons: tuple[Reason, ...] = (Reason.QUALITY_ISSUE, Reason.DELIVERY_ERROR, Reason.MERCHANT_BREACH)
    max_amount: int = 20_000
    max_risk: int = 30


@dataclass(frozen=True, slots=True)
class RefundLimit:
    """How many refunds in a window are too many (rule 34)."""

    count: int = 5
    window: IsoDuration = IsoDuration("P30D")


@dataclass(frozen=True, slots=True)
class Tier:
    """A customer tier and the net spend, in minor units, from which it is held (rule 28)."""

    name: str
    minimum_spend: int


def _shipping_by_reason() -> dict[Reason, ShippingRefund]:
    return {
        reason: ShippingRefund.ALWAYS if reason.is_merchants_fault else ShippingRefund.FULL_RETURN for reason in Reason
    }


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a merchant's policy; the field names are those of the policy document."""

    promotion_refund: PromotionRefund = PromotionRefund.PRORATE
    shipping_refund: dict[Reason, ShippingRefund] = field(default_factory=_shipping_by_reason)
    restocking_fee_bp: int = 0
    return_shipping_fee: int = 0
    tender_order: TenderOrder = TenderOrder.PROPORTIONAL
    declined_tender: DeclinedTender = DeclinedTender.STORE_CREDIT
    coupon_expiry: CouponExpiry = CouponExpiry.EXTEND
    coupon_on_partial: CouponOnPartial = CouponOnPartial.FULL_ONLY
    granted_coupon_used: TakeBack = TakeBack.DEDUCT
    earned_points: EarnedPoints = EarnedPoints.CLAW_BACK
    points_shortfall: PointsShortfall = PointsShortfall.NEGATIVE_BALANCE
    point_value: int = 1
    missing_gift: TakeBack = TakeBack.DEDUCT
    tiers: tuple[Tier, ...] = ()
    tier_window: IsoDuration = IsoDuration("P365D")
    tier_grace: IsoDuration = IsoDuration("P0D")
    return_window: IsoDuration = IsoDuration("P30D")
    outside_window: OutsideWindow = OutsideWindow.REJECT
    review_sla: IsoDuration = IsoDuration("PT72H")
    review_timeout: ReviewTimeout = ReviewTimeout.ESCALATE
    response_target: IsoDuration = IsoDuration("PT5M")
    return_deadline: IsoDuration = IsoDuration("P7D")
    inspection_sla: IsoDuration = IsoDuration("PT72H")
    pickup_within: IsoDuration = IsoDuration("PT24H")
    auto_approve: AutoApprove = AutoApprove()
    returnless_below: int = 0
    refund_limit: RefundLimit = RefundLimit()
    suspension: IsoDuration = IsoDuration("P30D")
