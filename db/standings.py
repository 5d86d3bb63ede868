"""What a customer's orders come to for each campaign, kept by increment, so that nobody reads all of them.

Whoever changes what an order comes to holds its customer's lock and adds the difference in the same transaction. What
is kept of a campaign counts if the customer was counted up to its number; where a campaign is new, or covers other
orders than before, it has a later one, and is summed up from the orders until somebody who holds the lock catches up.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Row, Select, delete, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import campaigns, purchases
from db.at_once import at_once
from db.batches import insert_all
from db.built import Filled, built_once, one_of
from db.codec import from_json
from db.schema import campaign_standings, customers
from db.schema import campaigns as known_campaigns
from domain.campaigns.campaigns import Campaign, Purchase
from domain.campaigns.counting import change, tallied
from domain.campaigns.tallies import ALL_ORDERS, Tallies, Tally, summed
from domain.money.amounts import Money


@dataclass(frozen=True, slots=True)
class Counted:
    """A merchant's campaigns, the orders that were to be listed, and what all the others come to."""

    campaigns: tuple[Campaign, ...]
    listed: tuple[Purchase, ...]
    others: Tallies


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a customer's orders, and for which campaigns: `behind` are those for which it does not count.

    `counts_all` says whether it counts for all orders together; `newest` is the number of the newest campaign.
    """

    tallies: Tallies
    campaigns: tuple[Campaign, ...]
    behind: tuple[Campaign, ...]
    counts_all: bool
    newest: int

    @property
    def is_up_to_date(self) -> bool:
        return self.counts_all and not self.behind

    @property
    def counting(self) -> tuple[Campaign, ...]:
        return tuple(each for each in self.campaigns if each not in self.behind)


async def of_customer(connection: AsyncConnection, merchant_id: str, customer_id: str, *, listed: str = "") -> Counted:
    """Sum a customer's orders up, but for one that is `listed` by itself."""
    async with at_once(connection) as reads:
        keeping = reads.begin(kept, merchant_id, customer_id)
        listing = reads.begin(purchases.of_order, merchant_id, listed) if listed else None
    known, these = keeping.result(), listing.result() if listing else ()
    own = tallied(these, known.counting, all_orders=known.counts_all)
    others = summed(known.tallies, less=own)
    if not known.is_up_to_date:
        bought = await purchases.of_customer(connection, merchant_id, customer_id)
        rest = (each for each in bought if each.order_id != listed)
        others = summed((*others, *tallied(rest, known.behind, all_orders=not known.counts_all)))
    return Counted(known.campaigns, these, others)


async def caught_up(connection: AsyncConnection, merchant_id: str, customer_id: str) -> Counted:
    """Sum all of a customer's orders up under their lock; from here on all that is kept counts."""
    known = await kept(connection, merchant_id, customer_id)
    if known.is_up_to_date:
        return Counted(known.campaigns, (), known.tallies)
    bought = await purchases.of_customer(connection, merchant_id, customer_id)
    missing = tallied(bought, known.behind, all_orders=not known.counts_all)
    await _forget(connection, merchant_id, customer_id, known)
    if missing:
        await adding(merchant_id, customer_id, missing).on(connection)
    return Counted(known.campaigns, (), summed((*known.tallies, *missing)))


async def count(
    connection: AsyncConnection,
    merchant_id: str,
    customer_id: str,
    before: Sequence[Purchase],
    after: Sequence[Purchase],
) -> None:
    """Add what some orders come to now more than before, under the customer's lock."""
    changes = change(before, after, await campaigns.all_of(connection, merchant_id))
    if changes:
        await adding(merchant_id, customer_id, changes).on(connection)


@asynccontextmanager
async def counting(
    connection: AsyncConnection, merchant_id: str, customer_id: str, order_id: str
) -> AsyncIterator[None]:
    """Count whatever the block changes of what an order comes to, under the customer's lock."""
    before = await purchases.of_order(connection, merchant_id, order_id)
    yield
    after = await purchases.of_order(connection, merchant_id, order_id)
    await count(connection, merchant_id, customer_id, before, after)


