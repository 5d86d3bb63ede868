"""How much work an order, a refund or a customer makes, before it is read.

Reading a large one takes its time in Python; where that would hold others up, `LIGHT_ONLY` is set and `TooHeavy` is
raised instead. What is compared is what Postgres keeps it in, compressed: a look at the row's header; or how many rows
there are, counted no further than they matter.
"""

from contextvars import ContextVar
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Row, Select, Table, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import campaigns, orders, refunds

LIGHT_ONLY: ContextVar[bool] = ContextVar("light_only", default=False)

MOST_BYTES = 12 * 1024
"""About two hundred and fifty lines without a discount, or twenty-five with ten each."""

MOST_ROWS = 1_000
"""So many rows are read in a few hundredths of a second."""

MOST_PAIRS = 4 * MOST_ROWS
"""Pairs are looked at without reading anything: so many take no longer."""


class TooHeavy(Exception):
    """What was about to be read is too large for here; what was done so far is undone with its transaction."""


async def refuse_heavy(connection: AsyncConnection, whose: ColumnElement[bool], *columns: Any) -> None:
    """Raise TooHeavy where only light work is wanted and these columns of the rows hold too much together."""
    if not LIGHT_ONLY.get():
        return
    held = (await connection.execute(select(func.coalesce(func.sum(_size(*columns)), 0)).where(whose))).scalar_one()
    if held > MOST_BYTES:
        raise TooHeavy


async def one_or_none(
    connection: AsyncConnection, table: Table, whose: ColumnElement[bool], *columns: Any, lock: bool = False
) -> Row[Any] | None:
    """Read one row whose these columns are; raises TooHeavy where only light work is wanted and they hold too much."""
    query = select(table).where(whose)
    query = query.with_for_update() if lock else query
    if not LIGHT_ONLY.get():
        found: Row[Any] | None = (await connection.execute(query)).one_or_none()
        return found
    row: Row[Any] | None = (await connection.execute(query.where(_size(*columns) <= MOST_BYTES))).one_or_none()
    if row is None:
        await refuse_heavy(connection, whose, *columns)
    return row


async def refuse_many(
    connection: AsyncConnection, rows: FromClause, whose: ColumnElement[bool], *, each_of: Select[Any] | None = None
) -> None:
    """Raise TooHeavy where only light work is wanted and there are many of these rows.

    each_of: counts what every one of them is held against; they are many as well if there are many pairs.
    """
    if not LIGHT_ONLY.get():
        return
    some = select(literal(1, Integer)).select_from(rows).where(whose).limit(MOST_ROWS + 1).subquery()
    query = select(select(func.count()).select_from(some).scalar_subquery())
    if each_of is not None:
        query = query.add_columns(each_of.scalar_subquery())
    count, *pairs = (await connection.execute(query)).one()
    if _is_many(count, *pairs):
        raise TooHeavy


async def is_heavy(connection: AsyncConnection, refund_id: str) -> bool:
    """Whether the order of a refund is large, or its customer has many orders; what we don't know is not."""
    row = (await _weight(refund_id=refund_id).on(connection)).one_or_none()
    if row is None:
        return False
    size, count, each = tuple(row)
    return bool(size > MOST_BYTES or _is_many(count, each))


@built_once
def _weight(*, refund_id: Any) -> Select[Any]:
    held = _size(orders.c.snapshot, orders.c.sale)
    theirs = orders.alias()
    is_theirs = (theirs.c.merchant_id == refunds.c.merchant_id) & (theirs.c.customer_id == refunds.c.customer_id)
    bought = select(func.count()).select_from(theirs).where(is_theirs).correlate(refunds).scalar_subquery()
    theirs_too = campaigns.c.merchant_id == refunds.c.merchant_id
    held_against = select(func.count()).select_from(campaigns).where(theirs_too).correlate(refunds).scalar_subquery()
    return select(held, bought, held_against).select_from(refunds.join(orders)).where(refunds.c.refund_id == refund_id)


def _size(*columns: Any) -> Any:
    """What Postgres keeps these columns of a row in, together."""
    return sum((func.coalesce(func.pg_column_size(column, type_=Integer), 0) for column in columns), literal(0))


def _is_many(count: int, *held_against: int) -> bool:
    return count > MOST_ROWS or any(count * each > MOST_PAIRS for each in held_against)
