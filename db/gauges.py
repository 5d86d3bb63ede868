"""How refunds stand, counted through the indexes of what is open and of what ended lately."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, Select, and_, case, exists, func, literal, not_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from db import not_begun
from db.schema import gateway_accounts, payouts, payouts_undecided, refund_events, refunds
from domain.audit_actions import AuditAction
from domain.explain.attention import INSPECTION, RECEIPT, REVIEW
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.payout.choice import RefundTo

LATELY = timedelta(days=1)
JUST_NOW = timedelta(hours=1)

_HAVE_SLAS = (REVIEW, RECEIPT, INSPECTION)
_REVERSED = "payout_reversed"


@dataclass(frozen=True, slots=True)
class Gauges:
    """Refunds by status: those under way, and those that ended within the last day; those that ask for help, and for
    how many seconds the longest of them has.

    `overdue` counts, by step, those for whom the time is up that reviewer, parcel or inspection has. `payouts` counts
    what moved within the last hour, by gateway and by what became of it. `waiting_for_balance` is what payouts come to
    that wait for a merchant's balance, in minor units by currency. `not_begun`: those that no worker has begun with,
    and for how many seconds the longest of them has waited.
    """

    open: dict[str, int]
    ended: dict[str, int]
    asking: int
    longest_asking_s: float
    waiting_for_balance: dict[str, int]
    overdue: dict[str, int] = field(default_factory=dict)
    payouts: dict[tuple[str, str], int] = field(default_factory=dict)
    not_begun: int = 0
    longest_not_begun_s: float = 0.0


async def gauges(connection: AsyncConnection, merchant_id: str | None = None) -> Gauges:
    """Count the refunds of all merchants, or of one."""
    own, is_open = _of(merchant_id), refunds.c.completed_at.is_(None)
    lately = refunds.c.completed_at > func.now() - literal(LATELY, Interval)
    counted = select(refunds.c.status, func.count().label("refunds")).group_by(refunds.c.status)
    asking = (await connection.execute(_asking(merchant_id))).one()
    waiting = (await connection.execute(_waiting(merchant_id))).one()
    return Gauges(
        open=_by_status((await connection.execute(counted.where(own, is_open))).all()),
        ended=_by_status((await connection.execute(counted.where(own, lately))).all()),
        asking=asking.refunds,
        longest_asking_s=float(asking.longest or 0),
        waiting_for_balance=await _short(connection, merchant_id),
        overdue=await _overdue(connection, merchant_id),
        payouts=await _payouts(connection, merchant_id),
        not_begun=waiting.refunds,
        longest_not_begun_s=max(float(waiting.longest or 0), 0.0),  # a clock put forward makes them of tomorrow
    )


async def _short(connection: AsyncConnection, merchant_id: str | None) -> dict[str, int]:
    is_short = payouts.c.status == PayoutStatus.WAITING_FOR_BALANCE
    own = true() if merchant_id is None else payouts.c.merchant_id == merchant_id
    query = select(payouts.c.currency, func.sum(payouts.c.amount).label("amount")).where(
        own, payouts_undecided, is_short
    )
    return {row.currency: int(row.amount) for row in await connection.execute(query.group_by(payouts.c.currency))}


async def _overdue(connection: AsyncConnection, merchant_id: str | None) -> dict[str, int]:
    step = refunds.c.needs_attention["step"].astext
    query = select(step.label("step"), func.count().label("refunds")).group_by("step")
    asks = refunds.c.completed_at.is_(None) & refunds.c.needs_attention.is_not(None) & step.in_(_HAVE_SLAS)
    counted = await connection.execute(query.where(_of(merchant_id), asks))
    return dict.fromkeys(_HAVE_SLAS, 0) | {row.step: row.refunds for row in counted}


async def _payouts(connection: AsyncConnection, merchant_id: str | None) -> dict[tuple[str, str], int]:
    """By what they went through: the adapter of the merchant's account, as gateways have names of the merchant's own.

    Where there is no account it is the house's sandbox, the kind of payment, or what the customer chose instead.
    """
    account = (gateway_accounts.c.merchant_id == payouts.c.merchant_id) & (
        gateway_accounts.c.gateway_id == payouts.c.gateway
    )
    chosen = case((payouts.c.goes_to != RefundTo.ORIGINAL, payouts.c.goes_to))
    sandbox = case((payouts.c.gateway == "sandbox", payouts.c.gateway))
    through = func.coalesce(chosen, gateway_accounts.c.adapter, sandbox, payouts.c.method).label("through")
    was_paid = (payouts.c.status == PayoutStatus.DECLINED) & (payouts.c.decline_code == _REVERSED)
    outcome = case((was_paid, "reversed"), else_=payouts.c.status).label("outcome")
    own = true() if merchant_id is None else payouts.c.merchant_id == merchant_id
    query = (
        select(through, outcome, func.count().label("payouts"))
        .outerjoin_from(payouts, gateway_accounts, account)
        .where(own, payouts.c.updated_at > func.now() - literal(JUST_NOW, Interval))
        .group_by("through", "outcome")  # by name: a value that is sent twice is two values to PostgreSQL
    )
    return {(row.through, row.outcome): row.payouts for row in await connection.execute(query)}


def _by_status(rows: Sequence[Any]) -> dict[str, int]:
    return {row.status: row.refunds for row in rows}


def _of(merchant_id: str | None) -> ColumnElement[bool]:
    return true() if merchant_id is None else refunds.c.merchant_id == merchant_id


def _waiting(merchant_id: str | None) -> Select[Any, Any]:
    """Who asks for help, and what is taken up after the money has moved, waits for something else than a worker."""
    waits = *not_begun.WAITS, refunds.c.status == RefundStatus.IN_REVIEW, refunds.c.needs_attention.is_(None)
    longest = func.extract("epoch", func.now() - func.min(refunds.c.created_at))
    return select(func.count().label("refunds"), longest.label("longest")).where(_of(merchant_id), *waits)


def _asking(merchant_id: str | None) -> Select[Any, Any]:
    """Since its first call for help that nobody has resolved: it is repeated every day."""
    resolved = refund_events.alias()
    is_resolved = exists().where(
        and_(
            resolved.c.refund_id == refund_events.c.refund_id,
            resolved.c.event == AuditAction.RESOLVED,
            resolved.c.sequence > refund_events.c.sequence,
        )
    )
    since = (
        select(func.min(refund_events.c.at))
        .where(
            refund_events.c.refund_id == refunds.c.refund_id,
            refund_events.c.event == AuditAction.NEEDS_ATTENTION,
            not_(is_resolved),
        )
        .scalar_subquery()
    )
    return select(
        func.count().label("refunds"), func.max(func.extract("epoch", func.now() - since)).label("longest")
    ).where(_of(merchant_id), refunds.c.completed_at.is_(None), refunds.c.needs_attention.is_not(None))
