"""Disputes that could not be heard when a provider told of them are heard as soon as they can be."""

from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import keepers, stray_disputes
from db.engine import snapshots
from temporal_client.dispute_events import take_up_one
from upkeep.keepers import Keeper, each_by_itself, one_at_a_time

NAME = "take_up_disputes"
_EVERY = timedelta(seconds=30)
_AT_ONCE = 100
_FIRST = ["", "", "", ""]
LOCK = 0x73747261
"""Whoever holds it takes them up, nobody else."""


def keeper(client: Client, engine: AsyncEngine) -> Keeper:
    return Keeper(NAME, _EVERY, one_at_a_time(engine, LOCK, partial(take_up_some, client, engine)))


async def take_up_some(client: Client, engine: AsyncEngine, at_once: int = _AT_ONCE) -> None:
    """Look at the next ones, and begin anew after the last."""
    async with snapshots(engine).connect() as connection:
        place = await keepers.place_of(connection, NAME) or {"after": _FIRST}
        page = await stray_disputes.page(connection, place["after"], limit=at_once)
    await each_by_itself("take up", page, lambda each: take_up_one(client, engine, each))
    if page or place["after"] != _FIRST:
        after = stray_disputes.key_of(page[-1]) if len(page) == at_once else _FIRST
        async with engine.begin() as connection:
            await keepers.note_place(connection, NAME, {"after": after})
