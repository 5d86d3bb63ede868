"""How far each merchant's payouts have been compared with the providers' books, so that only what moved is again."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import compared_books, payouts

_MOVED_WITHIN = timedelta(hours=1)
_AT_LEAST_EVERY = timedelta(minutes=10)
_FULLY_EVERY = timedelta(days=1)
_OVERLAP = timedelta(minutes=5)
_AT_ONCE = 200
"""More merchants than this are compared in the next round."""


async def due(
    connection: AsyncConnection, now: datetime, looks_back: timedelta, at_once: int = _AT_ONCE
) -> dict[str, datetime]:
    """List the merchants to be compared now, at most `at_once`, with the time from which on.

    What moved at our side since the last time, whatever moved at a provider's every ten minutes, and all of
    `looks_back` once a day. The overlap takes in what was still moving, and clocks that differ.
    """
    moved = select(payouts.c.merchant_id).where(payouts.c.updated_at >= now - _MOVED_WITHIN).distinct()
    statement = insert(compared_books).from_select(["merchant_id"], moved)
    await connection.execute(statement.on_conflict_do_nothing())
    newest = (
        select(func.max(payouts.c.updated_at))
        .where(payouts.c.merchant_id == compared_books.c.merchant_id)
        .scalar_subquery()
    )
    until, fully_at = compared_books.c.until, compared_books.c.fully_at
    is_due = or_(until.is_(None), until < now - _AT_LEAST_EVERY, newest >= until - _OVERLAP)
    query = select(compared_books).where(is_due).order_by(until.asc().nulls_first()).limit(at_once)
    found = await connection.execute(query.with_only_columns(compared_books.c.merchant_id, until, fully_at))
    return {row.merchant_id: _since(row.until, row.fully_at, now, looks_back) for row in found}


def _since(until: datetime | None, fully_at: datetime | None, now: datetime, looks_back: timedelta) -> datetime:
    is_full = until is None or fully_at is None or fully_at < now - _FULLY_EVERY
    return now - looks_back if until is None or is_full else until - _OVERLAP


async def note(connection: AsyncConnection, merchant_id: str, until: datetime, *, is_full: bool) -> None:
    """Write down that a merchant's books were compared until then."""
    done = {"until": until, **({"fully_at": until} if is_full else {})}
    statement = insert(compared_books).values(merchant_id=merchant_id, **done)
    await connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id"], set_=done))
