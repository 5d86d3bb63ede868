"""Bulks of refunds: how far each has come, and who said what of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.codec import from_json, to_json
from db.schema import bulk_lines, bulks, refunds
from domain.lifecycle import RefundStatus
from domain.settlement.bulk import BulkStatus, BulkTotal, LineStatus

_NEVER_BEGUN = (LineStatus.WAITING, LineStatus.READY)


@dataclass(frozen=True, slots=True)
class Bulk:
    """A bulk as it stands; `totals` is None until all of its lines are previewed.

    `begins_at` is the end of its grace, by PostgreSQL's clock, and `left_s` how long that is yet. `same_as` names an
    earlier bulk of the same bytes that was confirmed, `trouble` says why it stands still.
    """

    bulk_id: str
    merchant_id: str
    status: BulkStatus
    asked_by: str
    same_as: str | None
    line_count: int
    created_at: datetime
    totals: tuple[BulkTotal, ...] | None
    previewed_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    begins_at: datetime | None
    stopped_by: str | None
    stopped_at: datetime | None
    completed_at: datetime | None
    trouble: str | None
    left_s: float


async def add(connection: AsyncConnection, merchant_id: str, asked_by: str, sha256: str, line_count: int) -> str:
    """Take a bulk in, to be previewed, and tell its id."""
    same = select(bulks.c.bulk_id).where(bulks.c.merchant_id == merchant_id, bulks.c.sha256 == sha256)
    same = same.where(bulks.c.confirmed_at.is_not(None)).order_by(bulks.c.created_at).limit(1)
    row = {"merchant_id": merchant_id, "status": BulkStatus.PREVIEWING, "asked_by": asked_by, "sha256": sha256}
    made = insert(bulks).values(**row, line_count=line_count, same_as=same.scalar_subquery())
    return str((await connection.execute(made.returning(bulks.c.bulk_id))).scalar_one())


async def find(connection: AsyncConnection, merchant_id: str, bulk_id: str) -> Bulk | None:
    """Read a merchant's bulk."""
    return await _read(connection, _of(bulk_id).where(bulks.c.merchant_id == merchant_id))


async def hold(connection: AsyncConnection, merchant_id: str, bulk_id: str) -> Bulk | None:
    """Read a bulk and keep it still: nothing of it begins until the transaction ends."""
    return await _read(connection, _of(bulk_id).where(bulks.c.merchant_id == merchant_id).with_for_update())


async def hold_shared(connection: AsyncConnection, bulk_id: str, status: BulkStatus) -> str | None:
    """Tell who asked for it, where it stands so, and keep it there until the transaction ends; others may do the same.

    Returns a caller's name; None where it stands elsewhere by now.
    """
    of_it = (bulks.c.bulk_id == bulk_id) & (bulks.c.status == status)
    query = select(bulks.c.asked_by).where(of_it).with_for_update(read=True)
    asked_by: str | None = (await connection.execute(query)).scalar_one_or_none()
    return asked_by


async def newest(connection: AsyncConnection, merchant_id: str, limit: int) -> list[Bulk]:
    """List a merchant's bulks, the newest first."""
    query = _bulks().where(bulks.c.merchant_id == merchant_id)
    rows = await connection.execute(query.order_by(bulks.c.created_at.desc(), bulks.c.bulk_id).limit(limit))
    return [_bulk(row) for row in rows]


async def note_previewed(connection: AsyncConnection, bulk_id: str, totals: Sequence[BulkTotal]) -> None:
    """Every line is previewed: from here on it waits for its confirmation."""
    said = {"status": BulkStatus.AWAITING_CONFIRMATION, "totals": [to_json(each) for each in totals]}
    await _change(connection, bulk_id, BulkStatus.PREVIEWING, **said, previewed_at=func.now())


async def confirm(connection: AsyncConnection, bulk_id: str, by: str, grace: timedelta) -> None:
    """Begin its grace."""
    said = {"status": BulkStatus.GRACE, "confirmed_by": by, "confirmed_at": func.now()}
    await _change(connection, bulk_id, BulkStatus.AWAITING_CONFIRMATION, **said, begins_at=func.now() + grace)


