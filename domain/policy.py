"""The merchant's refund policy: every choice where two reasonable shops would differ, with its default."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from domain.claims.reasons import Reason
from domain.durations import IsoDuration
from domain.entitlements.elsewhere import LivesElsewhere
from domain.money.point_worth import PointWorth, Written
from domain.payout.choice import RefundTo
from domain.rights.review_table import TableRow
from domain.sale.orders import LineKind


class PromotionRefund(StrEnum):
    """How discounts are shared with what is kept (rule 7)."""

    PRORATE = "prorate"
    REPRICE = "reprice"


class ShippingRefund(StrEnum):
    """When shipping comes back (rule 8)."""

    ALWAYS = "always"
    FULL_RETURN = "full_return"
    NEVER = "never"


class LineKindRefund(StrEnum):
    """When a line comes back that is no goods and no service (rule 47)."""

    NEVER = "never"
    MERCHANT_FAULT = "merchant_fault"
    WITH_GOODS = "with_goods"
    UNSHIPPED = "unshipped"
    ALWAYS = "always"


class TenderOrder(StrEnum):
    """How a refund is spread over the payments (rule 11)."""

    PROPORTIONAL = "proportional"
    IN_ORDER = "in_order"
    REVERSE_ORDER = "reverse_order"


class DeclinedTender(StrEnum):
    """What happens when a provider refuses a payout (rule 11)."""

    STORE_CREDIT = "store_credit"
    HOLD = "hold"


class CouponExpiry(StrEnum):
    """Until when a coupon that comes back can be used (rule 14)."""

    EXTEND = "extend"
    ORIGINAL = "original"


class CouponOnPartial(StrEnum):
    """What becomes of a coupon when a part is returned (rule 15)."""

    FULL_ONLY = "full_only"
    RESIDUAL = "residual"


class TakeBack(StrEnum):
    """What happens with a granted coupon or a gift that is gone (rules 16 and 27)."""

    DEDUCT = "deduct"
    FORGIVE = "forgive"


class EarnedPoints(StrEnum):
    """What becomes of points that the purchase earned (rule 19)."""

    CLAW_BACK = "claw_back"
    KEEP = "keep"


class PointsShortfall(StrEnum):
    """Who pays for points that are gone (rule 20)."""

    NEGATIVE_BALANCE = "negative_balance"
    DEDUCT_FROM_REFUND = "deduct_from_refund"
    FORGIVE = "forgive"


class OutsideWindow(StrEnum):
    """What happens to a request after the return window (rule 29)."""

    REJECT = "reject"
    REVIEW = "review"


class ReviewTimeout(StrEnum):
    """What happens when no reviewer decides in time (rule 30)."""

    ESCALATE = "escalate"
    APPROVE = "approve"
    REJECT = "reject"


PolicyAmount = int | dict[str, int]
"""An amount of a policy in minor units: one number for every currency, or a map by currency (rule 58)."""


def amount_in(amount: PolicyAmount, currency: str) -> int | None:
    """Return what a policy's amount is in a currency, in its minor units; None where its map lacks it (rule 58)."""
    return amount.get(currency) if isinstance(amount, dict) else amount


PointValue = Written | dict[str, Written]
"""What a point is worth, in minor units: for every currency, or a map by currency (rules 20 and 58)."""


def point_value_in(value: PointValue, currency: str) -> Written | None:
    """Return what a policy writes of a point's value in a currency; None where its map lacks it (rule 58)."""
    return value.get(currency) if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True)
class AutoApprove:
    """Which refunds need no reviewer (rules 33 and 40): `max_amount` is for an order, risk is from 0 to 100."""

    reasons: tuple[Reason, ...] = (Reason.QUALITY_ISSUE, Reason.DELIVERY_ERROR, Reason.MERCHANT_BREACH)
    max_amount: PolicyAmount = 20_000
    max_risk: int = 30


@dataclass(frozen=True, slots=True)
class ApprovalFromTemporal:
    """Whether a signal may approve, and how much of an order: whoever sends one is known by no more than a key."""

    allowed: bool = True
    up_to: PolicyAmount = 20_000


USUAL_PER_CUSTOMER = 50_000


@dataclass(frozen=True, slots=True)
class AutoApprovePerCustomer:
    """What a customer gets by rule at most within a window (rule 40), in each currency by itself.

    None, where the merchant names no amount: 500.00, or as much as an order may get by rule where that is more.
    """

    amount: PolicyAmount | None = None
    window: IsoDuration = IsoDuration("P30D")


@dataclass(frozen=True, slots=True)
class RefundLimit:
    """How many refunds in a window are too many (rule 34)."""

    count: int = 5
    window: IsoDuration = IsoDuration("P30D")


@dataclass(frozen=True, slots=True)
class AlertLimit:
    """From how many in a window on operations are alerted; None: never."""

    count: int | None
    window: IsoDuration


@dataclass(frozen=True, slots=True)
class Monitoring:
    """When operations are alerted to what refunds show together (rule 34).

    `shared_instrument` counts the customers who asked for them, all others the refunds.
    """

    many_of_customer: AlertLimit = AlertLimit(5, IsoDuration("P7D"))
    many_of_instrument: AlertLimit = AlertLimit(5, IsoDuration("P7D"))
    many_of_contact: AlertLimit = AlertLimit(5, IsoDuration("P7D"))
    shared_instrument: AlertLimit = AlertLimit(3, IsoDuration("P90D"))
    not_received: AlertLimit = AlertLimit(3, IsoDuration("P90D"))
    same_picture: AlertLimit = AlertLimit(1, IsoDuration("P90D"))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long is kept what nothing is worked out from; None: without end.

    `personal_data` counts from a customer's last order or refund, `bulk_refunds` from the end of a bulk,
    `webhook_events` from the event, `pictures` from when one was shown first, `messages` from the end of their refund.
    """

    personal_data: IsoDuration | None = None
    bulk_refunds: IsoDuration | None = None
    webhook_events: IsoDuration = IsoDuration("P30D")
    pictures: IsoDuration | None = None
    messages: IsoDuration | None = None


MESSAGES_KEPT_AT_LEAST = timedelta(days=180)
"""The database sees to it as well (`forget_messages`): until then a bank may ask what a customer was told."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A customer tier and the net spend from which it is held (rule 28); nobody holds it in a currency it lacks."""

    name: str
    minimum_spend: PolicyAmount


