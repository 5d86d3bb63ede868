"""How far each merchant's payouts have been compared with the providers' books, so that only what moved is again.

A round costs what has moved since the last one, however many merchants and payouts there are.
"""

from datetime import datetime, timedelta

from sqlalchemy import DateTime, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import compared_books, payouts, watermarks

_AT_LEAST_EVERY = timedelta(minutes=10)
_FULLY_EVERY = timedelta(days=1)
_OVERLAP = timedelta(minutes=5)
"""Takes in what was still moving, transactions that end late, and clocks that differ."""

_AT_ONCE = 200
"""More merchants than this are compared in the next round."""

_MOVES = "payouts"


async def due(
    connection: AsyncConnection, now: datetime, looks_back: timedelta, at_once: int = _AT_ONCE
) -> dict[str, datetime]:
    """List the merchants to be compared now, at most `at_once`, with the time from which on.

    What moved at our side since the last time, whatever moved at a provider's every ten minutes, and all of
    `looks_back` once a day.
    """
    await _have_what_moved_compared(connection, now)
    columns = compared_books.c.merchant_id, compared_books.c.until, compared_books.c.fully_at
    query = select(*columns).where(compared_books.c.due_at <= now).order_by(compared_books.c.due_at).limit(at_once)
    found = await connection.execute(query)
    return {row.merchant_id: _since(row.until, row.fully_at, now, looks_back) for row in found}


def _since(until: datetime | None, fully_at: datetime | None, now: datetime, looks_back: timedelta) -> datetime:
    is_full = until is None or fully_at is None or fully_at < now - _FULLY_EVERY
    return now - looks_back if until is None or is_full else until - _OVERLAP


async def _have_what_moved_compared(connection: AsyncConnection, now: datetime) -> None:
    """Move the watermark on, and have the merchants compared whose payouts moved beyond what was compared of them."""
    known = await connection.execute(select(watermarks.c.at).where(watermarks.c.name == _MOVES).with_for_update())
    since: datetime | None = known.scalar_one_or_none()
    moves = select(payouts.c.merchant_id, func.max(payouts.c.updated_at).label("newest"))
    if since is not None:
        moves = moves.where(payouts.c.updated_at >= since - _OVERLAP)
    moved = moves.group_by(payouts.c.merchant_id).cte("moved")
    new = select(moved.c.merchant_id, literal(now, DateTime(timezone=True)))
    made = insert(compared_books).from_select(["merchant_id", "due_at"], new).on_conflict_do_nothing()
    await connection.execute(made)
    is_news = or_(compared_books.c.until.is_(None), moved.c.newest >= compared_books.c.until - _OVERLAP)
    again = update(compared_books).where(compared_books.c.merchant_id == moved.c.merchant_id, is_news)
    await connection.execute(again.where(compared_books.c.due_at > now).values(due_at=now))
    reached = insert(watermarks).values(name=_MOVES, at=func.now())
    await connection.execute(reached.on_conflict_do_update(index_elements=["name"], set_={"at": func.now()}))


async def note(connection: AsyncConnection, merchant_id: str, until: datetime, *, is_full: bool) -> None:
    """Write down that a merchant's books were compared until then."""
    done = {"until": until, "due_at": until + _AT_LEAST_EVERY, **({"fully_at": until} if is_full else {})}
    statement = insert(compared_books).values(merchant_id=merchant_id, **done)
    await connection.execute(statement.on_conflict_do_update(index_elements=["merchant_id"], set_=done))
