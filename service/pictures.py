"""Pictures as evidence: kept once they are made anew, and given out again."""

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from db import locks, picture_looks, pictures
from db.api_keys import Caller
from db.pictures import UNUSED_FOR, NewPicture
from gateways.files.port import FileStore
from service.picture_files import made_anew


class PictureGone(Exception):
    """There is a row and no file: the database was brought back from a copy, or somebody removed it."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """`kept_until` is when it goes unless something refers to it by then."""

    evidence_id: str
    width: int
    height: int
    size: int
    kept_until: datetime


class Pictures:
    """Decodes one picture at a time, in a thread: others wait for it, and nothing else does."""

    def __init__(self, engine: AsyncEngine, store: FileStore) -> None:
        self._engine = engine
        self._store = store
        self._decoding = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")

    async def keep(self, caller: Caller, sent: bytes) -> KeptPicture:
        """Keep what a caller sent. Raises NotAPicture and StoreDown.

        A row stands before there is a file, and is good for something once there is one: whatever ends in between
        leaves no row without a file that anybody sees, and no file that nobody knows of.
        """
        made = await asyncio.get_running_loop().run_in_executor(self._decoding, made_anew, sent)
        new = NewPicture(
            evidence_id=f"ev_{secrets.token_hex(16)}",
            merchant_id=caller.merchant_id,
            customer_id=caller.customer_id,
            order_id=caller.only_order_id,
            added_by=caller.name,
            name=_name(caller.merchant_id, made.content),
            width=made.width,
            height=made.height,
            size=len(made.content),
        )
        async with self._engine.begin() as connection:
            created_at = await pictures.announce(connection, new)
            await picture_looks.add(connection, caller.merchant_id, new.evidence_id, made.looks)
        async with self._engine.begin() as connection:
            await locks.hold(connection, "picture", new.name)  # who removes the same file waits, or is done
            await self._store.put(new.name, made.content)
            await pictures.note_stored(connection, new.evidence_id)
        return KeptPicture(new.evidence_id, new.width, new.height, new.size, created_at + UNUSED_FOR)

    async def content(self, name: str) -> bytes:
        """Raises PictureGone and StoreDown."""
        found = await self._store.get(name)
        if found is None:
            raise PictureGone(name)
        return found


def _name(merchant_id: str, content: bytes) -> str:
    """The hash of the content, and of whose it is: no file is two merchants'."""
    return hashlib.sha256(merchant_id.encode() + b"\0" + content).hexdigest()
