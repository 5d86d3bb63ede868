"""Again and again, one worker at a time: refunds that lost their workflow are revived, differing books reported."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client

from db import compared_books, messages, server_clock
from db.engine import snapshots
from domain.payout.keys import joined
from gateways.ports import GatewayStatus, PaymentGateway
from temporal_client.payout_events import note_payout_event
from temporal_client.resume import resume
from upkeep.books import LOOKS_BACK, SETTLES_WITHIN, Discrepancy, compare
from upkeep.keepers import Keeper, each_by_itself, each_of_its_merchant, one_at_a_time
from upkeep.missing import Lost, Patrol, Trouble
from upkeep.stale_runs import end_stale_runs
from upkeep.unheard import Waker, wake

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=30)
LOCK = 0x7265636F
"""Whoever holds it reconciles, nobody else."""


class BooksUnread(Exception):
    """The books at these gateways could not be read."""


class Reconciler:
    def __init__(self, client: Client, engine: AsyncEngine, gateways: Mapping[str, PaymentGateway]) -> None:
        self._client = client
        self._engine = engine
        self._gateways = gateways
        self._waker = Waker(client, engine)
        self._patrol = Patrol(client, engine)

    @property
    def keeper(self) -> Keeper:
        return Keeper("reconcile", _EVERY, self.reconcile)

    async def reconcile(self) -> bool:
        """Do it once and tell so, unless another worker is at it."""
        return await one_at_a_time(self._engine, LOCK, self._reconcile_each)()

    async def _reconcile_each(self) -> None:
        parts = {
            "lost workflows": self.revive_lost,
            "workflows left over": self._end_left_over,
            "books": self._report_differences,
        }
        await each_by_itself("reconcile", parts, lambda part: parts[part]())

    async def revive_lost(self) -> None:
        async for lost in self._patrol.each_lost():
            log.warning("refund %s is %s: %s", lost.refund_id, lost.trouble, lost.why)
            await each_by_itself("bring back", (lost,), self._help)

    async def _help(self, lost: Lost) -> None:
        if lost.trouble is Trouble.PAUSED:
            async with self._engine.begin() as connection:
                await tell_of_pause(connection, lost)
        elif lost.trouble is Trouble.LAGGING:
            await self._waker.wake(lost.refund_id)
        else:
            await bring_back(self._client, self._engine, lost)

    async def _end_left_over(self) -> None:
        await end_stale_runs(self._client, self._engine)

    async def _report_differences(self) -> None:
        async with self._engine.begin() as connection:
            due = await compared_books.due(connection, await server_clock.now(connection), LOOKS_BACK)
        await each_of_its_merchant(
            "compare the books of", due, str, lambda merchant_id: self.compare(merchant_id, due[merchant_id])
        )

    async def compare(self, merchant_id: str, since: datetime, *, settles_within: timedelta = SETTLES_WITHIN) -> None:
        """Compare what moved since then, and have the refunds concerned look into it as after a webhook.

        Operations are told at once, but of a payout that failed later only where it still differs when all is
        compared again: its refund asks for attention by itself. Raises BooksUnread, after all that could be read.
        """
        async with snapshots(self._engine).connect() as connection:
            now = await server_clock.now(connection)
        is_full = since <= now - LOOKS_BACK
        books = await compare(self._engine, self._gateways, merchant_id, since=since, settles_within=settles_within)
        for each in books.found:
            await self._look_into(each)
            if each.failed_as is not None and not is_full:
                continue
            async with self._engine.begin() as connection:
                if await tell_operations(connection, each):
                    log.error("merchant %s: %s", merchant_id, sentence(each))
        if books.unread:  # what moved there is looked for again
            raise BooksUnread(", ".join(books.unread)) from next(iter(books.unread.values()))
        async with self._engine.begin() as connection:
            await compared_books.note(connection, merchant_id, now, is_full=is_full)

    async def _look_into(self, found: Discrepancy) -> None:
        status = GatewayStatus.FAILED if found.failed_as is not None else GatewayStatus.SUCCEEDED
        if found.refund_id is not None and (found.failed_as is not None or found.theirs):
            await note_payout_event(self._client, self._engine, found.key, status, found.failed_as)


async def bring_back(client: Client, engine: AsyncEngine, lost: Lost) -> None:
    """Have a refund go on in another run, or look for what it does not know, unless something happened to it since."""
    if lost.trouble is Trouble.LAGGING:
        await wake(client, lost.refund_id)
    elif lost.trouble is Trouble.MISSING:
        await resume(
            client,
            engine,
            lost.refund_id,
            lost.why,
            as_of=lost.event_count,
            instead_of=lost.instead_of,
            though_loaded=lost.though_loaded,
        )


async def tell_of_pause(connection: AsyncConnection, lost: Lost) -> None:
    """Once a day for as long as it lasts, so that nobody forgets it."""
    body = f"Refund {lost.refund_id} waits: {lost.why}. Unpause it in Temporal."
    subject = f"paused:{(await server_clock.now(connection)).date()}"
    await messages.put_for_operations(connection, lost.merchant_id, lost.refund_id, subject, body)


async def tell_operations(connection: AsyncConnection, found: Discrepancy) -> bool:
    """Once for each payout and each kind of difference; tell whether it was news."""
    subject = joined(found.difference, found.key)
    return await messages.put_for_operations(
        connection, found.merchant_id, found.refund_id or "", subject, sentence(found)
    )


def sentence(found: Discrepancy) -> str:
    """Say for people what differs."""
    ours, theirs = found.ours or "nothing", " and ".join(map(str, found.theirs)) or "nothing"
    return f"The books differ ({found.difference}): payout {found.key}, ours {ours}, theirs {theirs}."
