"""Carrying bulks of refunds on: the activities of `workflows/bulk.py`, and a keeper for those left alone."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from db import bulk_lines, bulks, messages, not_begun, weights
from db.bulks import Bulk
from db.engine import snapshots
from domain.payout.keys import joined
from domain.settlement.bulk import BulkStatus, LineStatus, totals
from service.bulk import BulkLines, BulkRef, GroupDone
from temporal_client.apart import Apart
from temporal_client.bulk import carry_on
from temporal_client.start import start_first
from temporal_client.turns import Turns
from upkeep.keepers import Keeper, each_by_itself
from workflows.bulk import BulkStands

log = logging.getLogger(__name__)

PREVIEWED_AT_ONCE = 50
"""So many lines a round; then the workflow comes round again, and other merchants' tasks in between."""

BEGUN_AT_ONCE = 20
"""So many refunds of a merchant wait for a worker at most while a bulk of theirs begins more."""

_PAUSE_S = 1.0
_BEAT_S = 3.0
_EVERY = timedelta(seconds=20)
_LEFT_ALONE_FOR = timedelta(minutes=1)
_LOOKED_AT = 200


class BulkRefunds:
    def __init__(
        self, engine: AsyncEngine, client: Client, lines: BulkLines, turns: Turns, apart: Apart | None = None
    ) -> None:
        self._engine = engine
        self._client = client
        self._lines = lines
        self._turns = turns
        self._apart = apart
        self._numbers = itertools.count()

    @property
    def activities(self) -> Sequence[Callable[..., Awaitable[Any]]]:
        return self.carry_on_bulk, self.note_bulk_trouble

    # No undo: each refund that begins has its own.
    @activity.defn
    async def carry_on_bulk(self, ref: BulkRef) -> BulkStands:
        """Do the next bit of a bulk, wherever it stands, and say where it stands then."""
        async with _beating():
            bulk = await self._find(ref)
            pause_s = 0.0
            if bulk.status is BulkStatus.PREVIEWING:
                await self._preview(ref)
            elif bulk.status is BulkStatus.GRACE and not bulk.left_s:
                async with self._engine.begin() as connection:
                    await bulks.begin(connection, ref.bulk_id)
            elif bulk.status is BulkStatus.RUNNING:
                pause_s = await self._begin(ref)
            return await self._stands(ref, pause_s)

    # No undo: it tells people.
    @activity.defn
    async def note_bulk_trouble(self, ref: BulkRef, trouble: str) -> None:
        """Write down that a bulk stands still, and tell operations, once a reason."""
        async with self._engine.begin() as connection:
            await bulks.note_trouble(connection, ref.bulk_id, trouble)
            body = f"Bulk {ref.bulk_id} stands still, and is tried on: {trouble}. GET /v1/bulk/{ref.bulk_id}."
            subject = joined("bulk", ref.bulk_id, trouble[:100])
            await messages.put_for_operations(connection, ref.merchant_id, "", subject, body)

    async def _find(self, ref: BulkRef) -> Bulk:
        async with snapshots(self._engine).connect() as connection:
            bulk = await bulks.find(connection, ref.merchant_id, ref.bulk_id)
        assert bulk is not None, ref
        return bulk

    async def _preview(self, ref: BulkRef) -> None:
        seen = 0
        while seen < PREVIEWED_AT_ONCE:
            group = await self._in_turn(ref, "preview_bulk_group", self._lines.preview_group)
            if not group.lines:
                await self._end_preview(ref)
                return
            seen += group.lines

    async def _end_preview(self, ref: BulkRef) -> None:
        async with self._engine.begin() as connection:
            if await bulks.hold(connection, ref.merchant_id, ref.bulk_id) is not None:
                previews = await bulk_lines.ready(connection, ref.bulk_id)
                await bulks.note_previewed(connection, ref.bulk_id, totals(previews))

    async def _begin(self, ref: BulkRef) -> float:
        """Begin as many as there is room for; tells how long to wait for more room."""
        async with snapshots(self._engine).connect() as connection:
            waiting = await not_begun.of_merchant(connection, ref.merchant_id, BEGUN_AT_ONCE)
        room = BEGUN_AT_ONCE - waiting
        while room > 0:
            group = await self._in_turn(ref, "begin_bulk_group", self._lines.begin_group)
            for refund in group.begun:
                await self._start(refund)
            if not group.lines:
                await self._complete(ref)
                return 0.0
            room -= group.lines
        return _PAUSE_S

    async def _start(self, refund: Any) -> None:
        """Start what is stored; where that fails now, the sweep starts it."""
        try:
            await start_first(self._client, refund)
        except (RPCError, OSError) as trouble:
            log.warning("refund %s is stored, the sweep will start it: %s", refund.refund_id, trouble)

    async def _complete(self, ref: BulkRef) -> None:
        async with self._engine.begin() as connection:
            if not await bulks.complete(connection, ref.bulk_id):
                return
            of = await bulk_lines.counts(connection, ref.bulk_id)
            if left_out := of[LineStatus.CHANGED] + of[LineStatus.FAILED]:
                body = (
                    f"Bulk {ref.bulk_id}: {of[LineStatus.BEGUN]} refunds have begun, {left_out} lines of its preview "
                    f"have not: {of[LineStatus.CHANGED]} changed, {of[LineStatus.FAILED]} failed. "
                    f"GET /v1/bulk/{ref.bulk_id}?line_status=changed."
                )
                subject = joined("bulk", ref.bulk_id)
                await messages.put_for_operations(connection, ref.merchant_id, "", subject, body)

    async def _in_turn(self, ref: BulkRef, name: str, work: Callable[[BulkRef], Awaitable[GroupDone]]) -> GroupDone:
        """Do the lines of one order in the merchant's turn; an order that is large is left to a process of its own."""
        async with self._turns.turn(ref.merchant_id, f"{ref.bulk_id} {next(self._numbers)}"):
            light_only = weights.LIGHT_ONLY.set(self._apart is not None)
            try:
                return await work(ref)
            except weights.TooHeavy:
                log.info("bulk %s: the next order is large", ref.bulk_id)
            finally:
                weights.LIGHT_ONLY.reset(light_only)
        assert self._apart is not None
        done: GroupDone = await self._apart.perform(ref.merchant_id, name, (ref,))
        return done

    async def _stands(self, ref: BulkRef, pause_s: float) -> BulkStands:
        async with self._engine.begin() as connection:
            await bulks.touch(connection, ref.bulk_id)
            of = await bulk_lines.counts(connection, ref.bulk_id)
        bulk = await self._find(ref)
        said = f"{bulk.status}: {', '.join(f'{count} {status}' for status, count in of.items() if count)}"
        return BulkStands(bulk.status, bulk.left_s or pause_s, said)


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    """Tell Temporal that this worker lives, whatever it waits for."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT_S)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


def keeper(client: Client, engine: AsyncEngine) -> Keeper:
    """Carry on what nobody carries on: Temporal was away, or its workflow was ended there."""
    return Keeper("carry_on_bulks", _EVERY, partial(_carry_on_all, client, engine))


async def _carry_on_all(client: Client, engine: AsyncEngine) -> bool:
    async with snapshots(engine).connect() as connection:
        found = await bulks.left_alone(connection, _LEFT_ALONE_FOR, _LOOKED_AT)
    await each_by_itself("carry on bulk", [BulkRef(*each) for each in found], partial(carry_on, client))
    return True
