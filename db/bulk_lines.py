"""The lines of a bulk of refunds: what each asks for, what it comes to, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, Text, column, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.batches import batch, insert_all
from db.codec import from_json, to_json
from db.schema import JSONB, bulk_lines
from db.schema.sealed import sealed_row
from domain.claims.requests import RefundRequest
from domain.settlement.bulk import LinePreview, LineStatus

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class WrongField:
    """What is wrong with a line, and where in it (RFC 6901); an empty pointer is the line as a whole."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line as it was sent, by its number from 1; without a request it can't be read, and says why."""

    line: int
    order_id: str | None
    request: RefundRequest | None
    errors: tuple[WrongField, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedLine:
    """What a line asks for, and what it came to when it was previewed."""

    line: int
    request: RefundRequest
    preview: LinePreview | None


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What has become of a line; `code` and `detail` say why it is no refund."""

    line: int
    status: LineStatus
    preview: LinePreview | None = None
    code: str | None = None
    detail: str | None = None
    errors: tuple[WrongField, ...] = ()
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line as it stands."""

    outcome: LineOutcome
    order_id: str | None


async def add(
    connection: AsyncConnection, merchant_id: str, bulk_id: str, lines: Sequence[NewLine], unreadable: str
) -> None:
    """Store a bulk's lines; those that can't be read are refused by that code."""
    rows = [_sealed(bulk_id, _row(merchant_id, bulk_id, each, unreadable)) for each in lines]
    names = tuple(rows[0])
    for first in range(0, len(rows), _AT_ONCE):
        await connection.execute(insert_all(bulk_lines, names, rows[first : first + _AT_ONCE]))


def _sealed(bulk_id: str, row: dict[str, Any]) -> dict[str, Any]:
    return sealed_row(bulk_lines, sealing.about_row("line", bulk_id, str(row["line"])), row)


def _row(merchant_id: str, bulk_id: str, line: NewLine, unreadable: str) -> dict[str, Any]:
    is_readable = line.request is not None
    return {
        "bulk_id": bulk_id,
        "line": line.line,
        "merchant_id": merchant_id,
        "order_id": line.order_id,
        "request": to_json(line.request) if is_readable else None,
        "status": LineStatus.WAITING if is_readable else LineStatus.REFUSED,
        "code": None if is_readable else unreadable,
        "detail": None if is_readable else "; ".join(f"{each.pointer}: {each.detail}" for each in line.errors),
        "errors": [to_json(each) for each in line.errors] or None,
    }


async def next_group(connection: AsyncConnection, bulk_id: str, status: LineStatus) -> list[AskedLine]:
    """Take the lines of one order that stand so, in their order: of the order of the first of such lines."""
    of_bulk = (bulk_lines.c.bulk_id == bulk_id) & (bulk_lines.c.status == status)
    first = select(bulk_lines.c.order_id).where(of_bulk).order_by(bulk_lines.c.line).limit(1)
    query = select(bulk_lines).where(of_bulk, bulk_lines.c.order_id == first.scalar_subquery())
    rows = await connection.execute(query.order_by(bulk_lines.c.line).with_for_update())
    return [
        AskedLine(
            row.line,
            from_json(RefundRequest, row.request),
            None if row.preview is None else from_json(LinePreview, row.preview),
        )
        for row in rows
    ]


async def note(connection: AsyncConnection, bulk_id: str, outcomes: Sequence[LineOutcome]) -> None:
    """Write down what has become of lines; what was previewed stays."""
    if not outcomes:
        return
    rows = [_sealed(bulk_id, _outcome_row(each)) for each in outcomes]
    texts = (column(name, Text) for name in ("status", "code", "detail", "refund_id"))
    documents = (column(name, JSONB) for name in ("preview", "errors"))
    given = batch(rows, column("line", Integer), *texts, *documents)
    values: dict[str, Any] = {name: given.c[name] for name in ("status", "code", "detail", "refund_id", "errors")}
    values["preview"] = func.coalesce(given.c.preview, bulk_lines.c.preview)
    of_line = (bulk_lines.c.bulk_id == bulk_id) & (bulk_lines.c.line == given.c.line)
    await connection.execute(update(bulk_lines).where(of_line).values(values))


def _outcome_row(outcome: LineOutcome) -> dict[str, Any]:
    return {
        "line": outcome.line,
        "status": outcome.status,
        "code": outcome.code,
        "detail": outcome.detail,
        "refund_id": outcome.refund_id,
        "preview": None if outcome.preview is None else to_json(outcome.preview),
        "errors": [to_json(each) for each in outcome.errors] or None,
    }


async def counts(connection: AsyncConnection, bulk_id: str) -> Mapping[LineStatus, int]:
    """Count lines by what has become of them; every status is there."""
    query = select(bulk_lines.c.status, func.count().label("lines")).where(bulk_lines.c.bulk_id == bulk_id)
    found = {row.status: int(row.lines) for row in await connection.execute(query.group_by(bulk_lines.c.status))}
    return {each: found.get(each, 0) for each in LineStatus}


async def ready(connection: AsyncConnection, bulk_id: str) -> list[LinePreview]:
    """Read what the lines come to that can be begun."""
    query = select(bulk_lines.c.preview).where(bulk_lines.c.bulk_id == bulk_id, bulk_lines.c.status == LineStatus.READY)
    return [from_json(LinePreview, stored) for stored in (await connection.execute(query)).scalars()]


async def page(
    connection: AsyncConnection, bulk_id: str, status: LineStatus | None, *, after: int, limit: int
) -> list[StoredLine]:
    """List lines in their order, from the one after number `after` on."""
    query: Select[Any] = select(bulk_lines).where(bulk_lines.c.bulk_id == bulk_id, bulk_lines.c.line > after)
    query = query if status is None else query.where(bulk_lines.c.status == status)
    return [_stored(row) for row in await connection.execute(query.order_by(bulk_lines.c.line).limit(limit))]


def _stored(row: Any) -> StoredLine:
    preview = None if row.preview is None else from_json(LinePreview, row.preview)
    errors = tuple(from_json(WrongField, each) for each in row.errors or [])
    status = LineStatus(row.status)
    return StoredLine(LineOutcome(row.line, status, preview, row.code, row.detail, errors, row.refund_id), row.order_id)
