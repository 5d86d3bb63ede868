# Written by `make client`; change the document, or the async half, instead.
"""Models: orders."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.campaigns import RewardKind
from makewhole_client.models.common import Reason, RefundStatus


class LineKind(Word):
    """What a line is; goods and services are units, the others are extras (rule 47)."""

    GOODS = "goods"
    SERVICE = "service"
    FEE = "fee"
    TIP = "tip"
    DEPOSIT = "deposit"
    GIFT_WRAP = "gift_wrap"
    ROUNDING = "rounding"


class SoldForGood(Word):
    """Why a line can't be returned."""

    HYGIENE = "hygiene"
    DIGITAL = "digital"
    FINAL_SALE = "final_sale"
    CUSTOM_MADE = "custom_made"
    PERISHABLE = "perishable"
    OTHER = "other"


class BoughtLineAnswer(Answer):
    """One line, and what of it can still come back."""

    line_id: str
    name: str
    kind: LineKind
    quantity: int | str
    unit: str | None
    price: int
    gift: bool
    not_returnable_because: SoldForGood | None
    quantity_left: int | str
    amount_left: int
    suggested_reasons: list[str]


class PartsComeBack(Word):
    """Whether the parts of a bundle come back each by itself, or only all of them."""

    ALONE = "alone"
    TOGETHER = "together"


class BundleBody(Answer):
    """One bundle that lines name in `bundle_id`."""

    bundle_id: str
    parts: PartsComeBack = PartsComeBack.ALONE


class DiscountSource(Word):
    """Where money off came from."""

    COUPON = "coupon"
    POINTS = "points"
    CAMPAIGN = "campaign"
    EXCLUSIVE_DISCOUNT = "exclusive_discount"
    OTHER = "other"


class DiscountTarget(Word):
    """What money was taken off."""

    LINES = "lines"
    SHIPPING = "shipping"


class DiscountBody(Answer):
    """Money off, in the order in which it was given (rule 3)."""

    source: DiscountSource
    id: str | None = None
    amount: int
    points: int = 0
    line_ids: list[str] = Field(default_factory=list)
    target: DiscountTarget = DiscountTarget.LINES
    allocations: dict[str, int] = Field(default_factory=dict)
    minimum_spend: int | None = None
    rate_bp: int | None = None
    valid_until: datetime | None = None


class DisputeStatus(Word):
    """`warning`: the bank asks and no money has moved."""

    WARNING = "warning"
    OPENED = "opened"
    WON = "won"
    LOST = "lost"


class DisputeAnswer(Answer):
    """A dispute as it stands, and what it does to its payment."""

    dispute_id: str
    payment_id: str
    status: DisputeStatus
    amount: int
    currency: str
    at: datetime
    order_id: str
    holds_payment: bool
    refund_id: str | None
    more_refund_ids: list[str] = Field(default_factory=list)
    uncounted: int


class DisputeBody(Body):
    """What the bank says of a dispute, now or once more."""

    dispute_id: str
    payment_id: str
    status: DisputeStatus
    amount: int
    currency: str | None = None
    at: datetime


class EarlierVersion(Answer):
    """A version of the order that a later one has replaced (rule 57)."""

    version: int
    updated_at: datetime | None
    replaced_at: datetime


class EarnedLotBody(Answer):
    """Points that the order earned for some of its lines."""

    points: int
    line_ids: list[str] = Field(default_factory=list)
    expires_at: datetime | None = None
    fixed: bool = False


class OrderCoupon(Answer):
    """A coupon that the order used."""

    coupon_id: str
    status: str


class OrderExclusiveDiscount(Answer):
    """An exclusive discount that the order used."""

    id: str
    status: Literal["active", "used"]


class OrderGift(Answer):
    """`left` units are still with the customer and may have to come back."""

    line_id: str
    quantity: int | str
    left: int | str


class OrderGrant(Answer):
    """What the order granted; `status` of a coupon as its own, of store credit `granted` or `withdrawn`."""

    kind: RewardKind
    coupon_id: str | None
    amount: int | None
    status: str


