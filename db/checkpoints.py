"""Checkpoints of audit trails, and the roots over blocks of entries that they are worked out from (rule 39)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, RowMapping, func, insert, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from db.journal import GENESIS
from db.schema import audit_blocks, audit_checkpoints, audit_entries, audit_heads
from domain.audit import tree
from domain.audit.checkpoints import Checkpoint, Replaced, SignedCheckpoint

_PAGE = 1_000


async def add(connection: AsyncConnection, signed: SignedCheckpoint) -> None:
    said = signed.checkpoint
    row = {name: getattr(said, name) for name in ("merchant_id", "entries", "root", "head", "at", "key_id")}
    row |= {"replaces": asdict(said.replaces) if said.replaces else None}
    await connection.execute(
        insert(audit_checkpoints).values(row | {"signature": signed.signature, "public_key": signed.public_key})
    )


async def last(connection: AsyncConnection, merchant_id: str) -> SignedCheckpoint | None:
    query = _of(merchant_id).order_by(audit_checkpoints.c.entries.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _read(row)


async def after(connection: AsyncConnection, merchant_id: str, entries: int, limit: int) -> list[SignedCheckpoint]:
    """List those of more entries than so many, the oldest first."""
    query = _of(merchant_id).where(audit_checkpoints.c.entries > entries).order_by(audit_checkpoints.c.entries)
    return [_read(row) for row in await connection.execute(query.limit(limit))]


async def at_least(connection: AsyncConnection, merchant_id: str, entries: int) -> SignedCheckpoint | None:
    """Find the first one that an entry is in."""
    found = await after(connection, merchant_id, entries - 1, 1)
    return found[0] if found else None


async def have_replaced(connection: AsyncConnection, known: Checkpoint) -> bool:
    """Whether another says that it stands for this one, which the trail does not come to any more."""
    said = {"entries": known.entries, "root": known.root}
    query = _of(known.merchant_id).where(audit_checkpoints.c.replaces.contains(said)).limit(1)
    return (await connection.execute(query)).first() is not None


async def public_keys(connection: AsyncConnection, merchant_id: str) -> dict[str, str]:
    """The public keys that a merchant's checkpoints were signed with, by their ids, in base64."""
    columns = audit_checkpoints.c.key_id, audit_checkpoints.c.public_key
    query = select(*columns).where(audit_checkpoints.c.merchant_id == merchant_id).distinct()
    return {row.key_id: row.public_key for row in await connection.execute(query.order_by(*columns))}


async def due(connection: AsyncConnection, every: timedelta, most: int) -> Sequence[str]:
    """Name the merchants who have so many entries that no checkpoint holds, or any for so long."""
    latest = (
        select(audit_checkpoints.c.entries, audit_checkpoints.c.created_at)
        .where(audit_checkpoints.c.merchant_id == audit_heads.c.merchant_id)
        .order_by(audit_checkpoints.c.entries.desc())
        .limit(1)
        .lateral("latest")
    )
    held = func.coalesce(latest.c.entries, 0)
    is_long_ago = func.coalesce(latest.c.created_at < func.now() - every, True)
    query = (
        select(audit_heads.c.merchant_id)
        .select_from(audit_heads.outerjoin(latest, true()))
        .where(audit_heads.c.sequence > held, is_long_ago | (audit_heads.c.sequence >= held + most))
    )
    return (await connection.execute(query)).scalars().all()


