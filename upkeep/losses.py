"""What the bank took and refunds under way had claimed is counted as soon as they let it go (rule 52).

They end without a payout, or are paid with what was lost. Then it is taken back like the rest, and nothing holds the
payment any more.
"""

from datetime import timedelta
from functools import partial
from operator import itemgetter

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.lost_disputes import count
from db import customers, disputes, keepers, positions, stored_orders
from db.engine import snapshots
from domain.said import HOUSE
from temporal_client.start import ensure_running
from upkeep.keepers import Keeper, each_of_its_merchant, one_at_a_time

NAME = "count_losses"
_EVERY = timedelta(seconds=30)
_AT_ONCE = 100
LOCK = 0x6C6F7373
"""Whoever holds it counts, nobody else."""


def keeper(client: Client, engine: AsyncEngine) -> Keeper:
    return Keeper(NAME, _EVERY, one_at_a_time(engine, LOCK, partial(count_some, client, engine)))


async def count_some(client: Client, engine: AsyncEngine, at_once: int = _AT_ONCE) -> None:
    """Look at the next orders of which something lost is not counted, and begin anew after the last one."""
    async with snapshots(engine).connect() as connection:
        place = await keepers.place_of(connection, NAME) or {"after": ["", ""]}
        page = await disputes.with_uncounted(connection, *place["after"], limit=at_once)
    await each_of_its_merchant(
        "count what was lost of", page, itemgetter(0), lambda each: count_order(client, engine, *each)
    )
    if page or place["after"] != ["", ""]:
        after = list(page[-1]) if len(page) == at_once else ["", ""]
        async with engine.begin() as connection:
            await keepers.note_place(connection, NAME, {"after": after})


async def count_order(client: Client, engine: AsyncEngine, merchant_id: str, order_id: str) -> None:
    """Count what can be counted now of an order's losses, and start the refunds that they are."""
    for refund_id in await count_what_can_be(engine, merchant_id, order_id):
        await ensure_running(client, engine, refund_id)


async def count_what_can_be(engine: AsyncEngine, merchant_id: str, order_id: str) -> list[str]:
    """Count it, and name the refunds that it is now: they are to be started."""
    begun: list[str] = []
    async with engine.begin() as connection:
        await customers.lock_of_order(connection, merchant_id, order_id, None)
        stored = await stored_orders.find(connection, merchant_id, order_id, lock=True)
        if stored is None:
            return []
        known = list(stored.disputes)
        for place, dispute in enumerate(known):
            if dispute.uncounted:
                position = await positions.of_order(connection, merchant_id, stored)
                rest = dispute.uncounted
                known[place], refund = await count(connection, merchant_id, stored, position, dispute, rest, by=HOUSE)
                begun += [] if refund is None else [refund.refund_id]
        if tuple(known) != stored.disputes:
            await disputes.keep(connection, merchant_id, order_id, known)
    return begun
