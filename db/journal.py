"""A refund's timeline, and the audit trail in which each entry carries the hash of the one before (rule 39)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import audit_entries, audit_heads, refund_events, refunds

_GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened to a refund: a stable `event`, a sentence, who did it, and figures for the auditor."""

    event: str
    message: str
    actor: str
    detail: dict[str, Any]


async def record(connection: AsyncConnection, refund_id: str, note: Note) -> None:
    """Append to the timeline and to the audit trail; the last thing a transaction does, for it locks the chain."""
    counted = await connection.execute(
        update(refunds)
        .where(refunds.c.refund_id == refund_id)
        .values(event_count=refunds.c.event_count + 1)
        .returning(refunds.c.event_count, refunds.c.merchant_id, refunds.c.order_id)
    )
    refund = counted.one()
    now = datetime.now(UTC)
    event = {"refund_id": refund_id, "sequence": refund.event_count, "at": now}
    await connection.execute(insert(refund_events).values({**event, "event": note.event, "message": note.message}))
    await _append(connection, refund.merchant_id, refund.order_id, refund_id, now, note)


async def _append(
    connection: AsyncConnection, merchant_id: str, order_id: str, refund_id: str, at: datetime, note: Note
) -> None:
    first = {"merchant_id": merchant_id, "sequence": 0, "hash": _GENESIS}
    await connection.execute(upsert(audit_heads).values(first).on_conflict_do_nothing())
    locked = select(audit_heads).where(audit_heads.c.merchant_id == merchant_id).with_for_update()
    head = (await connection.execute(locked)).one()
    entry = {
        "merchant_id": merchant_id,
        "sequence": head.sequence + 1,
        "at": at,
        "order_id": order_id,
        "refund_id": refund_id,
        "action": note.event,
        "actor": note.actor,
        "detail": note.detail,
        "previous_hash": head.hash,
    }
    entry["hash"] = entry_hash(entry)
    await connection.execute(insert(audit_entries).values(entry))
    await connection.execute(
        update(audit_heads)
        .where(audit_heads.c.merchant_id == merchant_id)
        .values(sequence=entry["sequence"], hash=entry["hash"])
    )


def entry_hash(entry: dict[str, Any]) -> str:
    """Hash everything an audit entry says, the hash of the entry before it included."""
    said = {**entry, "at": entry["at"].astimezone(UTC).isoformat()}
    said.pop("hash", None)
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


async def timeline(connection: AsyncConnection, refund_id: str) -> list[Any]:
    events = select(refund_events).where(refund_events.c.refund_id == refund_id).order_by(refund_events.c.sequence)
    return list(await connection.execute(events))


async def audit_trail(connection: AsyncConnection, merchant_id: str, order_id: str) -> list[Any]:
    trail = (
        select(audit_entries)
        .where(audit_entries.c.merchant_id == merchant_id, audit_entries.c.order_id == order_id)
        .order_by(audit_entries.c.sequence)
    )
    return list(await connection.execute(trail))


async def first_broken_link(connection: AsyncConnection, merchant_id: str) -> int | None:
    """Return the sequence number at which a merchant's chain does not fit, or None where it is whole."""
    previous, expected = _GENESIS, 1
    entries = select(audit_entries).where(audit_entries.c.merchant_id == merchant_id)
    async for row in await connection.stream(entries.order_by(audit_entries.c.sequence)):
        entry = dict(row._mapping)
        if entry["sequence"] != expected or entry["previous_hash"] != previous or entry_hash(entry) != entry["hash"]:
            return expected
        previous, expected = entry["hash"], expected + 1
    head = select(audit_heads.c.sequence).where(audit_heads.c.merchant_id == merchant_id)
    last = (await connection.execute(head)).scalar_one_or_none() or 0
    return None if last == expected - 1 else expected