def adding(merchant_id: str, customer_id: str, changes: Tallies) -> Filled:
    """Add changes, at least one, to what is kept; also where it does not count yet, since that is forgotten first."""
    whose = {"merchant_id": merchant_id, "customer_id": customer_id}
    tallies = [{**whose, **_columns(each)} for each in changes]
    return _added(tallies=tallies)


@built_once
def _added(*, tallies: Any) -> Insert:
    names = ("merchant_id", "customer_id", "campaign_id", "currency", *_FIGURES)
    statement = insert_all(campaign_standings, names, tallies)
    added = {name: campaign_standings.c[name] + statement.excluded[name] for name in _FIGURES}
    return statement.on_conflict_do_update(index_elements=list(campaign_standings.primary_key.columns), set_=added)


async def kept(connection: AsyncConnection, merchant_id: str, customer_id: str) -> Kept:
    """Read what is kept of a customer's orders, as of one moment."""
    whose = {"merchant_id": merchant_id, "customer_id": customer_id}
    async with at_once(connection) as reads:
        counting = reads.begin(_counted_until(**whose).on)
        knowing = reads.begin(_running(merchant_id=merchant_id).on)
        keeping = reads.begin(_rows_of(**whose).on)
    counted_until = counting.result().scalar_one_or_none()
    known = [(from_json(Campaign, row.terms), row.number) for row in knowing.result()]
    behind = tuple(campaign for campaign, number in known if counted_until is None or number > counted_until)
    tallies = summed(_tally(row) for row in keeping.result())
    unknown = {each.campaign_id for each in behind} | ({ALL_ORDERS} if counted_until is None else set())
    return Kept(
        tallies=tuple(each for each in tallies if each.campaign_id not in unknown),
        campaigns=tuple(campaign for campaign, _ in known),
        behind=behind,
        counts_all=counted_until is not None,
        newest=max((number for _, number in known), default=0),
    )


@built_once
def _counted_until(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    return select(customers.c.counted_until).where(*_of(customers, merchant_id, customer_id))


@built_once
def _running(*, merchant_id: Any) -> Select[Any]:
    running = select(known_campaigns.c.terms, known_campaigns.c.number)
    return running.where(known_campaigns.c.merchant_id == merchant_id).order_by(known_campaigns.c.campaign_id)


@built_once
def _rows_of(*, merchant_id: Any, customer_id: Any) -> Select[Any]:
    return select(campaign_standings).where(*_of(campaign_standings, merchant_id, customer_id))


async def _forget(connection: AsyncConnection, merchant_id: str, customer_id: str, known: Kept) -> None:
    """Delete what does not count, and note that what follows does."""
    void = [*(each.campaign_id for each in known.behind), *([] if known.counts_all else [ALL_ORDERS])]
    whose = {"merchant_id": merchant_id, "customer_id": customer_id}
    await _forgotten(**whose, void=void, newest=known.newest).on(connection)


@built_once
def _forgotten(*, merchant_id: Any, customer_id: Any, void: Any, newest: Any) -> Delete:
    is_void = one_of(campaign_standings.c.campaign_id, void)
    noted = update(customers).where(*_of(customers, merchant_id, customer_id)).values(counted_until=newest)
    forgotten = delete(campaign_standings).where(*_of(campaign_standings, merchant_id, customer_id), is_void)
    return forgotten.add_cte(noted.cte("noted"))


_FIGURES = ("paid", "refunded", "orders", "returned")


def _columns(tally: Tally) -> dict[str, Any]:
    figures = (tally.paid.minor_units, tally.refunded.minor_units, tally.orders, tally.returned)
    return {
        "campaign_id": tally.campaign_id,
        "currency": tally.paid.currency,
        **dict(zip(_FIGURES, figures, strict=True)),
    }


def _tally(row: Row[Any]) -> Tally:
    paid, refunded = Money(row.currency, row.paid), Money(row.currency, row.refunded)
    return Tally(row.campaign_id, paid, refunded, row.orders, row.returned)


def _of(table: Any, merchant_id: str, customer_id: str) -> tuple[Any, Any]:
    return table.c.merchant_id == merchant_id, table.c.customer_id == customer_id
