"""What time it is for a merchant: the time of all, and as much later as their test clock says (0107).

In SQL it is `now()` of this module, for what one merchant's transaction does, and `is_over` for what looks through
everybody's rows. In Python it is `domain/clock.py`, within `of_merchant_in_time`. A deployment without test clocks
calls nothing of this `use`, and asks for nothing.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Interval, and_, event, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.built import built_once
from db.engine import snapshots
from db.schema import test_clocks
from db.whose import of_merchant
from domain import clock

_MICROSECOND = timedelta(microseconds=1)

_NOTHING = timedelta()

_engine: AsyncEngine | None = None


def use(engine: AsyncEngine) -> None:
    """Go by merchants' test clocks from now on, in all that this engine begins."""
    global _engine
    _engine = engine
    event.listen(engine.sync_engine, "connect", _tell_its_time)


def are_used() -> bool:
    return _engine is not None


def _tell_its_time(connection: Any, _record: Any) -> None:
    connection.driver_connection.tells_merchants_time = True


def now() -> Any:
    """When the transaction began, for the merchant whose it is."""
    return func.now(type_=DateTime(timezone=True)) + func.merchant_ahead(type_=Interval)


def statement_now() -> Any:
    """When the statement began. A transaction may have begun before others that wrote to the same timeline."""
    return func.statement_timestamp(type_=DateTime(timezone=True)) + func.merchant_ahead(type_=Interval)


def is_over(moment: Any, merchant_id: Any, for_: Any = _NOTHING) -> ColumnElement[bool]:
    """Whether a moment of whichever merchant's row is over, and has been for so long.

    That it is over by the clock that is most ahead is asked first: it is one figure, and an index goes by it.
    """
    most_us = select(func.coalesce(func.max(test_clocks.c.ahead_us), 0)).scalar_subquery()
    of_all = func.now(type_=DateTime(timezone=True))
    is_of_somebody = moment < of_all + most_us * literal(_MICROSECOND, Interval) - for_
    return and_(is_of_somebody, is_over_of_found(moment, merchant_id, for_))


def is_over_of_found(moment: Any, merchant_id: Any, for_: Any = _NOTHING) -> ColumnElement[bool]:
    """The same of rows that are found by something else: no index is to go by the moment."""
    theirs = func.now(type_=DateTime(timezone=True)) + func.merchant_ahead(merchant_id, type_=Interval)
    is_theirs: ColumnElement[bool] = moment < theirs - for_
    return is_theirs


async def ahead(merchant_id: str) -> timedelta:
    """How far a merchant's clock is ahead; nothing is asked where there are no test clocks."""
    if _engine is None:
        return timedelta()
    with of_merchant(merchant_id):
        async with snapshots(_engine).connect() as connection:
            return await ahead_of(connection, merchant_id)


async def ahead_of(connection: AsyncConnection, merchant_id: str) -> timedelta:
    return (await stands(connection, merchant_id)).ahead


@dataclass(frozen=True, slots=True)
class ClockStands:
    """How far a clock is ahead, and how far it is to be: it goes from one moment at which something is due to the next.

    now: what time it is by it.
    """

    ahead: timedelta
    goes_to: timedelta
    now: datetime

    @property
    def left(self) -> timedelta:
        return self.goes_to - self.ahead


async def stands(connection: AsyncConnection, merchant_id: str) -> ClockStands:
    row = (await _stands(merchant_id=merchant_id).on(connection)).one()
    ahead = row.ahead_us * _MICROSECOND
    return ClockStands(ahead, row.goes_to_us * _MICROSECOND, row.at + ahead)


@built_once
def _stands(*, merchant_id: Any) -> Any:
    is_it = test_clocks.c.merchant_id == merchant_id
    known = (func.coalesce(select(each).where(is_it).scalar_subquery(), 0) for each in (_AHEAD, _GOES_TO))
    return select(*(each.label(name) for each, name in zip(known, ("ahead_us", "goes_to_us"), strict=True)), _AT)


_AHEAD, _GOES_TO = test_clocks.c.ahead_us, test_clocks.c.goes_to_us
_AT = func.clock_timestamp(type_=DateTime(timezone=True)).label("at")


async def who_are_ahead(connection: AsyncConnection, for_: timedelta) -> Sequence[str]:
    """Name the merchants whose clocks are ahead and have not moved for so long, of those whose rows are seen."""
    stands_still = test_clocks.c.moved_at <= func.now(type_=DateTime(timezone=True)) - for_
    ahead = select(test_clocks.c.merchant_id).where(_AHEAD > 0, stands_still).order_by(test_clocks.c.merchant_id)
    return (await connection.execute(ahead)).scalars().all()


@asynccontextmanager
async def of_merchant_in_time(merchant_id: str) -> AsyncIterator[None]:
    """See rows of one merchant alone, and be told their time."""
    with clock.ahead_by(await ahead(merchant_id)), of_merchant(merchant_id):
        yield


async def send_on(connection: AsyncConnection, merchant_id: str, by: timedelta) -> None:
    """Have a clock go further than it was to go."""
    first = {"merchant_id": merchant_id, "ahead_us": 0, "goes_to_us": by // _MICROSECOND}
    further = {"goes_to_us": _GOES_TO + by // _MICROSECOND}
    await connection.execute(
        insert(test_clocks).values(first).on_conflict_do_update(index_elements=["merchant_id"], set_=further)
    )


async def move(connection: AsyncConnection, merchant_id: str, before: timedelta, after: timedelta) -> bool:
    """Put a clock forward; False where somebody else has moved it meanwhile."""
    is_it = (test_clocks.c.merchant_id == merchant_id) & (before // _MICROSECOND == _AHEAD)
    moved = update(test_clocks).where(is_it).values(ahead_us=after // _MICROSECOND, moved_at=func.now())
    return bool((await connection.execute(moved)).rowcount)
