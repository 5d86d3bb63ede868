"""Suspensions of the right to ask for refunds, and what they are judged by (rule 34).

A customer's newest suspension is the one that counts: it is in force until its time is over or it is lifted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time, sealing
from db.built import built_once
from db.read_models import Refund, SuspensionRow, given_reasons
from db.refunds import received_by
from db.rows import StoredDocument, read
from db.schema import orders, refund_claims, refund_events, refunds, suspensions
from db.schema.sealed import sealed_row
from domain import clock
from domain.audit_actions import AuditAction
from domain.claims.reasons import GivenReasons, Reason
from domain.lifecycle import RefundStatus
from domain.rights.suspensions import AskedRefund, Suspension, is_malicious


@dataclass(frozen=True, slots=True)
class Imposed:
    """Who suspended whom; `refund_id` is the refund that was one too many, if it was one."""

    merchant_id: str
    customer_id: str
    by: str
    refund_id: str | None = None


async def restricted_until(connection: AsyncConnection, merchant_id: str, customer_id: str) -> datetime | None:
    """Return until when risk control restricts a customer, None where it does not (rules 25 and 34)."""
    suspension = await in_force(connection, merchant_id, customer_id)
    return suspension.until if suspension else None


async def in_force(connection: AsyncConnection, merchant_id: str, customer_id: str) -> SuspensionRow | None:
    """Return the suspension in force, if there is one."""
    row = (await _newest(merchant_id=merchant_id, customer_id=customer_id).on(connection)).one_or_none()
    return read(SuspensionRow, row) if row and row.lifted_at is None and row.until > clock.now() else None


@built_once
def _newest(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    theirs = select(suspensions).where(_of(merchant_id, customer_id))
    return theirs.order_by(suspensions.c.suspension_id.desc()).limit(1)


async def impose(connection: AsyncConnection, imposed: Imposed, suspension: Suspension) -> int:
    """Store a suspension in place of any earlier one; returns its number."""
    row = {
        "merchant_id": imposed.merchant_id,
        "customer_id": imposed.customer_id,
        "rule": suspension.rule,
        "reason": suspension.reason,
        "until": suspension.until,
        "refund_id": imposed.refund_id,
        "imposed_by": imposed.by,
    }
    about = sealing.about_customer(imposed.merchant_id, imposed.customer_id)
    row = sealed_row(suspensions, about, row)
    made = await connection.execute(insert(suspensions).values(row).returning(suspensions.c.suspension_id))
    return int(made.scalar_one())


async def impose_again(connection: AsyncConnection, suspension_id: int) -> None:
    """Store a suspension once more as the newest, with its time, its reason and its appeal."""
    said = [column for column in suspensions.c if column is not suspensions.c.suspension_id]
    again = select(*said).where(suspensions.c.suspension_id == suspension_id)
    await connection.execute(insert(suspensions).from_select([column.name for column in said], again))


async def lift(connection: AsyncConnection, suspension_id: int, by: str) -> None:
    await _change(connection, suspension_id, lifted_at=merchant_time.now(), lifted_by=by)


async def note_appeal(connection: AsyncConnection, suspension_id: int, appeal: dict[str, str]) -> None:
    said = sealed_row(suspensions, sealing.about_row("suspension", str(suspension_id)), {"appeal": appeal})
    await _change(connection, suspension_id, **said)


async def reinstated_at(connection: AsyncConnection, merchant_id: str, customer_id: str) -> datetime | None:
    """Return when the customer was last given the right back: from then on everything is counted anew."""
    lifted = await _last_lifted(merchant_id=merchant_id, customer_id=customer_id).on(connection)
    newest: datetime | None = lifted.scalar_one()
    return newest


@built_once
def _last_lifted(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    return select(func.max(suspensions.c.lifted_at)).where(_of(merchant_id, customer_id))


async def customer_of(connection: AsyncConnection, merchant_id: str, order_id: str) -> str | None:
    bought = await _bought_by(merchant_id=merchant_id, order_id=order_id).on(connection)
    found: str | None = bought.scalar_one_or_none()
    return found


@built_once
def _bought_by(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    return select(orders.c.customer_id).where(orders.c.merchant_id == merchant_id, orders.c.order_id == order_id)


async def other_refunds(connection: AsyncConnection, refund: Refund, since: datetime) -> list[AskedRefund]:
    """List what else who receives this refund asked for after `since`."""
    whose = {"merchant_id": refund.merchant_id, "customer_id": refund.receiver}
    found = await _other_refunds(**whose, refund_id=refund.refund_id, since=since).on(connection)
    return [_asked(row) for row in found]


def _asked(row: Any) -> AskedRefund:
    stored = row.given_reasons and StoredDocument(GivenReasons, row.given_reasons)
    given = given_reasons(Reason(row.reason), stored)
    return AskedRefund(row.order_id, row.asked_at, RefundStatus(row.status), given.is_merchants_fault)


@built_once
def _other_refunds(*, merchant_id: Any, customer_id: Any, refund_id: Any, since: Any) -> Select[Any]:
    return (
        select(refunds.c.order_id, refunds.c.asked_at, refunds.c.status, refunds.c.reason, refunds.c.given_reasons)
        .where(refunds.c.merchant_id == merchant_id, received_by(customer_id))
        .where(refunds.c.refund_id != refund_id, refunds.c.asked_at > since)
    )


async def malicious_returns(
    connection: AsyncConnection, merchant_id: str, customer_id: str, since: datetime | None
) -> int:
    """Count the customer's returns whose inspection found malice, those inspected after `since`."""
    inspected = {} if since is None else {"since": since}
    found = await _rejected(merchant_id=merchant_id, customer_id=customer_id, **inspected).on(connection)
    return len({row.refund_id for row in found if is_malicious(row.rejected, row.disposition)})


@built_once
def _rejected(*, merchant_id: Any, customer_id: Any, since: Any = None) -> Select[Any]:
    claimed = refund_claims.join(refunds, refunds.c.refund_id == refund_claims.c.refund_id)
    query = (
        select(refund_claims.c.refund_id, refund_claims.c.rejected, refund_claims.c.disposition)
        .select_from(claimed.join(refund_events, refund_events.c.refund_id == refunds.c.refund_id))
        .where(refunds.c.merchant_id == merchant_id, received_by(customer_id))
        .where(refund_events.c.event == AuditAction.INSPECTED, refund_claims.c.rejected > 0)
    )
    return query if since is None else query.where(refund_events.c.at > since)


async def _change(connection: AsyncConnection, suspension_id: int, **columns: Any) -> None:
    await connection.execute(update(suspensions).where(suspensions.c.suspension_id == suspension_id).values(columns))


def _of(merchant_id: str, customer_id: str) -> Any:
    return (suspensions.c.merchant_id == merchant_id) & (suspensions.c.customer_id == customer_id)
