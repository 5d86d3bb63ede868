"""Alerts to what refunds show together: listed, read, and acknowledged by a person (rule 34)."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import OpsOrOwner, ServicesDep
from api.described import described
from api.paging import Cursor, page, place
from api.paths import AlertId
from api.schemas.risk_alerts import (
    Acknowledgement,
    AcknowledgementBody,
    AlertedRefund,
    RiskAlertAnswer,
    RiskAlertList,
)
from db import journal, risk_alerts
from db.api_keys import Caller
from db.risk_alerts import AlertFilter, AlertStatus, NamedRefund, RiskAlert
from domain.audit_actions import AuditAction
from domain.rights.monitoring import Signal, Trait, sentence
from domain.sale.guests import account

router = APIRouter(prefix="/v1/risk-alerts", tags=["risk alerts"])

_MARK_DIGITS = 16
"""So many digits of a mark tell one from another among a merchant's."""


@router.get("", **described("listRiskAlerts"))
async def list_alerts(
    services: ServicesDep,
    caller: OpsOrOwner,
    status: Annotated[AlertStatus | None, Query(description="Only those that stand so.")] = None,
    signal: Annotated[Signal | None, Query(description="Only those of this.")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=50, description="so many entries a page, fewer where they are long")] = 20,
) -> RiskAlertList:
    """List what refunds show together and none shows alone, the newest first, with the refunds that show it."""
    wanted = AlertFilter(status, signal, place(cursor), limit)
    async with services.snapshots.connect() as connection:
        found = await risk_alerts.search(connection, caller.merchant_id, wanted)
        shown, more = page(found, limit, lambda each: each.number, lambda each: 300 * len(each.shown_by) + 1_000)
        return RiskAlertList(items=await _answers(connection, shown), next=more)


@router.get("/{alert_id}", **described("getRiskAlert", "not_found"))
async def get_alert(alert_id: AlertId, services: ServicesDep, caller: OpsOrOwner) -> RiskAlertAnswer:
    """Read an alert, the refunds that show it, and who has seen it."""
    async with services.snapshots.connect() as connection:
        return await _answer(connection, caller.merchant_id, alert_id)


@router.post("/{alert_id}/acknowledgement", **described("acknowledgeRiskAlert", "not_found"))
async def acknowledge(
    alert_id: AlertId, body: AcknowledgementBody, services: ServicesDep, caller: OpsOrOwner
) -> RiskAlertAnswer:
    """Say that you have seen it; the first word stands. It is told again once as much comes together anew."""
    async with services.engine.begin() as connection:
        alert = await _found(connection, caller.merchant_id, alert_id)
        if await risk_alerts.acknowledge(connection, alert, caller.name, body.note):
            await _note(connection, caller, alert, body.note)
        return await _answer(connection, caller.merchant_id, alert_id)


async def _note(connection: AsyncConnection, caller: Caller, alert: RiskAlert, said: str) -> None:
    detail = {"alert_id": alert.alert_id, "signal": alert.signal.value, "refunds": alert.refund_count, "why": said}
    note = journal.Note(AuditAction.RISK_ALERT_ACKNOWLEDGED, "somebody has seen a risk alert", caller.name, detail)
    if alert.signal.trait is Trait.CUSTOMER:
        await journal.record_of_customer(connection, caller.merchant_id, alert.subject, note)
    else:
        await journal.record_of_merchant(connection, caller.merchant_id, note)


async def _found(connection: AsyncConnection, merchant_id: str, alert_id: str) -> RiskAlert:
    alert = await risk_alerts.find(connection, merchant_id, alert_id)
    if alert is None:
        raise problems.not_found(f"risk alert {alert_id!r}")
    return alert


async def _answer(connection: AsyncConnection, merchant_id: str, alert_id: str) -> RiskAlertAnswer:
    (answer,) = await _answers(connection, [await _found(connection, merchant_id, alert_id)])
    return answer


async def _answers(connection: AsyncConnection, alerts: Sequence[RiskAlert]) -> list[RiskAlertAnswer]:
    named = await risk_alerts.refunds_of(connection, alerts)
    return [_shown(each, named) for each in alerts]


def _shown(alert: RiskAlert, named: Mapping[str, NamedRefund]) -> RiskAlertAnswer:
    trait, subject = alert.signal.trait, alert.subject
    is_marked = trait in (Trait.INSTRUMENT, Trait.CONTACT)
    return RiskAlertAnswer(
        **{name: getattr(alert, name) for name in _AS_STORED},
        message=sentence(alert.signal, alert.refund_count, alert.customer_count, alert.limit_window),
        customer_id=account(subject) if trait is Trait.CUSTOMER else None,
        mark=subject.rpartition("|")[2][:_MARK_DIGITS] if is_marked else None,
        earlier_refund_id=subject if trait is Trait.PICTURE else None,
        refunds=[_refund(named[each]) for each in alert.shown_by if each in named],
        acknowledged=_seen(alert),
    )


_AS_STORED = (
    *("alert_id", "signal", "status", "refund_count", "customer_count", "limit_count", "limit_window"),
    *("first_at", "last_at", "raised_at"),
)


def _refund(refund: NamedRefund) -> AlertedRefund:
    said = {name: getattr(refund, name) for name in AlertedRefund.model_fields}
    return AlertedRefund(**said | {"customer_id": account(refund.customer_id)})


def _seen(alert: RiskAlert) -> Acknowledgement | None:
    if alert.acknowledged_at is None:
        return None
    return Acknowledgement(at=alert.acknowledged_at, by=alert.acknowledged_by or "", note=alert.note or "")
