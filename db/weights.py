"""How much work an order, a refund or a customer makes, before it is read.

Reading a large one takes its time in Python; where that would hold others up, `LIGHT_ONLY` is set and `TooHeavy` is
raised instead. What is compared is what Postgres keeps it in, compressed: a look at the row's header; or how many rows
there are, counted no further than they matter.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Integer, Row, Select, Table, func, literal, select
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


async def refuse_heavy(connection: AsyncConnection, *columns: Column[Any], **whose: Any) -> None:
    """Raise TooHeavy where only light work is wanted and these columns of the rows hold too much together.

    whose: what the rows have in columns of these names.
    """
    if LIGHT_ONLY.get() and (await _held(columns, **whose).on(connection)).scalar_one() > MOST_BYTES:
        raise TooHeavy


@built_once
def _held(columns: tuple[Column[Any], ...], **whose: Any) -> Select[Any]:
    return select(func.coalesce(func.sum(_size(*columns)), 0)).where(*_has(columns[0].table, whose))


async def one_or_none(
    connection: AsyncConnection, *columns: Column[Any], lock: bool = False, **whose: Any
) -> Row[Any] | None:
    """Read the row whose these columns are; raises TooHeavy where only light work is wanted and they hold too much.

    whose: what the row has in columns of these names.
    """
    light_only = LIGHT_ONLY.get()
    row: Row[Any] | None = (await _one(columns, lock, light_only, **whose).on(connection)).one_or_none()
    if row is None and light_only:
        await refuse_heavy(connection, *columns, **whose)
    return row


@built_once
def _one(columns: tuple[Column[Any], ...], lock: bool, light_only: bool, **whose: Any) -> Select[Any]:
    table = columns[0].table
    query = select(table).where(*_has(table, whose))
    query = query.where(_size(*columns) <= MOST_BYTES) if light_only else query
    return query.with_for_update() if lock else query


CountOf = Callable[[Mapping[str, Any]], Select[Any]]
"""A count of what belongs to rows that have this in these columns."""


async def refuse_many(
    connection: AsyncConnection,
    rows: Table,
    *,
    each_of: CountOf | None = None,
    since: tuple[Column[Any], datetime | None] | None = None,
    **whose: Any,
) -> None:
    """Raise TooHeavy where only light work is wanted and there are many of these rows.

    each_of: counts what every one of them is held against; they are many as well if there are many pairs.
    since: only those whose column is of that moment or later; None is all.
    whose: what the rows have in columns of these names.
    """
    if not LIGHT_ONLY.get():
        return
    column, moment = since or (None, None)
    first = None if moment is None else column
    from_ = {} if moment is None else {"from_": moment}
    count, *pairs = tuple((await _some(rows, each_of, first, **whose, **from_).on(connection)).one())
    if _is_many(count, *pairs):
        raise TooHeavy


@built_once
def _some(rows: Table, each_of: CountOf | None, since: Column[Any] | None, **values: Any) -> Select[Any]:
    whose = {name: value for name, value in values.items() if name != "from_"}
    some = select(literal(1, Integer)).select_from(rows).where(*_has(rows, whose))
    some = some if since is None else some.where(since >= values["from_"])
    query = select(select(func.count()).select_from(some.limit(MOST_ROWS + 1).subquery()).scalar_subquery())
    return query if each_of is None else query.add_columns(each_of(whose).scalar_subquery())


def _has(rows: FromClause, whose: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    return [rows.c[name] == value for name, value in whose.items()]


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
