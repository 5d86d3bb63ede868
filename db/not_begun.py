"""Refunds whose first step is still to be done, by merchant, and how many have begun between two looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import refunds

_LATELY = timedelta(seconds=30)
"""Longer than any transaction that makes a refund: whatever is committed from now on says it was made since then."""

WAITS = refunds.c.risk.is_(None), refunds.c.completed_at.is_(None)
"""Whether a refund waits for a worker to begin with it: its risk is the first that a worker writes."""


@dataclass(frozen=True, slots=True)
class NotBegun:
    """What waits at a moment, by merchant; `of_before` of it was made before the look before this.

    made_since: how many refunds were made since a while before that look; made_lately: since as long before this one.
    """

    at: datetime
    by_merchant: dict[str, int]
    of_before: int
    made_since: int
    made_lately: int

    @property
    def waiting(self) -> int:
        return sum(self.by_merchant.values())

    def begun_since(self, before: "NotBegun") -> int:
        """How many have begun between two looks: what waited and what was committed meanwhile, less what waits.

        Who was asked for before the earlier look and is committed after it has not begun by that.
        """
        return max(before.waiting + self.made_since - before.made_lately - self.waiting, 0)


async def look(connection: AsyncConnection, before: NotBegun | None) -> NotBegun:
    """Count what waits, and what is needed to compare it with the look before this."""
    moments = {} if before is None else {"before": before.at, "since": before.at - _LATELY}
    *waiting, made = (await _not_begun(**moments).on(connection)).all()
    by_merchant = {row.merchant_id: row.all for row in waiting}
    return NotBegun(made.at, by_merchant, sum(row.part for row in waiting), made.all, made.part)


async def of_merchant(connection: AsyncConnection, merchant_id: str, limit: int) -> int:
    """Count a merchant's refunds that wait for a worker to begin with them, no further than the limit."""
    waiting = select(refunds.c.refund_id).where(refunds.c.merchant_id == merchant_id, *WAITS).limit(limit)
    return int((await connection.execute(select(func.count()).select_from(waiting.subquery()))).scalar_one())


@built_once
def _not_begun(*, before: Any = None, since: Any = None) -> CompoundSelect[Any]:
    """Count what waits by merchant: all, and the part of before; in the last row what was made since, and lately."""
    created, ended = refunds.c.created_at, refunds.c.completed_at
    of_before = func.count() if before is None else func.count().filter(created <= before)
    waiting = select(func.now().label("at"), refunds.c.merchant_id, func.count().label("all"), of_before.label("part"))
    waiting = waiting.where(*WAITS).group_by(refunds.c.merchant_id)
    lately = func.now() - _LATELY
    start = lately if since is None else since
    # What is open and what has ended have an index each, and whatever was made since has ended since.
    made = union_all(*(select(created).where(created > start, part) for part in (ended.is_(None), ended > start)))
    made_at = made.subquery().c.created_at
    of_lately = func.count().filter(made_at > lately)
    return waiting.union_all(
        select(func.now().label("at"), null().label("merchant_id"), func.count(made_at), of_lately)
    ).order_by("merchant_id")
