"""Signs checkpoints of the audit trails, and notices where a trail does not come to the last one any more (rule 39).

Nothing is signed over a chain that does not fit. What was brought back from an older copy goes on with an entry that
says so, and with a checkpoint that names the one it stands for: the signature is not the database's to give.
"""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import checkpoints, journal, messages, restores
from db.engine import snapshots
from db.whose import of_merchant
from domain import clock
from domain.audit.checkpoints import ENTRIES, Checkpoint, Replaced, SignedCheckpoint
from domain.audit_actions import AuditAction
from domain.said import HOUSE
from service.audit_signing import Signer, is_signed
from upkeep.checkpoint_files import CheckpointFiles
from upkeep.keepers import Keeper, each_of_its_merchant

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
_LOOKS_EVERY = timedelta(seconds=10)
_MOST_AT_ONCE = 10
"""A merchant with a long trail that no checkpoint holds yet keeps no other waiting for all of it."""


class DoesNotFit(Exception):
    """A trail was changed since it was chained: it is not signed."""


@dataclass(frozen=True, slots=True)
class _Stand:
    """How a trail stands under the lock of its head: what is chained, and the last checkpoint that it comes to."""

    entries: int
    head: str
    last: SignedCheckpoint | None

    @property
    def held(self) -> int:
        return self.last.checkpoint.entries if self.last else 0


