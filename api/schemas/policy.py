"""The refund policy document."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from api.schemas.common import MOST_UNITS, BasisPoints, Currency, Duration, Minor, Name, TimeZone, Wire
from domain.durations import IsoDuration
from domain.policy import (
    AutoApprove,
    AutoApprovePerCustomer,
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
    amount_in,
)
from domain.reasons import Reason

_DEFAULT = Policy()

PointValue = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
"""Minor units a point; what all the points on the wire are worth still is an amount that the books can hold."""


Amount = Annotated[
    Minor | Annotated[dict[Currency, Minor], Field(max_length=200)],
    Field(examples=[20_000, {"CNY": 20_000, "USD": 3_000}]),
]
"""Minor units: a number for every currency, or a map by currency (rule 58)."""


class ShippingByReason(Wire):
    quality_issue: ShippingRefund = ShippingRefund.ALWAYS
    delivery_error: ShippingRefund = ShippingRefund.ALWAYS
    changed_mind: ShippingRefund = ShippingRefund.FULL_RETURN
    merchant_breach: ShippingRefund = ShippingRefund.ALWAYS


class AutoApproveBody(Wire):
    reasons: list[Reason] = Field(default_factory=lambda: list(_DEFAULT.auto_approve.reasons))
    max_amount: Amount = Field(
        default=_DEFAULT.auto_approve.max_amount,
        description="Minor units that an order gets by rule at most, all its refunds together; a number for every "
        "currency, or a map by currency: in one that it lacks nothing is approved by rule.",
    )
    max_risk: Annotated[int, Field(strict=True, ge=0, le=100)] = _DEFAULT.auto_approve.max_risk


class PerCustomerBody(Wire):
    """What a customer gets by rule at most; over it a reviewer decides."""

    amount: Amount | None = Field(
        default=None,
        description="Minor units of all refunds approved by rule within the window; a number for every currency, or a "
        "map by currency. Left out: 50000, or `auto_approve.max_amount` where that is more.",
    )
    window: Duration = Field(
        default=_DEFAULT.auto_approve_per_customer.window,
        description="How far back refunds count, from the time when this one was asked for; always an exact span.",
    )


class RefundLimitBody(Wire):
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)] = _DEFAULT.refund_limit.count
    window: Duration = _DEFAULT.refund_limit.window


class TierBody(Wire):
    name: Name
    minimum_spend: Amount


class PolicyBody(Wire):
    """Every field may be left out; what is left out takes its default, not its last value."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"return_window": "P14D", "auto_approve": {"max_amount": 50_000}}]}
    )

    promotion_refund: PromotionRefund = _DEFAULT.promotion_refund
    shipping_refund: ShippingByReason = ShippingByReason()
    restocking_fee_bp: BasisPoints = _DEFAULT.restocking_fee_bp
    return_shipping_fee: Amount = Field(
        default=_DEFAULT.return_shipping_fee,
        description="Minor units taken off a return for a change of mind; a number for every currency, or a map by "
        "currency: in one that it lacks there is no fee.",
    )
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
    auto_approve_per_customer: PerCustomerBody = PerCustomerBody()
    returnless_below: Amount = Field(
        default=_DEFAULT.returnless_below,
        description="Minor units below which the customer keeps the goods of a return; a number for every currency, or "
        "a map by currency: in one that it lacks goods always come back.",
    )
    refund_limit: RefundLimitBody = RefundLimitBody()
    suspension: Duration = _DEFAULT.suspension
    time_zone: TimeZone = Field(
        default=_DEFAULT.time_zone,
        description="The IANA time zone in which `return_window` and `return_deadline` end with the day, where they "
        "are written in days, weeks, months or years; those with hours, minutes or seconds are exact.",
    )
    version: int | None = Field(default=None, description="the version this changes; refused if it is not the newest")

    @model_validator(mode="after")
    def _each_tier_once(self) -> Self:
        _refuse_twice("name", [tier.name for tier in self.tiers])
        amounts = [tier.minimum_spend for tier in self.tiers]
        named = {currency for amount in amounts if isinstance(amount, dict) for currency in amount}
        for currency in (_ANY_OTHER, *named):
            _refuse_twice("minimum_spend", [amount_in(amount, currency) for amount in amounts])
        return self

    def to_domain(self) -> Policy:
        policy = Policy(
            **self.model_dump(exclude=_NESTED),
            shipping_refund={reason: getattr(self.shipping_refund, reason) for reason in Reason},
            auto_approve=AutoApprove(
                tuple(self.auto_approve.reasons), self.auto_approve.max_amount, self.auto_approve.max_risk
            ),
            refund_limit=RefundLimit(self.refund_limit.count, IsoDuration(self.refund_limit.window)),
            tiers=tuple(Tier(tier.name, tier.minimum_spend) for tier in self.tiers),
        )
        return replace(policy, auto_approve_per_customer=self._per_customer(policy))

    def _per_customer(self, policy: Policy) -> AutoApprovePerCustomer:
        """What is named as the amount that counts anyway is as good as left out, so that an answer can be put back."""
        amount, window = self.auto_approve_per_customer.amount, self.auto_approve_per_customer.window
        return AutoApprovePerCustomer(None if amount == policy.per_customer else amount, window)


_NESTED = {"shipping_refund", "auto_approve", "auto_approve_per_customer", "refund_limit", "tiers", "version"}
_ANY_OTHER = ""
"""Stands for all currencies that no map names."""


def _refuse_twice(what: str, values: Sequence[str | int | None]) -> None:
    twice = next((value for value in values if value is not None and values.count(value) > 1), None)
    if twice is not None:
        raise ValueError(f"two tiers have the {what} {twice!r}: each needs one of its own")


class PolicyAnswer(PolicyBody):
    """The policy in force; `version` counts the changes, 0 is the default that nobody wrote."""

    @classmethod
    def of(cls, version: int, policy: Policy) -> Self:
        document: dict[str, Any] = asdict(policy)
        document["auto_approve_per_customer"]["amount"] = policy.per_customer
        return cls.model_validate({**document, "version": version})
