"""Time stamps of checkpoints, by a third party (RFC 3161)."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import audit_checkpoints, audit_heads, audit_time_stamps


@dataclass(frozen=True, slots=True)
class Unstamped:
    """A checkpoint that is to be stamped: its signature, which everything in it is signed by."""

    merchant_id: str
    entries: int
    signature: str

    @property
    def shown(self) -> bytes:
        return base64.b64decode(self.signature)

    def __str__(self) -> str:
        return self.merchant_id


async def due(connection: AsyncConnection, every: timedelta, limit: int) -> Sequence[Unstamped]:
    """List the last checkpoints that have none, of merchants of whom none was stamped for so long."""
    checkpoint = (
        select(audit_checkpoints.c.entries, audit_checkpoints.c.signature)
        .where(audit_checkpoints.c.merchant_id == audit_heads.c.merchant_id)
        .order_by(audit_checkpoints.c.entries.desc())
        .limit(1)
        .lateral("checkpoint")
    )
    stamped = (
        select(audit_time_stamps.c.entries, audit_time_stamps.c.created_at)
        .where(audit_time_stamps.c.merchant_id == audit_heads.c.merchant_id)
        .order_by(audit_time_stamps.c.entries.desc())
        .limit(1)
        .lateral("stamped")
    )
    is_due = (stamped.c.entries < checkpoint.c.entries) & (stamped.c.created_at < func.now() - every)
    query = (
        select(audit_heads.c.merchant_id, checkpoint.c.entries, checkpoint.c.signature)
        .select_from(audit_heads.join(checkpoint, true()).outerjoin(stamped, true()))
        .where(or_(stamped.c.entries.is_(None), is_due))
        .order_by(audit_heads.c.merchant_id)
        .limit(limit)
    )
    return [Unstamped(*row) for row in await connection.execute(query)]


async def add(connection: AsyncConnection, checkpoint: Unstamped, token: bytes) -> None:
    """Keep a time stamp; another worker may have been quicker."""
    row = {"merchant_id": checkpoint.merchant_id, "entries": checkpoint.entries, "token": token}
    await connection.execute(insert(audit_time_stamps).values(row).on_conflict_do_nothing())


async def of_checkpoints(connection: AsyncConnection, merchant_id: str, entries: Sequence[int]) -> dict[int, bytes]:
    """Return the time stamps of those of these checkpoints that have one, by how many entries they hold."""
    stamps = audit_time_stamps.c
    query = select(stamps.entries, stamps.token).where(stamps.merchant_id == merchant_id, stamps.entries.in_(entries))
    return {row.entries: row.token for row in await connection.execute(query.order_by(stamps.entries))}
