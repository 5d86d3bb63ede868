"""Alerts to what refunds show together."""

from pydantic import Field

from api.schemas.common import Text, Time, Wire
from db.risk_alerts import AlertStatus
from domain.lifecycle import RefundStatus
from domain.rights.monitoring import Signal


class AlertedRefund(Wire):
    """A refund that an alert names."""

    refund_id: str = Field(description="The refund.")
    order_id: str = Field(description="Its order.")
    customer_id: str | None = Field(description="Who asked for it; null for a guest.")
    status: RefundStatus = Field(description="Where it stands now.")
    asked_at: Time = Field(description="When it was asked for.")


class Acknowledgement(Wire):
    """Who has seen an alert."""

    at: Time = Field(description="When.")
    by: str = Field(description="Who it was, as the audit trail calls them.")
    note: str = Field(description="What they noted.")


class RiskAlertAnswer(Wire):
    """What refunds show together, and why it is told."""

    alert_id: str = Field(description="The alert, `ra_…`.")
    signal: Signal = Field(
        description="What was found: `many_of_customer`, `many_of_instrument` (of one card or wallet) and "
        "`many_of_contact` (of one e-mail or phone): many refunds in a short time. `shared_instrument`: several "
        "customers with one card or wallet. `not_received`: one customer says again and again that nothing came. "
        "`same_picture`: a picture that an earlier refund of another order showed."
    )
    status: AlertStatus = Field(description="`open` until somebody acknowledges it.")
    message: str = Field(description="What was found, as a sentence in English.")
    customer_id: str | None = Field(description="Whom it is about; null where it is about no one customer, or a guest.")
    mark: str | None = Field(
        description="Stands for the card, wallet, e-mail or phone, and does not tell which: alerts with the same mark "
        "are about the same. Null where it is about none."
    )
    earlier_refund_id: str | None = Field(description="The refund that showed the picture first; else null.")
    refund_count: int = Field(description="How many refunds were counted; of those before the newest 100 none is.")
    customer_count: int = Field(description="How many customers asked for them.")
    limit_count: int = Field(description="From how many on the policy's `monitoring` had it told.")
    limit_window: str = Field(description="The time they were counted in, as ISO 8601.")
    first_at: Time = Field(description="When the first of them was asked for.")
    last_at: Time = Field(description="When the last of them was asked for.")
    raised_at: Time = Field(description="When it was told.")
    refunds: list[AlertedRefund] = Field(description="The refunds, the oldest first.")
    acknowledged: Acknowledgement | None = Field(description="Who has seen it; null while it is open.")


class RiskAlertList(Wire):
    """A page of alerts."""

    items: list[RiskAlertAnswer] = Field(description="The alerts, the newest first.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class AcknowledgementBody(Wire):
    """That somebody has seen an alert."""

    note: Text = Field(default="", description="What you found, or did; it is in the audit trail.")
