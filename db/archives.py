"""What goes from tables that only grow is written to files first, month by month: what a part of one holds, and which
parts there are.

A part is *announced*, then its file is stored, then its rows go, all of them in the transaction that notes it. So a row
is in the tables or in a file that is stored, and in one part, wherever a program ends in between.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ARRAY,
    CTE,
    Column,
    ColumnElement,
    Date,
    Select,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db import forgotten_messages, retention, webhook_events
from db.application_role import wanted
from db.built import one_of
from db.personal_data import PLACES
from db.schema import (
    archives,
    bulk_lines,
    bulks,
    deliveries,
    idempotency_keys,
    messages,
    refunds,
    webhook_attempts,
    webhook_deliveries,
)
from db.schema import webhook_events as events


class Archived(StrEnum):
    """What is archived before it goes."""

    WEBHOOK_EVENTS = "webhook_events"
    BULK_REFUNDS = "bulk_refunds"
    IDEMPOTENCY_KEYS = "idempotency_keys"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class _Belonging:
    """Rows that are archived with another; `to` is its key, as they or who they belong to have it."""

    table: Table
    to: Column[Any]


Gone = Callable[[AsyncConnection, "Gathered"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table, and those whose rows are archived with its own.

    at: by this a row belongs to a month. goes: what may go. at_once: so many of them make a part at most. let_go has
    them go.
    """

    table: Table
    key: str
    at: ColumnElement[Any]
    goes: ColumnElement[bool]
    at_once: int
    let_go: Gone
    with_it: tuple[_Belonging, ...] = ()


def _deleted(table: Table, *before: Column[Any]) -> Gone:
    """Delete rows, before them those that have their keys in these columns."""

    async def let_go(connection: AsyncConnection, batch: "Gathered") -> None:
        for column in before:
            await connection.execute(delete(column.table).where(one_of(column, batch.keys)))
        there = text(f"delete from {table.name} where ctid = any(cast(:places as tid[]))")  # noqa: S608
        await connection.execute(there, {"places": list(batch.places)})

    return let_go


async def _forgotten(connection: AsyncConnection, batch: "Gathered") -> None:
    """Their refunds stay."""
    await forgotten_messages.forget(connection, batch.keys, batch.found[messages])


_ROWS: Mapping[Archived, _Rows] = {
    Archived.WEBHOOK_EVENTS: _Rows(
        *(events, "event_id", events.c.at, ~webhook_events.WAITS, 5_000, _deleted(events)),
        with_it=tuple(_Belonging(each, each.c.event_id) for each in (webhook_deliveries, webhook_attempts)),
    ),
    Archived.BULK_REFUNDS: _Rows(
        *(bulks, "bulk_id", retention.ended, true(), 5, _deleted(bulks, bulk_lines.c.bulk_id)),
        with_it=(_Belonging(bulk_lines, bulk_lines.c.bulk_id),),
    ),
    Archived.IDEMPOTENCY_KEYS: _Rows(
        *(idempotency_keys, "key", idempotency_keys.c.created_at, true(), 10_000, _deleted(idempotency_keys)),
    ),
    Archived.MESSAGES: _Rows(
        *(refunds, "refund_id", refunds.c.completed_at, forgotten_messages.MAY_GO, 500, _forgotten),
        with_it=(_Belonging(messages, messages.c.refund_id), _Belonging(deliveries, messages.c.refund_id)),
    ),
}


