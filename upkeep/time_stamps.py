"""Has a third party stamp checkpoints with the time (rule 39): then even who holds our keys can't date them back.

It is apart from signing: whatever the authority does, checkpoints are signed and kept.
"""

import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from db import time_stamps
from db.engine import snapshots
from db.time_stamps import Unstamped
from db.whose import of_merchant
from gateways.time_stamps import NotStamped, TimeStampAuthority
from upkeep.keepers import Keeper

log = logging.getLogger(__name__)

_LOOKS_EVERY = timedelta(minutes=1)
EVERY = timedelta(hours=1)
"""So often at most for a merchant: a stamp holds all checkpoints before, and authorities are not ours to load."""

_AT_ONCE = 50


class TimeStamps:
    """Shows the authority the last checkpoint of each merchant that has something new."""

    def __init__(self, engine: AsyncEngine, authority: TimeStampAuthority) -> None:
        self._engine = engine
        self._authority = authority

    @property
    def keeper(self) -> Keeper:
        return Keeper("stamp_checkpoints", _LOOKS_EVERY, self.stamp_due)

    async def stamp_due(self) -> bool:
        """Stamp what is due; False where the authority fails, which is asked once then, and again in the next round."""
        async with snapshots(self._engine).connect() as connection:
            due = await time_stamps.due(connection, EVERY, _AT_ONCE)
        for each in due:
            try:
                await self.stamp(each)
            except NotStamped as trouble:
                log.warning("checkpoints of the audit trail get no time stamp, trying again: %s", trouble)
                return False
        return True

    async def stamp(self, checkpoint: Unstamped) -> None:
        """Raises NotStamped."""
        token = await self._authority.stamp(checkpoint.shown)
        with of_merchant(checkpoint.merchant_id):
            async with self._engine.begin() as connection:
                await time_stamps.add(connection, checkpoint, token)
