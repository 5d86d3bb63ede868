# Written by `make client`; change the document, or the async half, instead.
"""Models: risk alerts."""

from datetime import datetime

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.common import RefundStatus


class Acknowledgement(Answer):
    """Who has seen an alert."""

    at: datetime
    by: str
    note: str


class AcknowledgementBody(Body):
    """That somebody has seen an alert."""

    note: str = ""


class AlertStatus(Word):
    """Whether a person has seen it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


class AlertedRefund(Answer):
    """A refund that an alert names."""

    refund_id: str
    order_id: str
    customer_id: str | None
    status: RefundStatus
    asked_at: datetime


class Signal(Word):
    """What is told to operations; each is a field of the policy's `monitoring`."""

    MANY_OF_CUSTOMER = "many_of_customer"
    MANY_OF_INSTRUMENT = "many_of_instrument"
    MANY_OF_CONTACT = "many_of_contact"
    SHARED_INSTRUMENT = "shared_instrument"
    NOT_RECEIVED = "not_received"
    SAME_PICTURE = "same_picture"


class RiskAlertAnswer(Answer):
    """What refunds show together, and why it is told."""

    alert_id: str
    signal: Signal
    status: AlertStatus
    message: str
    customer_id: str | None
    mark: str | None
    earlier_refund_id: str | None
    refund_count: int
    customer_count: int
    limit_count: int
    limit_window: str
    first_at: datetime
    last_at: datetime
    raised_at: datetime
    refunds: list[AlertedRefund]
    acknowledged: Acknowledgement | None


class RiskAlertList(Answer):
    """A page of alerts."""

    items: list[RiskAlertAnswer]
    next: str | None
