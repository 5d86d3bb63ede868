"""What a merchant's systems are told of an alert: what was found, and which refunds it was found in."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from db.risk_alerts import RiskAlert
from domain.merchant_events import MerchantEvent
from domain.rights.monitoring import Signal
from service.merchant_events import ToldToMerchant


class RiskAlertData(ToldToMerchant):
    """What was found; `GET /v1/risk-alerts/{alert_id}` says more, and whether somebody has seen it."""

    alert_id: str = Field(description="The alert.")
    signal: Signal = Field(description="What was found.")
    refund_ids: list[str] = Field(description="The refunds that show it, the oldest first; the newest 100 at most.")
    refund_count: int = Field(description="How many refunds show it.")
    customer_count: int = Field(description="How many customers asked for them.")
    limit_count: int = Field(description="From how many on the policy's `monitoring` has it told.")
    limit_window: str = Field(description="The time they are counted in, as ISO 8601.")


class RiskAlertEvent(ToldToMerchant):
    """Refunds show together what none shows alone, as it is posted to a merchant's endpoints."""

    type: Literal[MerchantEvent.RISK_ALERT_RAISED] = Field(description="What happened.")
    timestamp: datetime = Field(description="When it was found.")
    data: RiskAlertData = Field(description="What it is about.")


def risk_alert_body(alert: RiskAlert) -> str:
    """Return what is sent of an alert."""
    known = {name: getattr(alert, name) for name in RiskAlertData.model_fields if name != "refund_ids"}
    data = RiskAlertData(**known, refund_ids=alert.shown_by)
    told = RiskAlertEvent(type=MerchantEvent.RISK_ALERT_RAISED, timestamp=alert.raised_at, data=data)
    return told.model_dump_json()
