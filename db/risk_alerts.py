"""Alerts to what refunds show together, until a person has seen them; one a signal and subject is open (rule 34)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, Row, Select, Text, and_, func, literal, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.built import one_of
from db.schema import refunds, risk_alerts
from db.schema.sealed import sealed_row
from domain.rights.monitoring import Finding, Signal, Subject

_NAMED_AT_MOST = 100


class AlertStatus(StrEnum):
    """Whether a person has seen it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class RiskAlert:
    """What was found, and who has seen it. `subject` is a customer, a mark, or the refund that showed a picture first.

    `refund_count` and `customer_count` are those of `shown_by`, the oldest first.
    """

    alert_id: str
    number: int
    merchant_id: str
    signal: Signal
    subject: str
    shown_by: list[str]
    refund_count: int
    customer_count: int
    limit_count: int
    limit_window: str
    first_at: datetime
    last_at: datetime
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str | None

    @property
    def status(self) -> AlertStatus:
        return AlertStatus.OPEN if self.acknowledged_at is None else AlertStatus.ACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What a page of the list shows; `before` is the number after which it continues, the newest first."""

    status: AlertStatus | None = None
    signal: Signal | None = None
    before: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class NamedRefund:
    """A refund that an alert names."""

    refund_id: str
    order_id: str
    customer_id: str
    status: str
    asked_at: datetime


async def newest(
    connection: AsyncConnection, merchant_id: str, of: Sequence[tuple[Signal, Subject]]
) -> Mapping[tuple[Signal, str], RiskAlert]:
    """Find, by signal and name of the subject, the newest alert of each."""
    found = await connection.execute(last_of(merchant_id, [(signal, subject.name) for signal, subject in of]))
    alerts = [_alert(row) for row in found]
    return {(each.signal, each.subject): each for each in alerts}


def last_of(merchant_id: str, of: Sequence[tuple[Signal, str]]) -> Select[Any]:
    signals, subjects = (
        literal([each.value for each, _ in of], ARRAY(Text)),
        literal([name for _, name in of], ARRAY(Text)),
    )
    asked = func.unnest(signals, subjects).table_valued("signal", "subject", name="asked").render_derived()
    table = risk_alerts.c
    same = and_(table.merchant_id == merchant_id, table.signal == asked.c.signal, table.subject == asked.c.subject)
    last = select(risk_alerts).where(same).order_by(table.number.desc()).limit(1).lateral("last")
    return select(*last.c).select_from(asked.join(last, true()))


async def put(connection: AsyncConnection, merchant_id: str, subject: Subject, finding: Finding) -> RiskAlert | None:
    """Raise an alert, or say in the open one what it has come to; return it where it is new."""
    said = _of(finding)
    key = {"merchant_id": merchant_id, "signal": finding.signal.value, "subject": subject.name}
    new = insert(risk_alerts).values(alert_id=f"ra_{secrets.token_hex(10)}", **key, **said)
    is_open = risk_alerts.c.acknowledged_at.is_(None)
    raised = new.on_conflict_do_nothing(index_elements=list(key), index_where=is_open).returning(risk_alerts)
    row = (await connection.execute(raised)).one_or_none()
    if row is not None:
        return _alert(row)
    same = [risk_alerts.c[name] == value for name, value in key.items()]
    is_more = risk_alerts.c.last_at < said["last_at"]
    await connection.execute(update(risk_alerts).where(*same, is_open, is_more).values(said))
    return None


def _of(finding: Finding) -> dict[str, Any]:
    named = finding.refunds[-_NAMED_AT_MOST:]
    return {
        "shown_by": [each.refund_id for each in named],
        "refund_count": len(finding.refunds),
        "customer_count": finding.customers,
        "limit_count": finding.limit.count,
        "limit_window": finding.limit.window,
        "first_at": finding.refunds[0].asked_at,
        "last_at": finding.refunds[-1].asked_at,
    }


async def search(connection: AsyncConnection, merchant_id: str, wanted: AlertFilter) -> list[RiskAlert]:
    """List a page of a merchant's alerts, and one more if there is more, the newest first."""
    query = listed(merchant_id, wanted)
    return [_alert(row) for row in await connection.execute(query)]


def listed(merchant_id: str, wanted: AlertFilter) -> Select[Any]:
    query = select(risk_alerts).where(risk_alerts.c.merchant_id == merchant_id)
    if wanted.before:
        query = query.where(risk_alerts.c.number < wanted.before)
    if wanted.signal is not None:
        query = query.where(risk_alerts.c.signal == wanted.signal.value)
    if wanted.status is not None:
        unseen = risk_alerts.c.acknowledged_at.is_(None)
        query = query.where(unseen if wanted.status is AlertStatus.OPEN else ~unseen)
    return query.order_by(risk_alerts.c.number.desc()).limit(wanted.limit + 1)


async def find(connection: AsyncConnection, merchant_id: str, alert_id: str) -> RiskAlert | None:
    is_it = (risk_alerts.c.merchant_id == merchant_id) & (risk_alerts.c.alert_id == alert_id)
    row = (await connection.execute(select(risk_alerts).where(is_it))).one_or_none()
    return None if row is None else _alert(row)


async def acknowledge(connection: AsyncConnection, alert: RiskAlert, by: str, note: str) -> bool:
    """Say who has seen an alert; tell whether nobody had."""
    about = sealing.about_row("risk_alert", alert.alert_id)
    said = sealed_row(risk_alerts, about, {"acknowledged_by": by, "note": note})
    is_it = (risk_alerts.c.alert_id == alert.alert_id) & risk_alerts.c.acknowledged_at.is_(None)
    changed = update(risk_alerts).where(is_it).values({**said, "acknowledged_at": func.now()})
    return bool((await connection.execute(changed)).rowcount)


async def refunds_of(connection: AsyncConnection, alerts: Sequence[RiskAlert]) -> Mapping[str, NamedRefund]:
    """Read, by their ids, the refunds that alerts name."""
    ids = sorted({refund_id for alert in alerts for refund_id in alert.shown_by})
    of = refunds.c
    query = select(of.refund_id, of.order_id, of.customer_id, of.status, of.created_at)
    found = await connection.execute(query.where(one_of(of.refund_id, ids)))
    return {row.refund_id: NamedRefund(*row) for row in found}


def _alert(row: Row[*tuple[Any, ...]]) -> RiskAlert:
    alert = RiskAlert(**{**row._mapping, "signal": Signal(row.signal)})
    sealing.refuse_moved(alert.note, sealing.about_row("risk_alert", alert.alert_id))
    return alert