async def head(connection: AsyncConnection, merchant_id: str) -> tuple[int, str]:
    """How many entries are chained, and the hash of the last; nobody adds to the chain as long as this lasts."""
    query = select(audit_heads).where(audit_heads.c.merchant_id == merchant_id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    return (0, GENESIS) if row is None else (row.sequence, row.hash)


async def entries_after(connection: AsyncConnection, merchant_id: str, number: int, limit: int) -> Sequence[RowMapping]:
    """Read chained entries whole, as they were hashed, from the one after number `number` on."""
    theirs = (audit_entries.c.merchant_id == merchant_id) & (audit_entries.c.sequence > number)
    query = select(audit_entries).where(theirs).order_by(audit_entries.c.sequence).limit(limit)
    return (await connection.execute(query)).mappings().all()


async def whole_trail(connection: AsyncConnection, merchant_id: str) -> AsyncIterator[RowMapping]:
    """Read all chained entries, some at a time."""
    number = 0
    while page := await entries_after(connection, merchant_id, number, _PAGE):
        for entry in page:
            yield entry
        number = page[-1]["sequence"]


@dataclass(frozen=True, slots=True)
class Grown:
    """How a tree grew: its root before (None of an empty one) and after, and the roots of blocks that became full."""

    before: str | None
    after: str
    full: Mapping[int, str]


async def grown(connection: AsyncConnection, merchant_id: str, before: int, after: int) -> Grown:
    """Work out how the tree over a merchant's entries grew; of earlier entries only the last block is read."""
    first = before // tree.BLOCK
    blocks = await _kept_blocks(connection, merchant_id, first)
    leaves = await _leaves(connection, merchant_id, first * tree.BLOCK, after)

    def over(entries: int) -> list[bytes]:
        own = leaves[: entries - first * tree.BLOCK]
        return [*blocks, *(tree.root(own[place : place + tree.BLOCK]) for place in range(0, len(own), tree.BLOCK))]

    now = over(after)
    full = {place: now[place].hex() for place in range(first, after // tree.BLOCK)}
    return Grown(tree.root(over(before)).hex() if before else None, tree.root(now).hex(), full)


async def keep_blocks(connection: AsyncConnection, merchant_id: str, full: Mapping[int, str]) -> None:
    """Keep the roots of blocks that became full."""
    for place, block_root in full.items():
        row = {"merchant_id": merchant_id, "place": place, "root": block_root}
        await connection.execute(insert(audit_blocks).values(row))


async def path(connection: AsyncConnection, merchant_id: str, number: int, entries: int) -> list[str]:
    """Return the nodes with which entry `number` comes to the root over the first `entries`, the lowest first."""
    place, index = divmod(number - 1, tree.BLOCK)
    first, until = place * tree.BLOCK, min(entries, (place + 1) * tree.BLOCK)
    within = tree.path(await _leaves(connection, merchant_id, first, until), index)
    above = tree.path(await _blocks(connection, merchant_id, entries), place)
    return [node.hex() for node in (*within, *above)]


async def _blocks(connection: AsyncConnection, merchant_id: str, entries: int) -> list[bytes]:
    full = entries // tree.BLOCK
    blocks = await _kept_blocks(connection, merchant_id, full)
    rest = await _leaves(connection, merchant_id, full * tree.BLOCK, entries)
    return [*blocks, tree.root(rest)] if rest else blocks


async def _kept_blocks(connection: AsyncConnection, merchant_id: str, full: int) -> list[bytes]:
    theirs = (audit_blocks.c.merchant_id == merchant_id) & (audit_blocks.c.place < full)
    query = select(audit_blocks.c.root).where(theirs).order_by(audit_blocks.c.place)
    return [bytes.fromhex(each) for each in (await connection.execute(query)).scalars()]


async def _leaves(connection: AsyncConnection, merchant_id: str, after: int, until: int) -> list[bytes]:
    """The leaves of the entries after one number, up to another."""
    theirs = (audit_entries.c.merchant_id == merchant_id) & audit_entries.c.sequence.between(after + 1, until)
    query = select(audit_entries.c.hash).where(theirs).order_by(audit_entries.c.sequence)
    return [tree.leaf(each) for each in (await connection.execute(query)).scalars()]


def _of(merchant_id: str) -> Any:
    return select(audit_checkpoints).where(audit_checkpoints.c.merchant_id == merchant_id)


def _read(row: Row[*tuple[Any, ...]]) -> SignedCheckpoint:
    said = {name: getattr(row, name) for name in ("merchant_id", "entries", "root", "head", "at", "key_id")}
    replaces = Replaced(**row.replaces) if row.replaces else None
    return SignedCheckpoint(Checkpoint(**said, replaces=replaces), row.signature, row.public_key)
