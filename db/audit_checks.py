"""Whether an audit trail is whole: its chain, the numbers of its entries, and what was signed of it (rule 39)."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import checkpoints, journal
from db.schema import audit_counts, audit_entries, audit_heads, refunds
from domain.audit import tree
from domain.audit.checkpoints import SignedCheckpoint

_PAGE = 1_000

IsSigned = Callable[[SignedCheckpoint], bool]


@dataclass(frozen=True, slots=True)
class Verified:
    """How many entries are chained, how many of them a checkpoint holds, and what does not fit: where, and why.

    broken_at is None where all fits, and where an entry is missing that nothing came after.
    """

    entries: int
    anchored: int
    broken_at: int | None = None
    why: str | None = None


class _Broken(Exception):
    def __init__(self, at: int | None, why: str) -> None:
        super().__init__(why)
        self.at = at


class _Chain:
    """What was read of a trail so far."""

    def __init__(self) -> None:
        self.count = 0
        self.head = journal.GENESIS
        self.tree = tree.GrowingTree()
        self._numbers: dict[tuple[str, str], int] = {}

    def add(self, entry: RowMapping) -> None:
        self.count += 1
        fits = entry["sequence"] == self.count and entry["previous_hash"] == self.head
        if not fits or journal.entry_hash(entry) != entry["hash"]:
            raise _Broken(self.count, f"entry {self.count} is not what was chained after the one before")
        for name, of in (("refund_number", "refund_id"), ("customer_number", "customer_id")):
            if entry[name] is not None:
                self._number(entry[name], (of, entry[of]))
        self.head = entry["hash"]
        self.tree.add(tree.leaf(entry["hash"]))

    def _number(self, number: int, series: tuple[str, str]) -> None:
        expected = self._numbers.get(series, 0) + 1
        if number != expected:
            raise _Broken(self.count, f"an entry is missing before {self.count}: number {expected} of {series[1]!r}")
        self._numbers[series] = number


async def verify(connection: AsyncConnection, merchant_id: str, is_signed: IsSigned) -> Verified:
    """Read a merchant's whole trail, in one snapshot, and say what of it does not fit."""
    chain, anchored = _Chain(), 0
    try:
        signed = _all_checkpoints(connection, merchant_id)
        next_signed = await anext(signed, None)
        async for entry in checkpoints.whole_trail(connection, merchant_id):
            chain.add(entry)
            if next_signed is not None and next_signed.checkpoint.entries == chain.count:
                _compare(chain, next_signed, anchored, is_signed)
                anchored, next_signed = chain.count, await anext(signed, None)
        if next_signed is not None:
            raise _Broken(chain.count + 1, f"{next_signed.checkpoint.entries} entries were signed: the end is missing")
        head = select(audit_heads.c.sequence).where(audit_heads.c.merchant_id == merchant_id)
        if ((await connection.execute(head)).scalar_one_or_none() or 0) != chain.count:
            raise _Broken(chain.count + 1, "the end of the chain is missing")
        await _check_counts(connection, merchant_id)
    except _Broken as broken:
        return Verified(chain.count, anchored, broken.at, str(broken))
    return Verified(chain.count, anchored)


def _compare(chain: _Chain, signed: SignedCheckpoint, anchored: int, is_signed: IsSigned) -> None:
    said = signed.checkpoint
    if (said.root, said.head) != (chain.tree.root.hex(), chain.head):
        why = f"entries {anchored + 1} to {said.entries} are not those that were signed at {said.at.isoformat()}"
        raise _Broken(anchored + 1, why)
    if not is_signed(signed):
        raise _Broken(anchored + 1, f"the checkpoint of {said.entries} entries is not signed by its key")


async def _all_checkpoints(connection: AsyncConnection, merchant_id: str) -> AsyncIterator[SignedCheckpoint]:
    held = 0
    while page := await checkpoints.after(connection, merchant_id, held, _PAGE):
        for each in page:
            yield each
        held = page[-1].checkpoint.entries


async def _check_counts(connection: AsyncConnection, merchant_id: str) -> None:
    """As many entries were written as are there, also where nothing came after the one that is missing."""
    of_refund = audit_entries.c.refund_id, refunds.c.refund_id, refunds.c.audit_count
    of_customer = audit_entries.c.customer_id, audit_counts.c.customer_id, audit_counts.c["count"]
    numbers = audit_entries.c.refund_number, audit_entries.c.customer_number
    for number, (entry_of, of, count) in zip(numbers, (of_refund, of_customer), strict=True):
        most = _most(merchant_id, entry_of, number)
        there = func.coalesce(most.c.most, 0)
        query = select(of, count, there).outerjoin(most, most.c.of == of)
        query = query.where(of.table.c.merchant_id == merchant_id, count != there).limit(1)
        if lacking := (await connection.execute(query)).one_or_none():
            raise _Broken(None, f"of {lacking[0]!r} there are {lacking[2]} entries of {lacking[1]} that were written")


def _most(merchant_id: str, entry_of: ColumnElement[Any], number: ColumnElement[int]) -> Any:
    """The highest number of each refund, or of each customer."""
    query = select(entry_of.label("of"), func.max(number).label("most"))
    query = query.where(audit_entries.c.merchant_id == merchant_id, number.is_not(None))
    return query.group_by(entry_of).subquery("numbered")