def _shipping_by_reason() -> dict[Reason, ShippingRefund]:
    return {
        reason: ShippingRefund.ALWAYS if reason.is_merchants_fault else ShippingRefund.FULL_RETURN for reason in Reason
    }


def _extras_by_kind() -> dict[LineKind, LineKindRefund]:
    return {
        LineKind.FEE: LineKindRefund.MERCHANT_FAULT,
        LineKind.GIFT_WRAP: LineKindRefund.MERCHANT_FAULT,
        LineKind.TIP: LineKindRefund.NEVER,
        LineKind.DEPOSIT: LineKindRefund.WITH_GOODS,
        LineKind.ROUNDING: LineKindRefund.WITH_GOODS,
    }


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a merchant's policy; the field names are those of the policy document.

    `country` (ISO 3166) says whose weekends and public holidays no window and no deadline in days ends on; None where
    all days are alike (rule 41).
    `refund_to_allowed` are the ways beside the original one that a customer may choose, `store_credit_bonus_bp` is
    given on top of credit that they choose (rule 54).
    `bulk_grace` is how long a confirmed bulk of refunds can be stopped before any of it begins.
    Two people approve what takes an order over `second_review_above`; `review_limits` say how much of an order a person
    may approve, by their name, or anybody of a role, by its name (rule 33).
    `retention` says how long is kept what nothing is worked out from.
    `monitoring` says from when on operations are alerted to what refunds show together (rule 34).
    `review_table` is the merchant's own table of what a reviewer sees and what is approved by rule (rule 33).
    `entitlements_elsewhere` says which live in another system of the merchant's, and whether stock does, by their name
    of the system.
    """

    promotion_refund: PromotionRefund = PromotionRefund.PRORATE
    shipping_refund: dict[Reason, ShippingRefund] = field(default_factory=_shipping_by_reason)
    line_kind_refund: dict[LineKind, LineKindRefund] = field(default_factory=_extras_by_kind)
    restocking_fee_bp: int = 0
    return_shipping_fee: PolicyAmount = 0
    tender_order: TenderOrder = TenderOrder.PROPORTIONAL
    declined_tender: DeclinedTender = DeclinedTender.STORE_CREDIT
    coupon_expiry: CouponExpiry = CouponExpiry.EXTEND
    coupon_on_partial: CouponOnPartial = CouponOnPartial.FULL_ONLY
    granted_coupon_used: TakeBack = TakeBack.DEDUCT
    earned_points: EarnedPoints = EarnedPoints.CLAW_BACK
    points_shortfall: PointsShortfall = PointsShortfall.NEGATIVE_BALANCE
    point_value: PointValue = 1
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
    auto_approve_per_customer: AutoApprovePerCustomer = AutoApprovePerCustomer()
    approval_from_temporal: ApprovalFromTemporal = ApprovalFromTemporal()
    second_review_above: PolicyAmount | None = None
    review_limits: dict[str, PolicyAmount] = field(default_factory=dict)
    returnless_below: PolicyAmount = 0
    overpaid_at_most: PolicyAmount = 100
    refund_limit: RefundLimit = RefundLimit()
    suspension: IsoDuration = IsoDuration("P30D")
    time_zone: str = "UTC"
    country: str | None = None
    refund_to_allowed: tuple[RefundTo, ...] = (RefundTo.STORE_CREDIT,)
    store_credit_bonus_bp: int = 0
    bulk_grace: IsoDuration = IsoDuration("PT10M")
    entitlements_elsewhere: dict[LivesElsewhere, str] = field(default_factory=dict)
    review_table: tuple[TableRow, ...] = ()
    retention: Retention = Retention()
    monitoring: Monitoring = Monitoring()

    def allows(self, chosen: RefundTo) -> bool:
        """Tell whether a customer may have their money this way; back where it came from they always may (rule 54)."""
        return chosen is RefundTo.ORIGINAL or chosen in self.refund_to_allowed

    def point_value_in(self, currency: str) -> PointWorth:
        """What points are worth in a currency; nothing where the map lacks it (rules 20 and 58)."""
        return PointWorth.written(currency, point_value_in(self.point_value, currency) or 0)

    def points_shortfall_in(self, currency: str) -> PointsShortfall:
        """Who pays for points that are gone: where they have no value nothing can be deducted for them (rule 58).

        They make the balance negative then, so that they are not let go without a word.
        """
        is_deducted = self.points_shortfall is PointsShortfall.DEDUCT_FROM_REFUND
        has_value = point_value_in(self.point_value, currency) is not None
        return PointsShortfall.NEGATIVE_BALANCE if is_deducted and not has_value else self.points_shortfall

    @property
    def per_customer(self) -> PolicyAmount:
        """What a customer may get by rule within the window (rule 40)."""
        named, order = self.auto_approve_per_customer.amount, self.auto_approve.max_amount
        if named is not None:
            return named
        if isinstance(order, dict):
            return {currency: max(amount, USUAL_PER_CUSTOMER) for currency, amount in order.items()}
        return max(order, USUAL_PER_CUSTOMER)