class Entitlements(Answer):
    """What the sale did beside the money, and how it stands now."""

    coupons: list[OrderCoupon]
    grants: list[OrderGrant]
    exclusive_discounts: list[OrderExclusiveDiscount]
    gifts: list[OrderGift]
    points_spent: int
    points_restored: int
    points_earned: int
    points_clawed_back: int


class ExternalAnswer(Answer):
    """That a refund's money went back elsewhere, and makewhole paid nothing (rule 51)."""

    external_id: str
    payment_id: str | None
    at: datetime
    note: str
    is_dispute: bool


class ExternalLineBody(Answer):
    """Some units of a line that came back or stay, or an amount off it without moving units."""

    line_id: str
    quantity: int | str | None = None
    amount: int | None = None


class ExternalRefundAnswer(Answer):
    """The same with the refund that it is here."""

    external_id: str
    amount: int
    currency: str
    interest: int | None = None
    lines: list[ExternalLineBody] | None = None
    payment_id: str | None = None
    at: datetime
    note: str = ""
    reason: str = "merchant_breach"
    order_id: str
    refund_id: str
    order_amount: int
    status: RefundStatus


class ExternalRefundBody(Body):
    """What went back, to which payment, of which lines, and when."""

    external_id: str
    amount: int
    currency: str | None = None
    interest: int | None = None
    lines: list[ExternalLineBody] | None = None
    payment_id: str | None = None
    at: datetime
    note: str = ""
    reason: str = "merchant_breach"


class GuestBody(Answer):
    """Who bought without an account."""

    email: str | None = None
    phone: str | None = None
    locale: str | None = None


class KnownCoupon(Answer):
    """A coupon that the order used or granted."""

    coupon_id: str
    name: str
    valid_until: datetime | None


class LeftToCapture(Answer):
    """A payment that is not captured; refunds are never paid out of it."""

    payment_id: str
    amount: int


class ReturnableBody(Answer):
    """Whether a line can be returned, and why not."""

    allowed: bool
    because: SoldForGood | None = None


class LineBody(Answer):
    """One line of the order: some units of one thing, so much of it by weight or another measure, or a gift."""

    line_id: str
    kind: LineKind = LineKind.GOODS
    sku: str = ""
    name: str = ""
    category: str = ""
    quantity: int | str
    unit: str | None = None
    unit_price: int | None = None
    total: int | None = None
    tax: int = 0
    gift: bool = False
    gift_value: int | None = None
    gift_minimum_spend: int | None = None
    returnable: ReturnableBody = Field(default_factory=lambda: ReturnableBody.model_validate({"allowed": True}))
    bundle_id: str | None = None


class LineLeft(Answer):
    """What of a line can still be refunded."""

    line_id: str
    quantity: int | str
    amount: int


class PaymentMethod(Word):
    """How something was paid."""

    CARD = "card"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"


class OrderRefund(Answer):
    """A refund of the order."""

    refund_id: str
    status: str
    total: int
    external: ExternalAnswer | None = None


class OrderRewardBody(Answer):
    """Something the order itself granted: `coupon_id` for a coupon, `amount` for store credit."""

    kind: Literal["coupon", "store_credit"]
    coupon_id: str | None = None
    amount: int | None = None
    line_ids: list[str] = Field(default_factory=list)
    customer_id: str | None = None
    expires_at: datetime | None = None


class OrderShipmentLineBody(Answer):
    """Some units of a line."""

    line_id: str
    quantity: int | str


class OrderShipmentBody(Answer):
    """One parcel."""

    shipment_id: str
    lines: list[OrderShipmentLineBody]
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    lost_at: datetime | None = None
    amount: int | None = None
    tax: int | None = None


