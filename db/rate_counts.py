"""How often somebody did what is limited, counted in PostgreSQL: one statement, whichever process asks.

A count begins with the first time, and begins anew with the first after its window has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, extract, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import rate_counts

_FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class CountedUse:
    """Something that was done `times` more by a subject; the count of it ends when `window` is over."""

    quota: str
    subject: str
    window: timedelta
    times: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    """How often it was done in this window, now included, and in how many seconds the window ends."""

    count: int
    ends_in_s: float


async def add(connection: AsyncConnection, those: Sequence[CountedUse]) -> list[Count]:
    """Count all of these, each subject of a quota once, and return the counts in their order.

    Their rows are locked in one order, so that nobody waits in a circle.
    """
    in_order = sorted(those, key=lambda each: (each.quota, each.subject))
    rows = [
        {"quota": each.quota, "subject": each.subject, "count": each.times, "ends_at": func.now() + each.window}
        for each in in_order
    ]
    new = insert(rate_counts).values(rows)
    is_over = rate_counts.c.ends_at <= func.now()
    counted = new.on_conflict_do_update(
        index_elements=["quota", "subject"],
        set_={
            "count": case((is_over, new.excluded["count"]), else_=rate_counts.c["count"] + new.excluded["count"]),
            "ends_at": case((is_over, new.excluded.ends_at), else_=rate_counts.c.ends_at),
        },
    )
    ends_in_s = extract("epoch", rate_counts.c.ends_at - func.now())
    told = counted.returning(
        rate_counts.c.quota, rate_counts.c.subject, rate_counts.c["count"].label("times"), ends_in_s.label("ends_in_s")
    )
    found = {(row.quota, row.subject): Count(row.times, float(row.ends_in_s)) for row in await connection.execute(told)}
    return [found[each.quota, each.subject] for each in those]


async def forget_old(connection: AsyncConnection) -> int:
    """Forget counts whose window is over, so many at once that nobody waits long; tell how many."""
    key = rate_counts.c.quota, rate_counts.c.subject
    old = select(*key).where(rate_counts.c.ends_at < func.now()).order_by(rate_counts.c.ends_at)
    some = old.limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    return (await connection.execute(delete(rate_counts).where(tuple_(*key).in_(some)))).rowcount
