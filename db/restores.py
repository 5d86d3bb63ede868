"""That the database came back from an older copy, and whether people have looked up what it does not know since."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Executable, cast, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import orders, watermarks

_BROUGHT_BACK, _LOOKED_UP = "brought_back", "looked_up"


async def note_brought_back(connection: AsyncConnection, known: datetime | None = None) -> bool:
    """Note that it is brought back, now; tell whether that is news.

    `known` is of when the world knows something that the database does not: a restore that was noted after that is
    this one.
    """
    made = insert(watermarks).values(name=_BROUGHT_BACK, at=func.now())
    is_news = watermarks.c.at < known if known else None
    made = made.on_conflict_do_update(index_elements=["name"], set_={"at": func.now()}, where=is_news)
    return (await connection.execute(made.returning(watermarks.c.at))).first() is not None


async def note_looked_up(connection: AsyncConnection) -> datetime | None:
    """Note that people know all that was paid back meanwhile; return when it was brought back, None: never."""
    at = (await connection.execute(select(watermarks.c.at).where(watermarks.c.name == _BROUGHT_BACK))).scalar()
    if at is not None:
        made = insert(watermarks).values(name=_LOOKED_UP, at=func.now())
        await connection.execute(made.on_conflict_do_update(index_elements=["name"], set_={"at": func.now()}))
    return at


async def of_payments(connection: AsyncConnection, merchant_id: str, order_id: str) -> datetime | None:
    """When it was brought back, if payments of an order may have been captured before and nobody has looked since."""
    return (await _of_payments(merchant_id=merchant_id, order_id=order_id).on(connection)).scalar()


@built_once
def _of_payments(*, merchant_id: Any, order_id: Any) -> Executable:
    looked_up = watermarks.alias()
    have_looked = exists().where(looked_up.c.name == _LOOKED_UP, looked_up.c.at >= watermarks.c.at)
    sold = (orders.c.merchant_id == merchant_id) & (orders.c.order_id == order_id)
    moments = [cast(orders.c.snapshot[name].astext, DateTime(timezone=True)) for name in ("placed_at", "paid_at")]
    is_younger = exists().where(sold, func.least(*moments) > watermarks.c.at)
    return select(watermarks.c.at).where(watermarks.c.name == _BROUGHT_BACK, ~have_looked, ~is_younger)