class OrderStatus(Word):
    """How far an order is; from `paid` on it is booked and can be refunded."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class PaymentStatus(Word):
    """How far a payment is; only what was captured can go back (rule 50)."""

    CAPTURED = "captured"
    AUTHORIZED = "authorized"
    PENDING = "pending"


class PaymentBodyOutput(Answer):
    """`instrument` tells one card or wallet from another, for example its fingerprint; it means nothing else to
    us."""

    payment_id: str
    method: PaymentMethod
    status: PaymentStatus = PaymentStatus.CAPTURED
    gateway: str | None = None
    gateway_ref: str = ""
    amount: int
    currency: str | None = None
    rate: str | None = None
    order_amount: int | None = None
    interest: int = 0
    instrument: str = ""


class ShippingBody(Answer):
    """What the customer paid for shipping."""

    amount: int = 0
    tax: int = 0


class OrderAnswer(Answer):
    """The order as pushed, with what is left of it; nothing is refundable before it is paid."""

    customer_id: str | None = None
    guest: GuestBody | None = None
    currency: str
    status: OrderStatus
    placed_at: datetime
    paid_at: datetime | None = None
    delivered_at: datetime | None = None
    updated_at: datetime | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    lines: list[LineBody]
    shipping: ShippingBody = Field(default_factory=lambda: ShippingBody.model_validate({"amount": 0, "tax": 0}))
    shipments: list[OrderShipmentBody] = Field(default_factory=list)
    discounts: list[DiscountBody] = Field(default_factory=list)
    payments: list[PaymentBodyOutput] = Field(default_factory=list)
    owed: int = 0
    points_earned: int | list[EarnedLotBody] = 0
    rewards: list[OrderRewardBody] = Field(default_factory=list)
    bundles: list[BundleBody] = Field(default_factory=list)
    order_id: str
    version: int
    earlier_versions: list[EarlierVersion] = Field(default_factory=list)
    ignored: Literal["older_snapshot"] | None = None
    refundable: list[LineLeft]
    suggested_reasons: dict[str, list[str]] | None = None
    owed_left: int = 0
    paid_after_all: int = 0
    to_capture: list[LeftToCapture] = Field(default_factory=list)
    shipping_left: int
    refunds: list[OrderRefund]
    disputes: list[DisputeAnswer]
    entitlements: Entitlements
    next_lines: str | None = None


class PaymentBodyInput(Body):
    """`instrument` tells one card or wallet from another, for example its fingerprint; it means nothing else to
    us."""

    payment_id: str
    method: PaymentMethod
    status: PaymentStatus = PaymentStatus.CAPTURED
    gateway: str | None = None
    gateway_ref: str = ""
    amount: int
    currency: str | None = None
    rate: str | None = None
    order_amount: int | None = None
    interest: int = 0
    instrument: str = ""


class OrderBody(Body):
    """An order as it was sold."""

    customer_id: str | None = None
    guest: GuestBody | None = None
    currency: str
    status: OrderStatus
    placed_at: datetime
    paid_at: datetime | None = None
    delivered_at: datetime | None = None
    updated_at: datetime | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    lines: list[LineBody]
    shipping: ShippingBody = Field(default_factory=lambda: ShippingBody.model_validate({"amount": 0, "tax": 0}))
    shipments: list[OrderShipmentBody] = Field(default_factory=list)
    discounts: list[DiscountBody] = Field(default_factory=list)
    payments: list[PaymentBodyInput] = Field(default_factory=list)
    owed: int = 0
    points_earned: int | list[EarnedLotBody] = 0
    rewards: list[OrderRewardBody] = Field(default_factory=list)
    bundles: list[BundleBody] = Field(default_factory=list)


class OrderSummary(Answer):
    """An order in a list; `GET /v1/orders/{order_id}` has the rest."""

    order_id: str
    customer_id: str | None
    currency: str
    status: str
    paid_at: datetime | None
    created_at: datetime
    version: int


class OrderList(Answer):
    """One page of orders, by their ids."""

    items: list[OrderSummary]
    next: str | None


class PossibleReason(Answer):
    """One reason that can be given."""

    reason: str
    stands_for: Reason
    name: str | dict[str, str] | None


class OrderPageAnswer(Answer):
    """What a customer reads of an order: what is left of it, and the state of every entitlement."""

    order_id: str
    customer_id: str | None
    status: OrderStatus
    currency: str
    time_zone: str
    placed_at: datetime
    delivered_at: datetime | None
    lines: list[BoughtLineAnswer]
    shipping: int
    shipping_left: int
    paid: int
    reasons: list[PossibleReason]
    coupons: list[KnownCoupon]
    entitlements: Entitlements
    next_lines: str | None


class PageLinkAnswer(Answer):
    """A link that lets one browser in, once."""

    url: str
    expires_at: datetime
