"""What merchants keep for a while only, and what is over of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time
from db.codec import from_json
from db.schema import bulk_lines, bulks, customers, erasures, orders, policies, refunds
from domain.policy import Policy, Retention

_BULKS_AT_ONCE = 20

ended: ColumnElement[Any] = func.coalesce(bulks.c.completed_at, bulks.c.stopped_at)
"""When a bulk ended; null where it has not."""


async def chosen(connection: AsyncConnection) -> dict[str, Retention]:
    """Return what merchants have chosen, where it is not as usual, by merchant."""
    newest = (
        select(policies.c.merchant_id, policies.c.document)
        .ext(distinct_on(policies.c.merchant_id))
        .order_by(policies.c.merchant_id, policies.c.version.desc())
    )
    rows = await connection.execute(newest)
    read = ((row.merchant_id, from_json(Policy, row.document).retention) for row in rows)
    return {merchant_id: retention for merchant_id, retention in read if retention != Retention()}


async def idle_customers(
    connection: AsyncConnection, merchant_id: str, kept: timedelta, *, after: str, limit: int
) -> Sequence[str]:
    """List customers of whom nothing has come for so long, and who were not erased since, by their ids after this."""
    query = select(customers.c.customer_id).where(customers.c.merchant_id == merchant_id, _is_idle(kept))
    query = query.where(customers.c.customer_id > after).order_by(customers.c.customer_id).limit(limit)
    return (await connection.execute(query)).scalars().all()


async def is_idle(connection: AsyncConnection, merchant_id: str, customer_id: str, kept: timedelta) -> bool:
    theirs = (customers.c.merchant_id == merchant_id) & (customers.c.customer_id == customer_id)
    query = select(customers.c.customer_id).where(theirs, _is_idle(kept))
    return (await connection.execute(query)).first() is not None


def _is_idle(kept: timedelta) -> ColumnElement[bool]:
    """Nothing of theirs is younger, and no refund is open; a guest goes with the customer who has what they bought."""
    over: ColumnElement[Any] = merchant_time.now() - kept
    is_young = or_(
        refunds.c.completed_at.is_(None), refunds.c.completed_at >= over, refunds.c.needs_attention.is_not(None)
    )
    busy = (
        exists().where(_theirs(orders.c), orders.c.created_at >= over),
        exists().where(_theirs(refunds.c), is_young),
        exists().where(_theirs(refunds.c, "beneficiary"), is_young),
    )
    erased_at = select(func.max(erasures.c.erased_at)).where(_theirs(erasures.c)).correlate(customers).scalar_subquery()
    came_back = exists().where(_theirs(orders.c), orders.c.created_at > erased_at)
    is_erased = erased_at.is_not(None) & ~came_back
    return (customers.c.created_at < over) & customers.c.given_to.is_(None) & ~or_(*busy) & ~is_erased


def _theirs(of: Any, name: str = "customer_id") -> ColumnElement[bool]:
    theirs: ColumnElement[bool] = (of.merchant_id == customers.c.merchant_id) & (of[name] == customers.c.customer_id)
    return theirs


async def forget_bulks(connection: AsyncConnection, merchant_id: str, kept: timedelta) -> bool:
    """Forget some bulks that ended so long ago, with their lines; tell whether there may be more."""
    old = select(bulks.c.bulk_id).where(bulks.c.merchant_id == merchant_id, ended < func.now() - kept)
    old = old.order_by(bulks.c.created_at).limit(_BULKS_AT_ONCE).with_for_update(skip_locked=True)
    some = (await connection.execute(old)).scalars().all()
    await connection.execute(delete(bulk_lines).where(bulk_lines.c.bulk_id.in_(some)))
    await connection.execute(delete(bulks).where(bulks.c.bulk_id.in_(some)))
    return len(some) == _BULKS_AT_ONCE