async def begin(connection: AsyncConnection, bulk_id: str) -> None:
    """Its grace is over."""
    await _change(connection, bulk_id, BulkStatus.GRACE, status=BulkStatus.RUNNING)


async def complete(connection: AsyncConnection, bulk_id: str) -> bool:
    """Say that nothing is left to begin; tells whether this was the first to say so."""
    said = {"status": BulkStatus.COMPLETED, "completed_at": func.now()}
    return await _change(connection, bulk_id, BulkStatus.RUNNING, **said)


async def stop(connection: AsyncConnection, bulk: Bulk, by: str) -> None:
    """Stop one that is held, with every line that has not begun."""
    said = {"status": BulkStatus.STOPPED, "stopped_by": by, "stopped_at": func.now(), "trouble": None}
    await _change(connection, bulk.bulk_id, bulk.status, **said)
    left = update(bulk_lines).where(bulk_lines.c.bulk_id == bulk.bulk_id, bulk_lines.c.status.in_(_NEVER_BEGUN))
    await connection.execute(left.values(status=LineStatus.STOPPED))


async def _change(connection: AsyncConnection, bulk_id: str, before: BulkStatus, **columns: Any) -> bool:
    """Change one that stands where it is thought to stand; whoever comes late changes nothing."""
    changed = update(bulks).where(bulks.c.bulk_id == bulk_id, bulks.c.status == before)
    return bool((await connection.execute(changed.values(**columns, touched_at=func.now()))).rowcount)


async def touch(connection: AsyncConnection, bulk_id: str) -> None:
    """Note that a workflow is at it, and that nothing stands in its way any more."""
    await connection.execute(
        update(bulks).where(bulks.c.bulk_id == bulk_id).values(touched_at=func.now(), trouble=None)
    )


async def note_trouble(connection: AsyncConnection, bulk_id: str, trouble: str) -> None:
    await connection.execute(update(bulks).where(bulks.c.bulk_id == bulk_id).values(trouble=trouble))


async def left_alone(connection: AsyncConnection, longer_than: timedelta, limit: int) -> list[tuple[str, str]]:
    """List bulks that should move by themselves and that no workflow has touched for so long, and their merchants."""
    moving = [each for each in BulkStatus if each.moves_by_itself]
    since = func.greatest(bulks.c.touched_at, bulks.c.begins_at)  # nobody touches one whose grace goes on
    query = select(bulks.c.bulk_id, bulks.c.merchant_id).where(bulks.c.status.in_(moving))
    query = query.where(bulks.c.touched_at < func.now() - longer_than, since < func.now() - longer_than)
    rows = await connection.execute(query.order_by(bulks.c.touched_at).limit(limit))
    return [(row.bulk_id, row.merchant_id) for row in rows]


async def refunds_by_status(connection: AsyncConnection, bulk_id: str) -> Mapping[RefundStatus, int]:
    """Count the refunds that have begun, by where they stand."""
    begun = bulk_lines.join(refunds, bulk_lines.c.refund_id == refunds.c.refund_id)
    query = select(refunds.c.status, func.count().label("lines")).select_from(begun)
    query = query.where(bulk_lines.c.bulk_id == bulk_id, bulk_lines.c.status == LineStatus.BEGUN)
    return {
        RefundStatus(row.status): int(row.lines) for row in await connection.execute(query.group_by(refunds.c.status))
    }


def _bulks() -> Select[Any]:
    left = func.extract("epoch", bulks.c.begins_at - func.clock_timestamp())
    return select(bulks, case((bulks.c.status == BulkStatus.GRACE, left), else_=0).label("left_s"))


def _of(bulk_id: str) -> Select[Any]:
    return _bulks().where(bulks.c.bulk_id == bulk_id)


async def _read(connection: AsyncConnection, query: Select[Any]) -> Bulk | None:
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _bulk(row)


def _bulk(row: Any) -> Bulk:
    given = {
        name: getattr(row, name) for name in Bulk.__dataclass_fields__ if name not in ("status", "totals", "left_s")
    }
    totals = None if row.totals is None else tuple(from_json(BulkTotal, each) for each in row.totals)
    return Bulk(**given, status=BulkStatus(row.status), totals=totals, left_s=max(float(row.left_s), 0.0))
