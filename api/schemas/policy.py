"""The refund policy document."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from api.schemas.approvals import Amount, AutoApproveBody, FromTemporalBody, PerCustomerBody
from api.schemas.common import BasisPoints, Duration, Id, Name, TimeZone, Wire
from api.schemas.faults import FieldFault
from api.schemas.policy_parts import (
    Country,
    LineKindRefundBody,
    MonitoringBody,
    PointValue,
    RefundLimitBody,
    RetentionBody,
    ShippingByReason,
    TierBody,
)
from api.schemas.review_table import TableRowBody
from domain.claims.reasons import Reason
from domain.durations import IsoDuration
from domain.entitlements.elsewhere import LivesElsewhere
from domain.payout.choice import RefundTo
from domain.payout.rights_to_money import usual_when_declined
from domain.policy import (
    ApprovalFromTemporal,
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
    Retention,
    ReviewTimeout,
    TakeBack,
    TenderOrder,
    Tier,
    amount_in,
)
from domain.sale.orders import LineKind

_DEFAULT = Policy()


class PolicyBody(Wire):
    """Every field may be left out; what is left out takes its default, not its last value."""

    promotion_refund: PromotionRefund = Field(
        default=_DEFAULT.promotion_refund,
        description=(
            "`prorate`: each unit gives back what was paid for it. `reprice`: what the kept goods "
            "would have cost alone is kept (rule 7)."
        ),
    )
    shipping_refund: ShippingByReason = Field(
        default=ShippingByReason(), description="When shipping comes back, by reason (rule 8)."
    )
    line_kind_refund: LineKindRefundBody = Field(
        default=LineKindRefundBody(),
        description="When fees, tips, deposits, gift wrap and rounding come back (rule 47).",
    )
    restocking_fee_bp: BasisPoints = Field(
        default=_DEFAULT.restocking_fee_bp,
        description=(
            "Kept of units accepted in a lesser condition after a change of mind, in basis points: "
            "1,000 is 10 % (rule 9)."
        ),
    )
    return_shipping_fee: Amount = Field(
        default=_DEFAULT.return_shipping_fee,
        description="Minor units taken off a return for a change of mind; a number for every currency, or a map by "
        "currency: in one that it lacks there is no fee.",
    )
    tender_order: TenderOrder = Field(
        default=_DEFAULT.tender_order,
        description=(
            "How a refund is spread over the payments: `proportional`, `in_order` or `reverse_order` (rule 11)."
        ),
    )
    declined_tender: DeclinedTender | None = Field(
        default=None,
        description="When a provider refuses a payout: `store_credit` instead, or `hold` until a person decides "
        "(rule 11). Left out: `hold` where the law of `country` gives customers a right to money, else `store_credit` "
        "(rule 54). Answers always say which.",
    )
    refund_to_allowed: Annotated[list[RefundTo], Field(max_length=10)] = Field(
        default_factory=lambda: list(_DEFAULT.refund_to_allowed),
        description="Where customers may choose to have their money, beside `original`, which they always may. Nothing "
        "goes another way than the original one without their choice (rule 54).",
    )
    store_credit_bonus_bp: BasisPoints = Field(
        default=_DEFAULT.store_credit_bonus_bp,
        description="Given on top of store credit that a customer chooses, in basis points: 1,000 is 10 % (rule 54). "
        "What counts is what they were quoted.",
    )
    coupon_expiry: CouponExpiry = Field(
        default=_DEFAULT.coupon_expiry,
        description=(
            "`extend`: a coupon that comes back has the time it had left when it was used. "
            "`original`: its first end stays (rule 14)."
        ),
    )
    coupon_on_partial: CouponOnPartial = Field(
        default=_DEFAULT.coupon_on_partial,
        description=(
            "`full_only`: a coupon comes back with the last unit. `residual`: a new one for the share "
            "of each return (rule 15)."
        ),
    )
    granted_coupon_used: TakeBack = Field(
        default=_DEFAULT.granted_coupon_used,
        description=(
            "When a coupon that the order granted is used: its value is deducted (`deduct`) or "
            "forgiven (`forgive`) (rule 16)."
        ),
    )
    earned_points: EarnedPoints = Field(
        default=_DEFAULT.earned_points,
        description="Points that the purchase earned: taken back (`claw_back`) or left (`keep`) (rule 19).",
    )
    points_shortfall: PointsShortfall = Field(
        default=_DEFAULT.points_shortfall,
        description=(
            "When points to take back are gone: the balance goes below zero, the refund pays for "
            "them, or they are forgiven (rule 20)."
        ),
    )
    point_value: PointValue = Field(
        default=_DEFAULT.point_value,
        description="What a point is worth with `deduct_from_refund`, in minor units: a whole number, or a decimal as "
        'text (at `"0.5"` 177 points are 88: a part is never deducted). One value for every currency, or a map by '
        "currency: in one that it lacks nothing is deducted, the balance goes below zero (rule 20).",
    )
    missing_gift: TakeBack = Field(
        default=_DEFAULT.missing_gift,
        description=(
            "When a gift that has to come back does not: its value is deducted (`deduct`) or forgiven "
            "(`forgive`) (rule 27)."
        ),
    )
    tiers: list[TierBody] = Field(
        default_factory=list,
        max_length=50,
        description="Tiers of customers, at most 50; none: there are no tiers (rule 28).",
    )
    tier_window: Duration = Field(
        default=_DEFAULT.tier_window,
        description="The time over which the spend for a tier is counted, as ISO 8601 (rule 28).",
    )
    tier_grace: Duration = Field(
        default=_DEFAULT.tier_grace,
        description="How long a customer keeps a tier they no longer reach, as ISO 8601 (rule 28).",
    )
    return_window: Duration = Field(
        default=_DEFAULT.return_window,
        description="How long after delivery (else payment) a refund can be asked for, as ISO 8601 (rule 29).",
    )
    outside_window: OutsideWindow = Field(
        default=_DEFAULT.outside_window, description="After it: `reject`, or leave it to a `review` (rule 29)."
    )
    review_sla: Duration = Field(
        default=_DEFAULT.review_sla,
        description="How long a reviewer has, as ISO 8601; a reminder comes at half of it (rule 30).",
    )
    review_timeout: ReviewTimeout = Field(
        default=_DEFAULT.review_timeout, description="After it: `escalate`, `approve` or `reject` (rule 30)."
    )
    response_target: Duration = Field(
        default=_DEFAULT.response_target,
        description=(
            "In which time a customer should have a first answer, as ISO 8601; it is measured only (rule 30)."
        ),
    )
    return_deadline: Duration = Field(
        default=_DEFAULT.return_deadline,
        description="How long the customer has to send the goods, as ISO 8601 (rule 31).",
    )
    inspection_sla: Duration = Field(
        default=_DEFAULT.inspection_sla, description="How long the warehouse has to inspect, as ISO 8601 (rule 32)."
    )
    pickup_within: Duration = Field(
        default=_DEFAULT.pickup_within,
        description="In which time a carrier that collects does so, as ISO 8601 (rule 32).",
    )
    auto_approve: AutoApproveBody = Field(
        default=AutoApproveBody(), description="What is approved by rule; the rest waits for a reviewer (rule 33)."
    )
    auto_approve_per_customer: PerCustomerBody = Field(
        default=PerCustomerBody(), description="How much of that a customer may get in a time (rule 40)."
    )
    approval_from_temporal: FromTemporalBody = Field(
        default=FromTemporalBody(),
        description="What the signal `decide` and the update `review` may approve at Temporal, where who sends them "
        "has a key and no name; nothing that one of the staff has asked for by name.",
    )
    second_review_above: Amount | None = Field(
        default=_DEFAULT.second_review_above,
        description="Minor units of an order, all its refunds together, above which two different people have to "
        "approve a refund; a number for every currency, or a map by currency: in one that it lacks they always "
        "have to. Null: one is enough, but for bank transfers. It counts when a refund is asked for.",
    )
    review_limits: dict[Name, Amount] = Field(
        default_factory=dict,
        max_length=1_000,
        description="How much of an order, in minor units, a person may approve, by their name, or else anybody of a "
        "role, by its name (`reviewer`); who is not named has no limit.",
        examples=[{"reviewer": 50_000, "han.meimei": {"CNY": 200_000}}],
    )
    returnless_below: Amount = Field(
        default=_DEFAULT.returnless_below,
        description="Minor units below which the customer keeps the goods of a return; a number for every currency, or "
        "a map by currency: in one that it lacks goods always come back.",
    )
    overpaid_at_most: Amount = Field(
        default=_DEFAULT.overpaid_at_most,
        description="Minor units by which an order may be paid too much (`owed` below zero); they come back with its "
        "last unit. A number for every currency, or a map by currency: in one that it lacks nothing may (rule 50).",
    )
    refund_limit: RefundLimitBody = Field(
        default=RefundLimitBody(),
        description="How many refunds of a customer suspend the right to ask for more (rule 34).",
    )
    suspension: Duration = Field(
        default=_DEFAULT.suspension, description="How long such a suspension lasts, as ISO 8601 (rule 34)."
    )
    time_zone: TimeZone = Field(
        default=_DEFAULT.time_zone,
        description="The IANA time zone in which `return_window` and `return_deadline` end with the day, where they "
        "are written in days, weeks, months or years; those with hours, minutes or seconds are exact.",
    )
    country: Country | None = Field(
        default=_DEFAULT.country,
        description="The ISO 3166 code of the country on whose business days they end: where the last day is a weekend "
        "or a public holiday there, they end with the next business day. Null: all days are alike.",
    )
    bulk_grace: Duration = Field(
        default=_DEFAULT.bulk_grace,
        description="How long a bulk of refunds that is confirmed can be stopped before any of it begins, as ISO 8601.",
    )
    entitlements_elsewhere: dict[LivesElsewhere, Id] = Field(
        default_factory=dict,
        description="Which entitlements, `stock`, or `promotions` (told which units are back: work them out yourself) "
        "live in another system of yours, by the name that you gave it (`PUT /v1/entitlement-systems/{system_id}`): "
        "it is told what a refund does to them, and undoes, by the signed contract of "
        "`docs/entitlements.openapi.json`. Left out: makewhole's own books are all there is.",
        examples=[{"points": "loyalty"}],
    )
    retention: RetentionBody = Field(
        default=RetentionBody(), description="How long is kept what nothing is worked out from."
    )
    monitoring: MonitoringBody = Field(
        default=MonitoringBody(),
        description="When operations are alerted to what refunds show together: `GET /v1/risk-alerts` (rule 34).",
    )
    review_table: list[TableRowBody] = Field(
        default_factory=list,
        max_length=100,
        description="Your own table of what a reviewer sees and what is approved by rule, read from the top: the first "
        "row that fits counts. Try it on past refunds with `POST /v1/policy/simulation` before you save it (rule 33).",
    )
    version: int | None = Field(default=None, description="the version this changes; refused if it is not the newest")

    @model_validator(mode="after")
    def _each_row_once(self) -> Self:
        names = [row.name for row in self.review_table]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise FieldFault(f"two rows are called {twice!r}: each needs a name of its own", "review_table")
        return self

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
            declined_tender=self.declined_tender or usual_when_declined(self.country),
            refund_to_allowed=tuple(
                dict.fromkeys(each for each in self.refund_to_allowed if each is not RefundTo.ORIGINAL)
            ),
            shipping_refund={reason: getattr(self.shipping_refund, reason) for reason in Reason},
            line_kind_refund={kind: getattr(self.line_kind_refund, kind) for kind in LineKind if not kind.is_unit},
            auto_approve=AutoApprove(
                tuple(self.auto_approve.reasons), self.auto_approve.max_amount, self.auto_approve.max_risk
            ),
            approval_from_temporal=ApprovalFromTemporal(
                self.approval_from_temporal.allowed, self.approval_from_temporal.up_to
            ),
            retention=Retention(
                **{name: value and IsoDuration(value) for name, value in self.retention.model_dump().items()}
            ),
            monitoring=self.monitoring.to_domain(),
            refund_limit=RefundLimit(self.refund_limit.count, IsoDuration(self.refund_limit.window)),
            tiers=tuple(Tier(tier.name, tier.minimum_spend) for tier in self.tiers),
            review_table=tuple(row.to_domain() for row in self.review_table),
        )
        return replace(policy, auto_approve_per_customer=self._per_customer(policy))

    def _per_customer(self, policy: Policy) -> AutoApprovePerCustomer:
        """What is named as the amount that counts anyway is as good as left out, so that an answer can be put back."""
        amount, window = self.auto_approve_per_customer.amount, self.auto_approve_per_customer.window
        return AutoApprovePerCustomer(None if amount == policy.per_customer else amount, window)


_NESTED = {
    "shipping_refund",
    "line_kind_refund",
    "auto_approve",
    "auto_approve_per_customer",
    "approval_from_temporal",
    "refund_limit",
    "tiers",
    "review_table",
    "retention",
    "monitoring",
    "declined_tender",
    "refund_to_allowed",
    "version",
}
_ANY_OTHER = ""
"""Stands for all currencies that no map names."""


def _refuse_twice(what: str, values: Sequence[str | int | None]) -> None:
    twice = next((value for value in values if value is not None and values.count(value) > 1), None)
    if twice is not None:
        raise FieldFault(f"two tiers have the {what} {twice!r}: each needs one of its own", "tiers")


class PolicyAnswer(PolicyBody):
    """The policy in force; `version` counts the changes, 0 is the default that nobody wrote."""

    @classmethod
    def of(cls, version: int, policy: Policy) -> Self:
        document: dict[str, Any] = asdict(policy)
        document["auto_approve_per_customer"]["amount"] = policy.per_customer
        return cls.model_validate({**document, "version": version})
