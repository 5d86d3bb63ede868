"""The fields of the policy in groups, as people look for them."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.claims.reasons import Reason
from domain.entitlements.elsewhere import LivesElsewhere
from domain.payout.choice import RefundTo
from domain.policy import (
    CouponExpiry,
    CouponOnPartial,
    DeclinedTender,
    EarnedPoints,
    LineKindRefund,
    OutsideWindow,
    PointsShortfall,
    PromotionRefund,
    ReviewTimeout,
    ShippingRefund,
    TakeBack,
    TenderOrder,
)
from domain.rights.monitoring import Signal
from web.staff.policy_kinds import (
    AmountsByName,
    AnAmount,
    ANumber,
    APercentage,
    APointsValue,
    ASpan,
    FieldKind,
    OneOf,
    SomeOf,
    SomeText,
    SomeTiers,
    YesOrNo,
)
from web.staff.policy_table import ReviewTableKind

_MOST_REFUNDS, _MOST_ALERTED = 1_000_000, 100
_BESIDES = tuple(each for each in RefundTo if each is not RefundTo.ORIGINAL)


@dataclass(frozen=True, slots=True)
class PolicyField:
    """A field of the document, by its path in it."""

    name: str
    kind: FieldKind

    @property
    def path(self) -> list[str]:
        return self.name.split(".")

    @property
    def keys(self) -> list[str]:
        """What it is called in the form."""
        return [f"{self.name}{part}" for part in self.kind.parts]


def _fields(**kinds: FieldKind) -> tuple[PolicyField, ...]:
    return tuple(PolicyField(name.replace("__", "."), kind) for name, kind in kinds.items())


def _watched(signal: Signal) -> tuple[PolicyField, ...]:
    limit = f"monitoring.{signal}"
    count = PolicyField(f"{limit}.count", ANumber(1, _MOST_ALERTED, "never_told"))
    return count, PolicyField(f"{limit}.window", ASpan())


_SHIPPING, _EXTRA, _TAKE_BACK = OneOf(tuple(ShippingRefund)), OneOf(tuple(LineKindRefund)), OneOf(tuple(TakeBack))

GROUPS: Mapping[str, tuple[PolicyField, ...]] = {
    "amounts": _fields(
        promotion_refund=OneOf(tuple(PromotionRefund)),
        restocking_fee_bp=APercentage(),
        return_shipping_fee=AnAmount(),
        returnless_below=AnAmount(),
        overpaid_at_most=AnAmount(),
        shipping_refund__quality_issue=_SHIPPING,
        shipping_refund__delivery_error=_SHIPPING,
        shipping_refund__changed_mind=_SHIPPING,
        shipping_refund__merchant_breach=_SHIPPING,
        line_kind_refund__fee=_EXTRA,
        line_kind_refund__gift_wrap=_EXTRA,
        line_kind_refund__tip=_EXTRA,
        line_kind_refund__deposit=_EXTRA,
        line_kind_refund__rounding=_EXTRA,
    ),
    "money": _fields(
        tender_order=OneOf(tuple(TenderOrder)),
        declined_tender=OneOf(tuple(DeclinedTender)),
        refund_to_allowed=SomeOf(_BESIDES),
        store_credit_bonus_bp=APercentage(),
    ),
    "by_rule": _fields(
        auto_approve__reasons=SomeOf(tuple(Reason)),
        auto_approve__max_amount=AnAmount(),
        auto_approve__max_risk=ANumber(0, 100),
        auto_approve_per_customer__amount=AnAmount("usual_per_customer"),
        auto_approve_per_customer__window=ASpan(),
    ),
    "table": _fields(review_table=ReviewTableKind()),
    "reviewers": _fields(
        review_sla=ASpan(),
        review_timeout=OneOf(tuple(ReviewTimeout)),
        response_target=ASpan(),
        second_review_above=AnAmount("one_is_enough"),
        review_limits=AmountsByName(),
        approval_from_temporal__allowed=YesOrNo(),
        approval_from_temporal__up_to=AnAmount(),
    ),
    "deadlines": _fields(
        return_window=ASpan(),
        outside_window=OneOf(tuple(OutsideWindow)),
        return_deadline=ASpan(),
        pickup_within=ASpan(),
        inspection_sla=ASpan(),
        bulk_grace=ASpan(),
        time_zone=SomeText(),
        country=SomeText("all_days_alike", most=2),
    ),
    "limits": _fields(refund_limit__count=ANumber(1, _MOST_REFUNDS), refund_limit__window=ASpan(), suspension=ASpan()),
    "monitoring": tuple(each for signal in Signal for each in _watched(signal)),
    "entitlements": _fields(
        coupon_expiry=OneOf(tuple(CouponExpiry)),
        coupon_on_partial=OneOf(tuple(CouponOnPartial)),
        granted_coupon_used=_TAKE_BACK,
        missing_gift=_TAKE_BACK,
        earned_points=OneOf(tuple(EarnedPoints)),
        points_shortfall=OneOf(tuple(PointsShortfall)),
        point_value=APointsValue(),
    ),
    "tiers": _fields(tiers=SomeTiers(), tier_window=ASpan(), tier_grace=ASpan()),
    "elsewhere": tuple(PolicyField(f"entitlements_elsewhere.{each}", SomeText("here")) for each in LivesElsewhere),
    "retention": _fields(
        retention__personal_data=ASpan("without_end"),
        retention__bulk_refunds=ASpan("without_end"),
        retention__webhook_events=ASpan(),
        retention__pictures=ASpan("without_end"),
        retention__messages=ASpan("without_end"),
    ),
}

FIELDS = tuple(each for group in GROUPS.values() for each in group)
