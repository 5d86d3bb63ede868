"""How refunds stand, counted through the indexes of what is open and of what ended lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Interval, Select, and_, exists, func, literal, not_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import payouts, payouts_undecided, refund_events, refunds
from domain.lifecycle import PayoutStatus

LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Gauges:
    """Refunds by status: those under way, and those that ended within the last day; those that ask for help, and for
    how many seconds the longest of them has.

    `waiting_for_balance` is what payouts come to that wait for a merchant's balance, in minor units by currency.
    """

    open: dict[str, int]
    ended: dict[str, int]
    asking: int
    longest_asking_s: float
    waiting_for_balance: dict[str, int]


async def gauges(connection: AsyncConnection, merchant_id: str | None = None) -> Gauges:
    """Count the refunds of all merchants, or of one."""
    own, is_open = _of(merchant_id), refunds.c.completed_at.is_(None)
    lately = refunds.c.completed_at > func.now() - literal(LATELY, Interval)
    counted = select(refunds.c.status, func.count().label("refunds")).group_by(refunds.c.status)
    asking = (await connection.execute(_asking(merchant_id))).one()
    return Gauges(
        open=_by_status((await connection.execute(counted.where(own, is_open))).all()),
        ended=_by_status((await connection.execute(counted.where(own, lately))).all()),
        asking=asking.refunds,
        longest_asking_s=float(asking.longest or 0),
        waiting_for_balance=await _short(connection, merchant_id),
    )


async def _short(connection: AsyncConnection, merchant_id: str | None) -> dict[str, int]:
    is_short = payouts.c.status == PayoutStatus.WAITING_FOR_BALANCE
    own = true() if merchant_id is None else payouts.c.merchant_id == merchant_id
    query = select(payouts.c.currency, func.sum(payouts.c.amount).label("amount")).where(
        own, payouts_undecided, is_short
    )
    return {row.currency: int(row.amount) for row in await connection.execute(query.group_by(payouts.c.currency))}


def _by_status(rows: Sequence[Any]) -> dict[str, int]:
    return {row.status: row.refunds for row in rows}


def _of(merchant_id: str | None) -> ColumnElement[bool]:
    return true() if merchant_id is None else refunds.c.merchant_id == merchant_id


def _asking(merchant_id: str | None) -> Select[Any, Any]:
    """Since its first call for help that nobody has resolved: it is repeated every day."""
    resolved = refund_events.alias()
    is_resolved = exists().where(
        and_(
            resolved.c.refund_id == refund_events.c.refund_id,
            resolved.c.event == "resolved",
            resolved.c.sequence > refund_events.c.sequence,
        )
    )
    since = (
        select(func.min(refund_events.c.at))
        .where(
            refund_events.c.refund_id == refunds.c.refund_id,
            refund_events.c.event == "needs_attention",
            not_(is_resolved),
        )
        .scalar_subquery()
    )
    return select(
        func.count().label("refunds"), func.max(func.extract("epoch", func.now() - since)).label("longest")
    ).where(_of(merchant_id), refunds.c.completed_at.is_(None), refunds.c.needs_attention.is_not(None))
