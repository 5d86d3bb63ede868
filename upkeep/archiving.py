"""Archives what goes from tables that only grow: the file first, then the rows."""

import asyncio
import gzip
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncEngine

from db import archives, locks
from db.archives import Archived, ArchivePart, Month
from db.engine import snapshots
from gateways.files.port import FileStore
from upkeep.keepers import each_by_itself, each_of_its_merchant

log = logging.getLogger(__name__)

_LOCK = 0x61726368
"""An advisory lock's number: one worker at a time."""


def archive_in(engine: AsyncEngine, store: FileStore | None) -> "Archive | None":
    """None where nothing is archived: what its time is over of just goes."""
    if store is None:
        log.info("neither MAKEWHOLE_ARCHIVE_FOLDER nor MAKEWHOLE_ARCHIVE_S3_BUCKET is set: what goes is not archived")
    return None if store is None else Archive(engine, store)


class Archive:
    def __init__(self, engine: AsyncEngine, store: FileStore) -> None:
        self._engine = engine
        self._store = store

    async def take(
        self, kind: Archived, kept: timedelta, *, of_merchant: str | None = None, but_of: Sequence[str] = ()
    ) -> None:
        """Archive whole months that ended so long ago, of one merchant or of all but these; then they are gone."""
        async with snapshots(self._engine).connect() as connection:
            due = await archives.due(connection, kind, kept, of_merchant=of_merchant, but_of=but_of)
        if not due:
            return
        async with locks.alone(self._engine, _LOCK) as is_alone:
            if is_alone:
                await each_of_its_merchant("archive", due, attrgetter("merchant_id"), partial(self._take_from, kept))

    async def _take_from(self, kept: timedelta, oldest: Month) -> None:
        """Month by month, from a merchant's oldest on."""
        month: Month | None = oldest
        while month is not None:
            await each_by_itself("archive", [month], self._take)
            async with snapshots(self._engine).connect() as connection:
                month = await archives.following(connection, month, kept)

    async def _take(self, month: Month) -> None:
        while await self._take_part(month):
            pass

    async def _take_part(self, month: Month) -> bool:
        """Archive the next part of a month; tell whether there may be another.

        What was announced before and ended in the middle is done again under its number. Raises StoreDown.
        """
        async with snapshots(self._engine).connect() as connection:
            batch = await archives.gather(connection, month)
            following = await archives.next_part(connection, month)
        if not batch.lines:
            return False
        part = ArchivePart(month, following.number, batch.sha256, len(batch.lines))
        if following.announced not in (None, part.name):
            await self._store.remove(following.announced)
        async with self._engine.begin() as connection:
            await archives.announce(connection, part)
        await self._store.put(part.name, await asyncio.to_thread(gzip.compress, batch.content, mtime=0))
        async with self._engine.begin() as connection:
            is_done = await archives.let_go(connection, part)
        log.info("%s %s lines: %s", "archived" if is_done else "not yet archived", part.lines, month)
        return is_done
