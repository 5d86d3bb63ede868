# Written by `make client`; change the document, or the async half, instead.
"""Models: webhook events."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.common import Reason, RefundStatus
from makewhole_client.models.orders import PaymentMethod
from makewhole_client.models.refunds import RefundKind
from makewhole_client.models.risk_alerts import Signal


class DeliveryStatus(Word):
    """Whether an endpoint has an event: `failed` is given up, and sent again by hand only."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class EndpointDisabledData(Answer):
    """Which endpoint is disabled, and why."""

    endpoint_id: str
    url: str
    because: str


class EndpointDisabledEvent(Answer):
    """An endpoint was disabled, as it is posted to the merchant's others."""

    type: Literal["webhook_endpoint.disabled"]
    timestamp: datetime
    data: EndpointDisabledData


class MerchantEvent(Word):
    """What may happen, by the noun that it happens to."""

    REFUND_REQUESTED = "refund.requested"
    REFUND_EVIDENCE_REQUESTED = "refund.evidence_requested"
    REFUND_EVIDENCE_ADDED = "refund.evidence_added"
    REFUND_APPROVED_IN_PART = "refund.approved_in_part"
    REFUND_APPROVED = "refund.approved"
    REFUND_SETTLED = "refund.settled"
    REFUND_REOPENED = "refund.reopened"
    REFUND_NEEDS_ATTENTION = "refund.needs_attention"
    REFUND_RESOLVED = "refund.resolved"
    REFUND_COMPLETED = "refund.completed"
    REFUND_REJECTED = "refund.rejected"
    REFUND_CANCELLED = "refund.cancelled"
    REFUND_EXPIRED = "refund.expired"
    REFUND_FEEDBACK = "refund.feedback"
    RETURN_LABEL_READY = "return.label_ready"
    RETURN_LABEL_VOID = "return.label_void"
    RETURN_SHIPPED = "return.shipped"
    RETURN_PARCEL_RECEIVED = "return.parcel_received"
    RETURN_PARCEL_LOST = "return.parcel_lost"
    RETURN_PARCEL_NOTED = "return.parcel_noted"
    RETURN_INSPECTED = "return.inspected"
    REFUND_PAID = "refund.paid"
    REFUND_PAID_ELSEWHERE = "refund.paid_elsewhere"
    PAYOUT_DECLINED = "payout.declined"
    PAYOUT_FAILED = "payout.failed"
    DISPUTE_LOST = "dispute.lost"
    DISPUTE_WON = "dispute.won"
    COUPON_REINSTATED = "coupon.reinstated"
    COUPON_RESIDUAL = "coupon.residual"
    COUPON_WITHDRAWN = "coupon.withdrawn"
    POINTS_SETTLED = "points.settled"
    POINTS_WITHDRAWN = "points.withdrawn"
    CAMPAIGNS_RECALCULATED = "campaigns.recalculated"
    CAMPAIGNS_WITHDRAWN = "campaigns.withdrawn"
    GRANT_WITHDRAWN = "grant.withdrawn"
    GRANTS_WITHDRAWN = "grants.withdrawn"
    EXCLUSIVE_DISCOUNT_REINSTATED = "exclusive_discount.reinstated"
    EXCLUSIVE_DISCOUNT_WITHDRAWN = "exclusive_discount.withdrawn"
    TIER_RECALCULATED = "tier.recalculated"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"
    RISK_ALERT_RAISED = "risk_alert.raised"


class RedeliveryBody(Body):
    """To whom an event is sent again."""

    endpoint_id: str | None = None


class ToldLine(Answer):
    """What is paid back for a line."""

    line_id: str
    quantity: int | str
    accepted: int | str | None
    amount: int
    tax: int


class ToldOfRefund(Answer):
    """The refund, as it stood when the event was sent first."""

    refund_id: str
    order_id: str
    order_version: int
    customer_id: str | None
    status: RefundStatus
    reason: str
    stands_for: Reason
    kind: RefundKind
    currency: str
    total: int
    metadata: dict[str, str]
    created_at: datetime
    completed_at: datetime | None


class ToldReturn(Answer):
    """How the goods come back."""

    rma: str | None = None
    label_url: str | None = None
    deliver_by: datetime | None = None
    carrier: str | None = None
    tracking_number: str | None = None


class ToldShipping(Answer):
    """Shipping that is paid back."""

    amount: int
    tax: int


class ToldTender(Answer):
    """What goes back to one payment of the order."""

    payment_id: str
    method: PaymentMethod
    gateway: str
    amount: int
    currency: str
    status: Literal["planned", "pending", "succeeded", "failed"]
    gateway_ref: str | None
    decline_code: str | None


class RefundEventData(Answer):
    """What the event is about."""

    sequence: int
    status: RefundStatus
    message: str
    refund: ToldOfRefund
    lines: list[ToldLine]
    shipping: ToldShipping
    return_: ToldReturn | None = Field(alias="return")
    tenders: list[ToldTender]


class RefundEvent(Answer):
    """Something that happened to a refund, as it is posted to a merchant's endpoint."""

    event_id: str
    type: MerchantEvent
    timestamp: datetime
    data: RefundEventData


class RiskAlertData(Answer):
    """What was found; `GET /v1/risk-alerts/{alert_id}` says more, and whether somebody has seen it."""

    alert_id: str
    signal: Signal
    refund_ids: list[str]
    refund_count: int
    customer_count: int
    limit_count: int
    limit_window: str


class RiskAlertEvent(Answer):
    """Refunds show together what none shows alone, as it is posted to a merchant's endpoints."""

    type: Literal["risk_alert.raised"]
    timestamp: datetime
    data: RiskAlertData


class RotationAnswer(Answer):
    """A new secret."""

    secret_id: str
    created_at: datetime
    ends_at: datetime | None
    endpoint_id: str
    secret: str | None


class RotationBody(Body):
    """How a secret is replaced."""

    overlap: str = "PT24H"


class WebhookAttemptAnswer(Answer):
    """One time that an event was sent."""

    at: datetime
    url: str
    duration_ms: int
    status_code: int | None
    answer: str
    trouble: str | None


class WebhookDeliveryAnswer(Answer):
    """How far an endpoint has an event."""

    endpoint_id: str
    status: DeliveryStatus
    attempts: int
    next_at: datetime | None
    log: list[WebhookAttemptAnswer]


class WebhookSecretAnswer(Answer):
    """A secret that signs, without the secret."""

    secret_id: str
    created_at: datetime
    ends_at: datetime | None


class WebhookEndpointAnswer(Answer):
    """An endpoint as it is stored."""

    endpoint_id: str
    url: str
    event_types: list[MerchantEvent]
    enabled: bool
    disabled_because: str | None
    failing_since: datetime | None
    secrets: list[WebhookSecretAnswer]
    secret: str | None
    updated_at: datetime


class WebhookEndpointBody(Body):
    """Where a merchant's system is, and what it is told."""

    url: str
    event_types: list[MerchantEvent] = Field(default_factory=list)
    enabled: bool = True


class WebhookEndpointList(Answer):
    """All endpoints of a merchant."""

    items: list[WebhookEndpointAnswer]
    next: str | None = None


class WebhookEventAnswer(Answer):
    """Something that happened, and who was told of it."""

    event_id: str
    type: MerchantEvent
    refund_id: str | None
    order_id: str | None
    sequence: int
    at: datetime
    body: str | None
    deliveries: list[WebhookDeliveryAnswer]


class WebhookEventList(Answer):
    """One page of what was told, the newest first."""

    items: list[WebhookEventAnswer]
    next: str | None
