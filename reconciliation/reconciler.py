"""Again and again, one worker at a time: refunds that lost their workflow are revived, differing books reported."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from db import messages, payouts
from gateways.ports import PaymentGateway
from reconciliation.books import LOOKS_BACK, Discrepancy, compare
from reconciliation.left_over import end_left_over
from reconciliation.lost import Lost, Trouble, find_lost
from workflows.revival import revive

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=30)
_LOCK = 0x7265636F


class Reconciler:
    def __init__(self, client: Client, engine: AsyncEngine, gateways: Mapping[str, PaymentGateway]) -> None:
        self._client = client
        self._engine = engine
        self._gateways = gateways

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY.total_seconds())
            try:
                await self.reconcile()
            except (SQLAlchemyError, RPCError, OSError) as trouble:
                log.warning("could not reconcile, trying again: %s", trouble)

    async def reconcile(self) -> None:
        """Do it once, unless another worker is at it."""
        async with self._engine.connect() as guard:
            locked = await guard.execute(text("select pg_try_advisory_xact_lock(:number)"), {"number": _LOCK})
            if not locked.scalar_one():
                return
            await self.revive_lost()
            await end_left_over(self._client, self._engine)
            await self._report_differences()

    async def revive_lost(self) -> None:
        for lost in await find_lost(self._client, self._engine):
            log.warning("refund %s is %s: %s", lost.refund_id, lost.trouble, lost.why)
            if lost.trouble is Trouble.PAUSED:
                async with self._engine.begin() as connection:
                    await tell_of_pause(connection, lost)
            else:
                await bring_back(self._client, self._engine, lost)

    async def _report_differences(self) -> None:
        async with self._engine.connect() as connection:
            merchants = await payouts.merchants_paying_since(connection, datetime.now(UTC) - LOOKS_BACK)
        for merchant_id in merchants:
            for each in await compare(self._engine, self._gateways, merchant_id):
                log.error("the books differ: %s", each)
                async with self._engine.begin() as connection:
                    await tell_operations(connection, each)


async def bring_back(client: Client, engine: AsyncEngine, lost: Lost) -> None:
    """Have a refund go on in another run, unless something happened to it since it was found lost."""
    is_behind = lost.trouble is Trouble.BEHIND
    await revive(client, engine, lost.refund_id, lost.why, as_of=lost.event_count, instead=is_behind)


async def tell_of_pause(connection: AsyncConnection, lost: Lost) -> None:
    """Once a day for as long as it lasts, so that nobody forgets it."""
    body = f"Refund {lost.refund_id} waits: {lost.why}. Unpause it in Temporal."
    await messages.put_for_operations(
        connection, lost.merchant_id, lost.refund_id, f"paused:{datetime.now(UTC).date()}", body
    )


async def tell_operations(connection: AsyncConnection, found: Discrepancy) -> None:
    """Once for each payout and each kind of difference."""
    body = f"The books differ, {found.difference}: payout {found.key}, ours {found.ours}, theirs {found.theirs}"
    await messages.put_for_operations(
        connection, found.merchant_id, found.refund_id or "", f"{found.difference}:{found.key}", body
    )
