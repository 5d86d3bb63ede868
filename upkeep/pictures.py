"""Removes pictures that nothing refers to, that were erased, or whose sending was broken off."""

from datetime import timedelta
from operator import attrgetter

from sqlalchemy.ext.asyncio import AsyncEngine

from db import locks, pictures
from db.engine import snapshots
from db.pictures import GonePicture
from gateways.files.port import FileStore
from upkeep.keepers import Keeper, each_of_its_merchant

_EVERY = timedelta(seconds=15)
_AT_ONCE = 100


class OldPictures:
    def __init__(self, engine: AsyncEngine, store: FileStore) -> None:
        self._engine = engine
        self._store = store

    @property
    def keeper(self) -> Keeper:
        return Keeper("remove_pictures", _EVERY, self.remove)

    async def remove(self) -> bool:
        """Choose what has to go, then remove it, file by file; what the store does not do comes round again."""
        is_more = True
        while is_more:
            async with self._engine.begin() as connection:
                is_more = await pictures.give_up_unused(connection)
        async with snapshots(self._engine).connect() as connection:
            some = await pictures.gone(connection, _AT_ONCE)
        await each_of_its_merchant("remove a picture:", some, attrgetter("merchant_id"), self._remove)
        return True

    async def _remove(self, picture: GonePicture) -> None:
        """The file goes before the row: what ends in between is found again, and a file may be removed twice."""
        async with self._engine.begin() as connection:
            await locks.hold(connection, "picture", picture.name)
            if not await pictures.has_another_use(connection, picture):
                await self._store.remove(picture.name)
            await pictures.remove(connection, picture)