@dataclass(frozen=True, slots=True)
class Month:
    """What is archived of a merchant's rows of one month; `month` is its first day."""

    merchant_id: str
    kind: Archived
    month: date

    def __str__(self) -> str:
        return f"{self.kind} of {self.merchant_id} in {self.month:%Y-%m}"

    @property
    def ends_before(self) -> date:
        return (self.month + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Some rows of a month, oldest first, as lines of JSON, each with the name of its table and nothing personal.

    found: how many belong to them, by their table.
    """

    places: Sequence[str]
    keys: Sequence[str]
    lines: Sequence[str]
    found: Mapping[Table, int]

    @property
    def content(self) -> bytes:
        return "".join(f"{line}\n" for line in self.lines).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """A file of a month: `number` counts them from 1, `sha256` is of its lines, uncompressed."""

    month: Month
    number: int
    sha256: str
    lines: int

    @property
    def name(self) -> str:
        """Of the file: no other content has it, so a late attempt overwrites nothing."""
        of = self.month
        return f"{quote(of.merchant_id, safe='')}/{of.kind}/{of.month:%Y-%m}-{self.number:04}-{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class NextPart:
    """Which part of a month comes next; `announced` is the name of its file where somebody began with it."""

    number: int
    announced: str | None


# What is to go


async def due(
    connection: AsyncConnection,
    kind: Archived,
    kept: timedelta,
    *,
    of_merchant: str | None = None,
    but_of: Sequence[str] = (),
) -> list[Month]:
    """List of each merchant the oldest whole month that ended so long ago and of which something is still here.

    Of one merchant, or of all but these. However much there is, a row or two are read for each merchant.
    """
    rows = _ROWS[kind]
    whose = _merchants(rows.table) if of_merchant is None else select(literal(of_merchant).label(_WHOSE)).cte()
    oldest = _oldest_month(rows, kept, rows.table.c.merchant_id == whose.c.merchant_id).correlate(whose)
    months = select(whose.c.merchant_id, oldest.scalar_subquery().label("month"))
    each = months.where(whose.c.merchant_id.not_in(but_of)).subquery()
    query = select(each).where(each.c.month.is_not(None)).order_by(each.c.month, each.c.merchant_id)
    return [Month(merchant_id, kind, begins) for merchant_id, begins in await connection.execute(query)]


async def following(connection: AsyncConnection, month: Month, kept: timedelta) -> Month | None:
    """Return that merchant's next whole month that ended so long ago and of which something is still here."""
    rows = _ROWS[month.kind]
    later = rows.at >= datetime.combine(month.ends_before, time(), UTC)
    oldest = _oldest_month(rows, kept, rows.table.c.merchant_id == month.merchant_id, later)
    begins = (await connection.execute(oldest)).scalar_one_or_none()
    return None if begins is None else replace(month, month=begins)


def _oldest_month(rows: _Rows, kept: timedelta, *which: ColumnElement[bool]) -> Select[Any]:
    is_over = rows.at < func.date_trunc(_MONTH, func.now() - kept)
    month = cast(func.date_trunc(_MONTH, rows.at), Date)
    return select(month).where(*which, is_over, rows.goes).order_by(rows.at).limit(1)


def _merchants(table: Table) -> CTE:
    """Who has rows, from one merchant to the next by the index; PostgreSQL before 18 would read each row for that."""
    first = select(func.min(table.c.merchant_id).label(_WHOSE)).cte("merchants", recursive=True)
    after_that = select(func.min(table.c.merchant_id)).where(table.c.merchant_id > first.c.merchant_id)
    going_on = select(after_that.correlate(first).scalar_subquery()).where(first.c.merchant_id.is_not(None))
    return first.union_all(going_on)


_MONTH = literal("month", Text)
_WHOSE = "merchant_id"


async def gather(connection: AsyncConnection, month: Month) -> Gathered:
    """Read what the next part of a month is to hold; nothing where nothing is left."""
    return await _gather(connection, month, lambda query, _: query)


async def _gather(
    connection: AsyncConnection, month: Month, held: Callable[[Select[Any], Table], Select[Any]]
) -> Gathered:
    rows = _ROWS[month.kind]
    begins, ends = (datetime.combine(each, time(), UTC) for each in (month.month, month.ends_before))
    table, key = rows.table, rows.table.c[rows.key]
    query = select(literal_column(f"{table.name}.ctid::text"), key, _line(table))
    query = query.where(table.c.merchant_id == month.merchant_id, rows.at >= begins, rows.at < ends, rows.goes)
    first = query.order_by(rows.at, *table.primary_key).limit(rows.at_once)
    found = [tuple(row) for row in await connection.execute(held(first, table))]
    keys = [key for _, key, _ in found]
    with_them = {each.table: await _lines_with(connection, each, keys, held) for each in rows.with_it}
    lines = [[line, *(more for each in with_them.values() for more in each.get(key, ()))] for _, key, line in found]
    counts = {table: sum(map(len, each.values())) for table, each in with_them.items()}
    return Gathered([place for place, _, _ in found], keys, [line for each in lines for line in each], counts)


async def _lines_with(
    connection: AsyncConnection,
    belonging: _Belonging,
    keys: Sequence[str],
    held: Callable[[Select[Any], Table], Select[Any]],
) -> Mapping[str, list[str]]:
    table, to = belonging.table, belonging.to
    belongs = table if to.table is table else table.join(to.table)
    query = select(to, _line(table)).select_from(belongs).where(one_of(to, keys))
    query = query.order_by(*table.primary_key)
    lines: dict[str, list[str]] = {}
    for of, line in await connection.execute(held(query, table)):
        lines.setdefault(of, []).append(line)
    return lines


def _line(table: Table) -> ColumnElement[str]:
    """A row as it lies, without what is personal (`db/personal_data.py`): an erasure can't reach a file."""
    row = func.to_jsonb(literal_column(table.name))
    left_out = literal(PLACES[table].personal.split(), ARRAY(Text))
    named = func.jsonb_build_object(literal("table", Text), literal(table.name, Text))
    return cast(named.op("||")(row.op("-")(left_out)), Text)


# What is written of it


async def next_part(connection: AsyncConnection, month: Month) -> NextPart:
    query = select(archives.c.part, archives.c.name, archives.c.stored_at).where(_of(month))
    last = (await connection.execute(query.order_by(archives.c.part.desc()).limit(1))).one_or_none()
    if last is None:
        return NextPart(1, None)
    return NextPart(last.part, last.name) if last.stored_at is None else NextPart(last.part + 1, None)


async def announce(connection: AsyncConnection, part: ArchivePart) -> None:
    """Say that there will be a file, in the place of one that was announced and is gone."""
    said = {"name": part.name, "sha256": part.sha256, "lines": part.lines, "announced_at": func.now()}
    is_open = _is(part) & archives.c.stored_at.is_(None)
    if not (await connection.execute(update(archives).where(is_open).values(said))).rowcount:
        of = part.month
        its = {"merchant_id": of.merchant_id, "kind": of.kind, "month": of.month, "part": part.number}
        await connection.execute(insert(archives).values({**its, **said}))


async def let_go(connection: AsyncConnection, part: ArchivePart) -> bool:
    """Have the rows of a part go whose file is stored.

    Tell whether they have: where they are not what was announced any more, nothing happens.
    """
    is_it = _is(part) & (archives.c.name == part.name) & archives.c.stored_at.is_(None)
    if (await connection.execute(select(archives.c.part).where(is_it).with_for_update())).one_or_none() is None:
        return False
    batch = await _gather(connection, part.month, _held)
    if batch.sha256 != part.sha256:
        return False
    await _ROWS[part.month.kind].let_go(connection, batch)
    await connection.execute(update(archives).where(is_it).values(stored_at=func.now()))
    return True


def _held(query: Select[Any], table: Table) -> Select[Any]:
    """What is only ever added to changes no more, and nobody may lock it."""
    return query.with_for_update(of=table) if "update" in wanted(table.name) else query


# What there is


async def parts_of(
    connection: AsyncConnection, merchant_id: str, kind: Archived | None = None, month: date | None = None
) -> list[ArchivePart]:
    """List what is stored of a merchant, by kind and month."""
    query = select(archives).where(archives.c.merchant_id == merchant_id, archives.c.stored_at.is_not(None))
    for name, value in (("kind", kind), ("month", month)):
        if value is not None:
            query = query.where(archives.c[name] == value)
    found = await connection.execute(query.order_by(*archives.primary_key))
    return [
        ArchivePart(Month(row.merchant_id, Archived(row.kind), row.month), row.part, row.sha256, row.lines)
        for row in found
    ]


def _of(month: Month) -> ColumnElement[bool]:
    of_kind: ColumnElement[bool] = (archives.c.merchant_id == month.merchant_id) & (archives.c.kind == month.kind)
    return of_kind & (archives.c.month == month.month)


def _is(part: ArchivePart) -> ColumnElement[bool]:
    return _of(part.month) & (archives.c.part == part.number)
