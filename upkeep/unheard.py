"""Words that were noted and that no run is known to have taken up: the worker that heard them died with its task."""

import logging
import time
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import refund_runs, words
from db.engine import snapshots
from upkeep.keepers import Keeper, each_by_itself
from workflows.contract import workflow_id

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=10)
_WAITS_FOR = timedelta(seconds=30)
"""Whoever said something is answered long before, or says it again."""

_NOT_AGAIN_WITHIN_S = 60.0
_LONGEST_PAUSE_S = 3_600.0
_AT_ONCE = 1_000


class Waker:
    """Wakes refunds to which something was said that may be in no history; a false alarm costs two events."""

    def __init__(self, client: Client, engine: AsyncEngine) -> None:
        self._client = client
        self._engine = engine
        self._woken: dict[str, tuple[float, float]] = {}

    @property
    def keeper(self) -> Keeper:
        return Keeper("wake", _EVERY, self.wake_all)

    async def wake_all(self, *, after: timedelta = _WAITS_FOR) -> bool:
        async with snapshots(self._engine).connect() as connection:
            waiting = await words.refunds_waiting(connection, after, _AT_ONCE)
        await each_by_itself("wake refund", waiting, self.wake)
        return True

    async def wake(self, refund_id: str) -> None:
        """Wake one, and when that changes nothing again at intervals that double."""
        now = time.monotonic()
        last, pause = self._woken.get(refund_id, (-_LONGEST_PAUSE_S, _NOT_AGAIN_WITHIN_S / 2))
        if now - last < pause:
            return
        self._woken = {each: woken for each, woken in self._woken.items() if now - woken[0] < 2 * _LONGEST_PAUSE_S}
        self._woken[refund_id] = now, min(2 * pause, _LONGEST_PAUSE_S)
        if not await wake(self._client, refund_id):
            await self._take_up_after_the_end(refund_id)

    async def _take_up_after_the_end(self, refund_id: str) -> None:
        """A run that noted a word and came to its end took it up: only its caller never had the answer."""
        async with self._engine.begin() as connection:
            if not await refund_runs.still_open(connection, [refund_id]):
                await words.note_taken_up(connection, refund_id)


async def wake(client: Client, refund_id: str) -> bool:
    """Have a refund look for what was said and is in no history; False where it has no workflow.

    A refund that is not over is seen to elsewhere then.
    """
    log.info("waking refund %s", refund_id)
    try:
        await client.get_workflow_handle(workflow_id(refund_id)).signal("wake")
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
