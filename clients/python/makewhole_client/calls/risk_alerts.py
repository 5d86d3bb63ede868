# Written by `make client`; change the document, or the async half, instead.
"""Requests: risk alerts."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import AcknowledgementBody, AlertStatus, RiskAlertAnswer, RiskAlertList, Signal


def list_risk_alerts(
    *,
    status: AlertStatus | None = None,
    signal: Signal | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[RiskAlertList]:
    return Call(
        "GET",
        "/v1/risk-alerts",
        call.json_of(RiskAlertList),
        query={"status": status, "signal": signal, "cursor": cursor, "limit": limit},
    )


def get_risk_alert(alert_id: str) -> Call[RiskAlertAnswer]:
    return Call("GET", f"/v1/risk-alerts/{call.in_path(alert_id)}", call.json_of(RiskAlertAnswer))


def acknowledge_risk_alert(alert_id: str, body: AcknowledgementBody) -> Call[RiskAlertAnswer]:
    return Call(
        "POST", f"/v1/risk-alerts/{call.in_path(alert_id)}/acknowledgement", call.json_of(RiskAlertAnswer), body=body
    )