class Checkpoints:
    """Signs what is due; `files`, where there are any, remember what was signed when the database is replaced."""

    def __init__(self, engine: AsyncEngine, signer: Signer, files: CheckpointFiles | None) -> None:
        self._engine = engine
        self._signer = signer
        self._files = files
        self._has_compared = files is None

    @property
    def keeper(self) -> Keeper:
        return Keeper("sign_checkpoints", _LOOKS_EVERY, self.sign_due)

    async def compare(self) -> None:
        """Note, before anybody is paid, that the database came back from an older copy: it lacks what was signed."""
        for merchant_id in self._files.merchants if self._files else ():
            with of_merchant(merchant_id):
                missing = await self._missing(merchant_id)
                if missing is None:
                    continue
                async with self._engine.begin() as connection:
                    is_news = await restores.note_brought_back(connection, missing.at)
            if is_news:
                log.warning("the database lacks what was signed of %s: it came back from an older copy", merchant_id)
                return

    async def sign_due(self) -> bool:
        """Sign for each merchant with something new; the first time for all whose checkpoints are kept here."""
        async with snapshots(self._engine).connect() as connection:
            merchants = set(await checkpoints.due(connection, EVERY, ENTRIES))
        if not self._has_compared and self._files:  # a database is brought back while no worker runs
            merchants |= {each for each in self._files.merchants if await self._missing(each)}
        self._has_compared = True
        await each_of_its_merchant("sign a checkpoint of the audit trail of", sorted(merchants), str, self.sign)
        return True

    async def sign(self, merchant_id: str) -> None:
        """Sign what no checkpoint of a merchant holds yet. A trail that does not fit is told to operations, once."""
        try:
            for _ in range(_MOST_AT_ONCE):
                if not await self._sign_next(merchant_id):
                    return
        except DoesNotFit as wrong:
            log.error("the audit trail of %s is not signed: %s", merchant_id, wrong)
            async with self._engine.begin() as connection:
                subject = "The audit trail does not fit"
                await messages.put_for_operations(connection, merchant_id, "", subject, f"{wrong}.")

    async def _sign_next(self, merchant_id: str) -> bool:
        """Sign over at most so many entries more; tell whether there are others."""
        outside = await self._files.last(merchant_id) if self._files else None  # before the lock: never ahead of it
        async with self._engine.begin() as connection:
            stand = await self._stand(connection, merchant_id)
            lost = None
            if outside and await self._is_gone(connection, stand, outside):
                lost = await self._put_back(connection, stand, outside)
                stand = await self._stand(connection, merchant_id)
            if stand.entries == stand.held:
                return False
            entries = min(stand.entries, stand.held + ENTRIES)
            head = await self._check_entries(connection, merchant_id, stand, entries)
            tree = await checkpoints.grown(connection, merchant_id, stand.held, entries)
            self._check_last(stand, tree.before)
            await checkpoints.keep_blocks(connection, merchant_id, tree.full)
            now, key_id = clock.of_this_machine(), self._signer.key_id
            said = Checkpoint(merchant_id, entries, tree.after, head, now, key_id, lost)
            signed = self._signer.sign(said)
            await checkpoints.add(connection, signed)
        if self._files:
            await self._files.add(signed)
        return stand.entries > entries

    async def _stand(self, connection: AsyncConnection, merchant_id: str) -> _Stand:
        entries, head = await checkpoints.head(connection, merchant_id)
        return _Stand(entries, head, await checkpoints.last(connection, merchant_id))

    async def _missing(self, merchant_id: str) -> Checkpoint | None:
        """Return what was signed last, where the database does not come to it."""
        outside = await self._files.last(merchant_id) if self._files else None
        async with snapshots(self._engine).connect() as connection:
            last = await checkpoints.last(connection, merchant_id)
        if outside is None or (last is not None and last.checkpoint.entries >= outside.checkpoint.entries):
            return None
        return outside.checkpoint

    async def _is_gone(self, connection: AsyncConnection, stand: _Stand, outside: SignedCheckpoint) -> bool:
        """Whether what was signed is not in the database any more, and nobody has said so yet."""
        known = outside.checkpoint
        if stand.last and stand.held > known.entries:
            return False
        if stand.last and stand.held == known.entries:
            return stand.last.signature != outside.signature
        return not await checkpoints.have_replaced(connection, known)

    async def _put_back(self, connection: AsyncConnection, stand: _Stand, outside: SignedCheckpoint) -> Replaced | None:
        """Put the checkpoint back where the trail still comes to it; else say in the trail that it does not."""
        known = outside.checkpoint
        merchant_id = known.merchant_id
        may_be_whole = stand.held < known.entries <= stand.entries
        tree = await checkpoints.grown(connection, merchant_id, stand.held, known.entries) if may_be_whole else None
        if tree and tree.after == known.root:
            await checkpoints.keep_blocks(connection, merchant_id, tree.full)
            key = self._signer.public_key(known.key_id) or ""
            await checkpoints.add(connection, replace(outside, public_key=key))
            return None
        after = min(stand.held, known.entries)
        detail = {"signed_entries": known.entries, "signed_root": known.root, "entries_then": stand.entries}
        said = (
            f"the trail does not come to the {known.entries} entries that were signed: the database was brought back "
            f"from a copy, or changed; those after {after} may be others now"
        )
        note = journal.Note(AuditAction.TRAIL_BROUGHT_BACK, said, HOUSE, detail)
        await journal.record_of_merchant(connection, merchant_id, note)
        await journal.seal(connection, merchant_id)
        await restores.note_brought_back(connection, known.at)
        log.warning("%s: %s", merchant_id, said)
        return Replaced(known.entries, known.root, after)

    def _check_last(self, stand: _Stand, root: str | None) -> None:
        """The last checkpoint is ours, and what it holds is still there."""
        if stand.last is None:
            return
        said = stand.last.checkpoint
        if not is_signed(stand.last, self._signer.public_key(said.key_id) or stand.last.public_key):
            raise DoesNotFit(f"the checkpoint of {said.entries} entries is not signed by its key {said.key_id!r}")
        if root != said.root:
            raise DoesNotFit(f"the first {said.entries} entries are not those that were signed")

    async def _check_entries(self, connection: AsyncConnection, merchant_id: str, stand: _Stand, until: int) -> str:
        """The entries between the last checkpoint and the next are chained; return the hash of the last."""
        previous, number = stand.last.checkpoint.head if stand.last else journal.GENESIS, stand.held
        for entry in await checkpoints.entries_after(connection, merchant_id, stand.held, until - stand.held):
            number += 1
            fits = entry["sequence"] == number and entry["previous_hash"] == previous
            if not fits or journal.entry_hash(entry) != entry["hash"]:
                raise DoesNotFit(f"entry {number} does not fit the one before")
            previous = entry["hash"]
        if number != until or (until == stand.entries and previous != stand.head):
            raise DoesNotFit(f"entries after {number} are missing")
        return previous
