"""What is kept of each customer's orders beside the full sum over them, once a day; what differs is told to operations.

Nothing is put right here: what differs was wrong in code, and somebody should know. Customers who are not counted yet
are, so that nobody waits for it when their next refund is quoted.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import customers, keepers, messages, purchases, server_clock, standings
from db.engine import snapshots
from domain.campaigns.counting import tallied
from domain.campaigns.tallies import ALL_ORDERS, Tally
from domain.payout.keys import joined
from domain.sale.guests import is_guest
from upkeep.keepers import Keeper, each_of_its_merchant, one_at_a_time

log = logging.getLogger(__name__)

NAME = "compare_standings"
_EVERY = timedelta(minutes=1)
_AT_ONCE = 300
"""So many customers a minute are some four hundred thousand a day."""

_AGAIN_AFTER = timedelta(days=1)
LOCK = 0x7374616E
"""Whoever holds it compares, nobody else."""


@dataclass(frozen=True, slots=True)
class StandingDifference:
    """What is kept of a customer's orders for a campaign, and what they come to; None is nothing."""

    campaign_id: str
    currency: str
    kept: Tally | None
    full: Tally | None


def keeper(engine: AsyncEngine) -> Keeper:
    return Keeper(NAME, _EVERY, one_at_a_time(engine, LOCK, partial(compare_some, engine)))


async def compare_some(engine: AsyncEngine, at_once: int = _AT_ONCE) -> None:
    """Compare the next customers in their order, and begin anew a day after the last time has begun."""
    async with snapshots(engine).connect() as connection:
        now = await server_clock.now(connection)
        place = await keepers.place_of(connection, NAME) or {"begun_at": now.isoformat(), "after": ["", ""]}
        if place["after"] is None:
            if datetime.fromisoformat(place["begun_at"]) > now - _AGAIN_AFTER:
                return
            place = {"begun_at": now.isoformat(), "after": ["", ""]}
        merchant_id, customer_id = place["after"]
        page = await customers.page_of_buyers(connection, merchant_id, customer_id, limit=at_once)
    await each_of_its_merchant("compare the standings of", page, itemgetter(0), lambda each: compare(engine, *each))
    async with engine.begin() as connection:
        await keepers.note_place(connection, NAME, {**place, "after": page[-1] if page else None})


async def compare(engine: AsyncEngine, merchant_id: str, customer_id: str) -> None:
    """Tell operations what differs, and count a customer who is not counted yet."""
    found = await differences(engine, merchant_id, customer_id)
    async with engine.begin() as connection:
        for each in found:
            log.error("merchant %s: %s", merchant_id, sentence(customer_id, each))
            await _tell(connection, merchant_id, customer_id, each)
        if not (await standings.kept(connection, merchant_id, customer_id)).is_up_to_date:
            await customers.lock(connection, merchant_id, customer_id)
            await standings.caught_up(connection, merchant_id, customer_id)


def sentence(customer_id: str, found: StandingDifference) -> str:
    """Say for people what differs."""
    called = "a guest" if is_guest(customer_id) else f"customer {customer_id}"
    which = "all orders" if found.campaign_id == ALL_ORDERS else f"campaign {found.campaign_id}"
    return (
        f"The standing of {called} differs ({which}, {found.currency}): kept is {_said(found.kept)}, "
        f"the orders come to {_said(found.full)}."
    )


async def differences(engine: AsyncEngine, merchant_id: str, customer_id: str) -> Sequence[StandingDifference]:
    """Hold what is kept of a customer's orders beside what they come to, both as of one moment."""
    async with snapshots(engine).connect() as connection:
        known = await standings.kept(connection, merchant_id, customer_id)
        bought = await purchases.of_customer(connection, merchant_id, customer_id)
    full = tallied(bought, known.counting, all_orders=known.counts_all)
    by_kept, by_full = (
        {(each.campaign_id, each.paid.currency): each for each in side} for side in (known.tallies, full)
    )
    return [
        StandingDifference(*key, by_kept.get(key), by_full.get(key))
        for key in sorted(by_kept.keys() | by_full.keys())
        if by_kept.get(key) != by_full.get(key)
    ]


async def _tell(connection: AsyncConnection, merchant_id: str, customer_id: str, found: StandingDifference) -> None:
    """Once a day for as long as it lasts, so that nobody forgets it."""
    today = (await server_clock.now(connection)).date().isoformat()
    subject = joined("standing", customer_id, found.campaign_id, found.currency, today)
    await messages.put_for_operations(connection, merchant_id, "", subject, sentence(customer_id, found))


def _said(tally: Tally | None) -> str:
    if tally is None:
        return "nothing"
    return f"{tally.paid} less {tally.refunded} of {tally.orders} orders, {tally.returned} of them returned"
