"""Refunds that were accepted and that nobody started."""

import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import refund_runs
from db.engine import snapshots
from temporal_client.start import ensure_running
from upkeep.keepers import each_by_itself

log = logging.getLogger(__name__)

SWEEP_EVERY = timedelta(seconds=5)


async def start_forgotten(client: Client, engine: AsyncEngine) -> bool:
    """Start refunds that were accepted but whose workflow nobody confirmed: a crash between the two loses nothing."""

    async def start(refund_id: str) -> None:
        log.warning("starting refund %s, whose workflow nobody has confirmed", refund_id)
        await ensure_running(client, engine, refund_id)

    page_from: refund_runs.Place | None = None
    while True:
        async with snapshots(engine).connect() as connection:
            page = await refund_runs.unstarted(connection, SWEEP_EVERY, after=page_from)
        if not page:
            return True
        await each_by_itself("start refund", [row.refund_id for row in page], start)
        page_from = (page[-1].created_at, page[-1].refund_id)
