# Written by `make client`; change the document, or the async half, instead.
"""Models: policy."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.common import Reason


class AutoApproveBody(Answer):
    """Which refunds need no reviewer (rule 33)."""

    reasons: list[Reason] = Field(default_factory=list)
    max_amount: int | dict[str, int] = 20000
    max_risk: int = 30


class ConditionBody(Answer):
    """What has to be so of one fact: for a word `one_of`, for a number `at_least`, `at_most`, or both."""

    one_of: list[str] = Field(default_factory=list)
    at_least: int | None = None
    at_most: int | None = None


class CouponExpiry(Word):
    """Until when a coupon that comes back can be used (rule 14)."""

    EXTEND = "extend"
    ORIGINAL = "original"


class CouponOnPartial(Word):
    """What becomes of a coupon when a part is returned (rule 15)."""

    FULL_ONLY = "full_only"
    RESIDUAL = "residual"


class DeclinedTender(Word):
    """What happens when a provider refuses a payout (rule 11)."""

    STORE_CREDIT = "store_credit"
    HOLD = "hold"


class EarnedPoints(Word):
    """What becomes of points that the purchase earned (rule 19)."""

    CLAW_BACK = "claw_back"
    KEEP = "keep"


class Fact(Word):
    """What a row may ask about: words, and whole numbers."""

    CURRENCY = "currency"
    REASON = "reason"
    OWN_REASON = "own_reason"
    KIND = "kind"
    REFUND_TO = "refund_to"
    AMOUNT = "amount"
    RISK = "risk"
    REFUNDS_7D = "refunds_7d"
    REFUNDS_90D = "refunds_90d"
    ORDERS = "orders"
    ORDERS_REFUNDED = "orders_refunded"
    USUAL_AMOUNT = "usual_amount"
    REJECTED_INSPECTIONS = "rejected_inspections"
    ACCOUNT_AGE_DAYS = "account_age_days"
    OTHER_ACCOUNTS = "other_accounts"


class FromTemporalBody(Answer):
    """Approvals at Temporal, by signal or update; rejections and requests for evidence are free."""

    allowed: bool = True
    up_to: int | dict[str, int] = 20000


class LineKindRefund(Word):
    """When a line comes back that is no goods and no service (rule 47)."""

    NEVER = "never"
    MERCHANT_FAULT = "merchant_fault"
    WITH_GOODS = "with_goods"
    UNSHIPPED = "unshipped"
    ALWAYS = "always"


class LineKindRefundBody(Answer):
    """When lines come back that are no goods and no services, by their kind (rule 47)."""

    fee: LineKindRefund = LineKindRefund.MERCHANT_FAULT
    tip: LineKindRefund = LineKindRefund.NEVER
    deposit: LineKindRefund = LineKindRefund.WITH_GOODS
    gift_wrap: LineKindRefund = LineKindRefund.MERCHANT_FAULT
    rounding: LineKindRefund = LineKindRefund.WITH_GOODS


class LivesElsewhere(Word):
    """What may live in another system than ours."""

    POINTS = "points"
    COUPONS = "coupons"
    CAMPAIGNS = "campaigns"
    GIFT_CARDS = "gift_cards"
    STOCK = "stock"
    PROMOTIONS = "promotions"


class RefundTo(Word):
    """Where a customer wants the money: back where it came from, as credit to spend here, or to their bank
    account."""

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"
    BANK_TRANSFER = "bank_transfer"


class WatchedBody(Answer):
    """From how many in a window on operations are alerted."""

    count: int | None
    window: str


class MonitoringBody(Answer):
    """When operations are alerted to what refunds show together (rule 34)."""

    many_of_customer: WatchedBody = Field(
        default_factory=lambda: WatchedBody.model_validate({"count": 5, "window": "P7D"})
    )
    many_of_instrument: WatchedBody = Field(
        default_factory=lambda: WatchedBody.model_validate({"count": 5, "window": "P7D"})
    )
    many_of_contact: WatchedBody = Field(
        default_factory=lambda: WatchedBody.model_validate({"count": 5, "window": "P7D"})
    )
    shared_instrument: WatchedBody = Field(
        default_factory=lambda: WatchedBody.model_validate({"count": 3, "window": "P90D"})
    )
    not_received: WatchedBody = Field(
        default_factory=lambda: WatchedBody.model_validate({"count": 3, "window": "P90D"})
    )
    same_picture: WatchedBody = Field(
        default_factory=lambda: WatchedBody.model_validate({"count": 1, "window": "P90D"})
    )


class OutsideWindow(Word):
    """What happens to a request after the return window (rule 29)."""

    REJECT = "reject"
    REVIEW = "review"


class PerCustomerBody(Answer):
    """What a customer gets by rule at most; over it a reviewer decides."""

    amount: int | dict[str, int] | None = None
    window: str = "P30D"


class PointsShortfall(Word):
    """Who pays for points that are gone (rule 20)."""

    NEGATIVE_BALANCE = "negative_balance"
    DEDUCT_FROM_REFUND = "deduct_from_refund"
    FORGIVE = "forgive"


class PromotionRefund(Word):
    """How discounts are shared with what is kept (rule 7)."""

    PRORATE = "prorate"
    REPRICE = "reprice"


class RefundLimitBody(Answer):
    """How many refunds of a customer are too many (rule 34)."""

    count: int = 5
    window: str = "P30D"


class RetentionBody(Answer):
    """How long is kept what nothing is worked out from, as ISO 8601, at least a day; null: without end."""

    personal_data: str | None = None
    bulk_refunds: str | None = None
    webhook_events: str = "P30D"
    pictures: str | None = None
    messages: str | None = None


class ReviewTimeout(Word):
    """What happens when no reviewer decides in time (rule 30)."""

    ESCALATE = "escalate"
    APPROVE = "approve"
    REJECT = "reject"


class ShippingRefund(Word):
    """When shipping comes back (rule 8)."""

    ALWAYS = "always"
    FULL_RETURN = "full_return"
    NEVER = "never"


class ShippingByReason(Answer):
    """When shipping comes back (rule 8): `always` with the first units, `full_return` with the last, or
    `never`."""

    quality_issue: ShippingRefund = ShippingRefund.ALWAYS
    delivery_error: ShippingRefund = ShippingRefund.ALWAYS
    changed_mind: ShippingRefund = ShippingRefund.FULL_RETURN
    merchant_breach: ShippingRefund = ShippingRefund.ALWAYS


class Then(Word):
    """What a row decides."""

    REVIEW = "review"
    APPROVE = "approve"


class TableRowBody(Answer):
    """A row: what it decides of the refunds that all its conditions fit."""

    name: str
    then: Then
    when: dict[Fact, ConditionBody] = Field(default_factory=dict)


class TakeBack(Word):
    """What happens with a granted coupon or a gift that is gone (rules 16 and 27)."""

    DEDUCT = "deduct"
    FORGIVE = "forgive"


class TenderOrder(Word):
    """How a refund is spread over the payments (rule 11)."""

    PROPORTIONAL = "proportional"
    IN_ORDER = "in_order"
    REVERSE_ORDER = "reverse_order"


class TierBody(Answer):
    """A tier of customers (rule 28)."""

    name: str
    minimum_spend: int | dict[str, int]


class PolicyAnswer(Answer):
    """The policy in force; `version` counts the changes, 0 is the default that nobody wrote."""

    promotion_refund: PromotionRefund = PromotionRefund.PRORATE
    shipping_refund: ShippingByReason = Field(
        default_factory=lambda: ShippingByReason.model_validate(
            {
                "quality_issue": "always",
                "delivery_error": "always",
                "changed_mind": "full_return",
                "merchant_breach": "always",
            }
        )
    )
    line_kind_refund: LineKindRefundBody = Field(
        default_factory=lambda: LineKindRefundBody.model_validate(
            {
                "fee": "merchant_fault",
                "tip": "never",
                "deposit": "with_goods",
                "gift_wrap": "merchant_fault",
                "rounding": "with_goods",
            }
        )
    )
    restocking_fee_bp: int = 0
    return_shipping_fee: int | dict[str, int] = 0
    tender_order: TenderOrder = TenderOrder.PROPORTIONAL
    declined_tender: DeclinedTender | None = None
    refund_to_allowed: list[RefundTo] = Field(default_factory=list)
    store_credit_bonus_bp: int = 0
    coupon_expiry: CouponExpiry = CouponExpiry.EXTEND
    coupon_on_partial: CouponOnPartial = CouponOnPartial.FULL_ONLY
    granted_coupon_used: TakeBack = TakeBack.DEDUCT
    earned_points: EarnedPoints = EarnedPoints.CLAW_BACK
    points_shortfall: PointsShortfall = PointsShortfall.NEGATIVE_BALANCE
    point_value: int | str | dict[str, int | str] = 1
    missing_gift: TakeBack = TakeBack.DEDUCT
    tiers: list[TierBody] = Field(default_factory=list)
    tier_window: str = "P365D"
    tier_grace: str = "P0D"
    return_window: str = "P30D"
    outside_window: OutsideWindow = OutsideWindow.REJECT
    review_sla: str = "PT72H"
    review_timeout: ReviewTimeout = ReviewTimeout.ESCALATE
    response_target: str = "PT5M"
    return_deadline: str = "P7D"
    inspection_sla: str = "PT72H"
    pickup_within: str = "PT24H"
    auto_approve: AutoApproveBody = Field(
        default_factory=lambda: AutoApproveBody.model_validate(
            {"reasons": ["quality_issue", "delivery_error", "merchant_breach"], "max_amount": 20000, "max_risk": 30}
        )
    )
    auto_approve_per_customer: PerCustomerBody = Field(
        default_factory=lambda: PerCustomerBody.model_validate({"window": "P30D"})
    )
    approval_from_temporal: FromTemporalBody = Field(
        default_factory=lambda: FromTemporalBody.model_validate({"allowed": True, "up_to": 20000})
    )
    second_review_above: int | dict[str, int] | None = None
    review_limits: dict[str, int | dict[str, int]] = Field(default_factory=dict)
    returnless_below: int | dict[str, int] = 0
    overpaid_at_most: int | dict[str, int] = 100
    refund_limit: RefundLimitBody = Field(
        default_factory=lambda: RefundLimitBody.model_validate({"count": 5, "window": "P30D"})
    )
    suspension: str = "P30D"
    time_zone: str = "UTC"
    country: str | None = None
    bulk_grace: str = "PT10M"
    entitlements_elsewhere: dict[LivesElsewhere, str] = Field(default_factory=dict)
    retention: RetentionBody = Field(default_factory=lambda: RetentionBody.model_validate({"webhook_events": "P30D"}))
    monitoring: MonitoringBody = Field(
        default_factory=lambda: MonitoringBody.model_validate(
            {
                "many_of_customer": {"count": 5, "window": "P7D"},
                "many_of_instrument": {"count": 5, "window": "P7D"},
                "many_of_contact": {"count": 5, "window": "P7D"},
                "shared_instrument": {"count": 3, "window": "P90D"},
                "not_received": {"count": 3, "window": "P90D"},
                "same_picture": {"count": 1, "window": "P90D"},
            }
        )
    )
    review_table: list[TableRowBody] = Field(default_factory=list)
    version: int | None = None


class PolicyBody(Body):
    """Every field may be left out; what is left out takes its default, not its last value."""

    promotion_refund: PromotionRefund = PromotionRefund.PRORATE
    shipping_refund: ShippingByReason = Field(
        default_factory=lambda: ShippingByReason.model_validate(
            {
                "quality_issue": "always",
                "delivery_error": "always",
                "changed_mind": "full_return",
                "merchant_breach": "always",
            }
        )
    )
    line_kind_refund: LineKindRefundBody = Field(
        default_factory=lambda: LineKindRefundBody.model_validate(
            {
                "fee": "merchant_fault",
                "tip": "never",
                "deposit": "with_goods",
                "gift_wrap": "merchant_fault",
                "rounding": "with_goods",
            }
        )
    )
    restocking_fee_bp: int = 0
    return_shipping_fee: int | dict[str, int] = 0
    tender_order: TenderOrder = TenderOrder.PROPORTIONAL
    declined_tender: DeclinedTender | None = None
    refund_to_allowed: list[RefundTo] = Field(default_factory=list)
    store_credit_bonus_bp: int = 0
    coupon_expiry: CouponExpiry = CouponExpiry.EXTEND
    coupon_on_partial: CouponOnPartial = CouponOnPartial.FULL_ONLY
    granted_coupon_used: TakeBack = TakeBack.DEDUCT
    earned_points: EarnedPoints = EarnedPoints.CLAW_BACK
    points_shortfall: PointsShortfall = PointsShortfall.NEGATIVE_BALANCE
    point_value: int | str | dict[str, int | str] = 1
    missing_gift: TakeBack = TakeBack.DEDUCT
    tiers: list[TierBody] = Field(default_factory=list)
    tier_window: str = "P365D"
    tier_grace: str = "P0D"
    return_window: str = "P30D"
    outside_window: OutsideWindow = OutsideWindow.REJECT
    review_sla: str = "PT72H"
    review_timeout: ReviewTimeout = ReviewTimeout.ESCALATE
    response_target: str = "PT5M"
    return_deadline: str = "P7D"
    inspection_sla: str = "PT72H"
    pickup_within: str = "PT24H"
    auto_approve: AutoApproveBody = Field(
        default_factory=lambda: AutoApproveBody.model_validate(
            {"reasons": ["quality_issue", "delivery_error", "merchant_breach"], "max_amount": 20000, "max_risk": 30}
        )
    )
    auto_approve_per_customer: PerCustomerBody = Field(
        default_factory=lambda: PerCustomerBody.model_validate({"window": "P30D"})
    )
    approval_from_temporal: FromTemporalBody = Field(
        default_factory=lambda: FromTemporalBody.model_validate({"allowed": True, "up_to": 20000})
    )
    second_review_above: int | dict[str, int] | None = None
    review_limits: dict[str, int | dict[str, int]] = Field(default_factory=dict)
    returnless_below: int | dict[str, int] = 0
    overpaid_at_most: int | dict[str, int] = 100
    refund_limit: RefundLimitBody = Field(
        default_factory=lambda: RefundLimitBody.model_validate({"count": 5, "window": "P30D"})
    )
    suspension: str = "P30D"
    time_zone: str = "UTC"
    country: str | None = None
    bulk_grace: str = "PT10M"
    entitlements_elsewhere: dict[LivesElsewhere, str] = Field(default_factory=dict)
    retention: RetentionBody = Field(default_factory=lambda: RetentionBody.model_validate({"webhook_events": "P30D"}))
    monitoring: MonitoringBody = Field(
        default_factory=lambda: MonitoringBody.model_validate(
            {
                "many_of_customer": {"count": 5, "window": "P7D"},
                "many_of_instrument": {"count": 5, "window": "P7D"},
                "many_of_contact": {"count": 5, "window": "P7D"},
                "shared_instrument": {"count": 3, "window": "P90D"},
                "not_received": {"count": 3, "window": "P90D"},
                "same_picture": {"count": 1, "window": "P90D"},
            }
        )
    )
    review_table: list[TableRowBody] = Field(default_factory=list)
    version: int | None = None


class WhatIfBody(Body):
    """A draft policy, and the range of past refunds by when they were settled; left out means all of them."""

    policy: PolicyBody | None = None
    settled_from: datetime | None = None
    settled_to: datetime | None = None
    listed_at_most: int | None = None


class WhatIfCurrency(Answer):
    """What the draft would have come to in one currency."""

    total_before: int
    total_after: int
    difference: int


class WhatIfOutcomes(Answer):
    """What came of some past refunds; of the rest nobody has decided."""

    refunds: int
    approved: int
    rejected: int
    malicious: int


class WhatIfDecisions(Answer):
    """Who would have decided the refunds asked for within the range, under the draft."""

    judged: int
    by_rule: WhatIfOutcomes
    by_rule_instead: WhatIfOutcomes
    by_reviewer_instead: WhatIfOutcomes


class WhatIfRefund(Answer):
    """One line of the answer for each refund that would have come out differently."""

    type: Literal["refund"] = "refund"
    refund_id: str
    order_id: str
    currency: str
    total_before: int
    total_after: int
    refusal: str | None
    changes: dict[str, list[Any]]


class WhatIfRow(Answer):
    """What a row of the draft's `review_table` would have fitted, of the refunds asked for within the range."""

    name: str | None
    then: Then | None
    refunds: int
    approved: int
    rejected: int
    malicious: int


class WhatIfSummary(Answer):
    """The last line of the answer: how many refunds there are, how many differ, and what that comes to by
    currency."""

    type: Literal["summary"] = "summary"
    refunds: int
    different: int
    refused: int
    decisions: WhatIfDecisions
    review_table: list[WhatIfRow]
    currencies: dict[str, WhatIfCurrency]
