"""Keeps what merchants keep for a while only, and no longer (`retention` of the policy)."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import forgotten_messages, locks, pictures, retention, webhook_events
from db.archives import Archived
from db.engine import snapshots
from db.erasures import UnderWay
from domain.durations import span
from domain.policy import Retention
from domain.said import HOUSE
from service.erasing import erase, wanted
from upkeep.archiving import Archive
from upkeep.keepers import Keeper, each_by_itself, each_of_its_merchant

log = logging.getLogger(__name__)

_EVERY = timedelta(hours=1)
_CUSTOMERS_AT_ONCE = 200


def keeper(engine: AsyncEngine, archive: Archive | None) -> Keeper:
    return Keeper("keep_to_retention", _EVERY, partial(keep_to_retention, engine, archive))


async def keep_to_retention(engine: AsyncEngine, archive: Archive | None = None) -> bool:
    """Archive, forget or erase what its time is over of, merchant by merchant."""
    async with snapshots(engine).connect() as connection:
        chosen = await retention.chosen(connection)
    if archive is None:
        await _forget_events(engine, chosen)
    else:
        await _archive(archive, chosen)
    await each_of_its_merchant(
        "keep to the retention of", chosen, str, lambda merchant_id: _keep_to(engine, archive, merchant_id, chosen)
    )
    return True


async def _keep_to(
    engine: AsyncEngine, archive: Archive | None, merchant_id: str, chosen: Mapping[str, Retention]
) -> None:
    those = chosen[merchant_id]
    if those.bulk_refunds is not None and archive is None:
        forget_bulks = partial(retention.forget_bulks, merchant_id=merchant_id, kept=span(those.bulk_refunds))
        await _part_by_part(engine, forget_bulks)
    if those.messages is not None and archive is None:
        forget_old = partial(forgotten_messages.forget_old, merchant_id=merchant_id, kept=span(those.messages))
        await _part_by_part(engine, forget_old)
    if those.pictures is not None:
        give_up_old = partial(pictures.give_up_old, merchant_id=merchant_id, kept=span(those.pictures))
        await _part_by_part(engine, give_up_old)
    if those.personal_data is not None:
        await _erase_idle(engine, merchant_id, span(those.personal_data))


async def _archive(archive: Archive, chosen: Mapping[str, Retention]) -> None:
    """Events, bulks and messages, month by month. Those of merchants who have chosen nothing go together."""
    events, usual = Archived.WEBHOOK_EVENTS, span(Retention().webhook_events)
    await archive.take(events, usual, but_of=list(chosen))
    for merchant_id, those in chosen.items():
        await archive.take(events, span(those.webhook_events), of_merchant=merchant_id)
        if those.bulk_refunds is not None:
            await archive.take(Archived.BULK_REFUNDS, span(those.bulk_refunds), of_merchant=merchant_id)
        if those.messages is not None:
            await archive.take(Archived.MESSAGES, span(those.messages), of_merchant=merchant_id)


async def _forget_events(engine: AsyncEngine, chosen: Mapping[str, Retention]) -> None:
    """Those of merchants who have chosen nothing go together."""
    usual = partial(webhook_events.forget_old, kept=span(Retention().webhook_events), but_of=list(chosen))
    of_each = [
        partial(webhook_events.forget_old, kept=span(those.webhook_events), of_merchant=merchant_id)
        for merchant_id, those in chosen.items()
    ]
    for forget in (usual, *of_each):
        await _part_by_part(engine, forget)


async def _part_by_part(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[bool]]) -> None:
    """Do it in a transaction after the other, as long as it tells that there may be more."""
    is_more = True
    while is_more:
        async with engine.begin() as connection:
            is_more = await work(connection)


async def _erase_idle(engine: AsyncEngine, merchant_id: str, kept: timedelta) -> None:
    after = ""
    while True:
        async with snapshots(engine).connect() as connection:
            idle = await retention.idle_customers(connection, merchant_id, kept, after=after, limit=_CUSTOMERS_AT_ONCE)
        await each_by_itself("erase customer", idle, lambda each: _erase(engine, merchant_id, each, kept))
        if len(idle) < _CUSTOMERS_AT_ONCE:
            return
        after = idle[-1]


async def _erase(engine: AsyncEngine, merchant_id: str, customer_id: str, kept: timedelta) -> None:
    """Two workers may have found the same customer, who may have come back meanwhile."""
    try:
        async with engine.begin() as connection:
            await locks.hold(connection, "retention", merchant_id, customer_id)
            if await retention.is_idle(connection, merchant_id, customer_id, kept):
                await erase(connection, wanted(merchant_id, customer_id), HOUSE)
    except UnderWay as under_way:
        log.info("customer %s of %s is not erased: %s", customer_id, merchant_id, under_way)
