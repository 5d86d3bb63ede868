"""Our ledger beside the providers' own books: what one side says was paid and the other does not."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import booked_payouts, gateway_accounts, payouts, server_clock
from db.engine import snapshots
from db.read_models import BookedPayout
from db.reported_refunds import At, Place
from domain.lifecycle import PayoutStatus
from domain.money.amounts import Money
from gateways.ports import GatewayStatus, PaymentGateway, Reported

LOOKS_BACK = timedelta(days=30)
SETTLES_WITHIN = timedelta(minutes=1)
"""What moved within the last minute may be booked at one side only, for a moment."""

_AT_ONCE = 500
"""So many payouts of ours are in memory together: a merchant's month may be very many."""


class BooksDifference(StrEnum):
    """How our ledger and a provider's books differ."""

    PAID_BY_THEM_ONLY = "paid_by_them_only"
    PAID_BY_US_ONLY = "paid_by_us_only"
    AMOUNTS_DIFFER = "amounts_differ"
    PAID_TWICE = "paid_twice"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`key` is the payout's; `refund_id` is None where nobody here knows such a payout.

    `failed_as` is what the provider calls a refund that has failed there and is paid here: the refund looks into it.
    """

    merchant_id: str
    key: str
    refund_id: str | None
    difference: BooksDifference
    ours: Money | None
    theirs: tuple[Money, ...]
    failed_as: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, and why the books of which gateways could not be read."""

    found: Sequence[Discrepancy]
    unread: Mapping[str, Exception]


async def compare(
    engine: AsyncEngine,
    gateways: Mapping[str, PaymentGateway],
    merchant_id: str,
    *,
    since: datetime | None = None,
    settles_within: timedelta = SETTLES_WITHIN,
    at_once: int = _AT_ONCE,
) -> Compared:
    """Compare a merchant's payouts with each gateway's report, as far as they moved at either side since then.

    A gateway that does not answer, or that nobody can be understood from, keeps none of the others from being compared.

    `since` is thirty days ago unless it is given. What only one side has moved is looked for at the other, however
    old it is there. What moved just now, by PostgreSQL's clock, is left for the next time. Of ours `at_once` are in
    memory together.
    """
    async with snapshots(engine).connect() as connection:
        now = await server_clock.now(connection)
        accounts = await gateway_accounts.names(connection, merchant_id)
    found, unread = list[Discrepancy](), dict[str, Exception]()
    for name in (*gateways, *accounts):
        of_gateway: list[Discrepancy] = []
        try:
            at = At(merchant_id, name)
            async for ours, theirs in _both_sides(engine, at, gateways[name], since or now - LOOKS_BACK, at_once):
                of_gateway += await _found(engine, at, ours, theirs, now - settles_within)
        except SQLAlchemyError:
            raise  # these are our own books
        except Exception as trouble:  # whatever a provider, or its library, finds to go wrong
            unread[name] = trouble
        else:
            found += of_gateway
    return Compared(found, unread)


async def _found(
    engine: AsyncEngine, at: At, ours: Sequence[BookedPayout], theirs: Sequence[Reported], settled: datetime
) -> list[Discrepancy]:
    """Compare both sides of some payouts; what moved after `settled` is left for the next time."""
    moving = {row.key for row in ours if row.updated_at > settled}
    moving |= {_name(each) for each in theirs if each.at > settled}
    differences = [each for each in _differences(at.merchant_id, ours, theirs) if each.key not in moving]
    if not differences:
        return []
    async with snapshots(engine).connect() as connection:
        refund_ids = await payouts.refunds_of_keys(connection, [each.key for each in differences])
    return [replace(each, refund_id=refund_ids.get(each.key)) for each in differences]


async def _both_sides(
    engine: AsyncEngine, at: At, gateway: PaymentGateway, since: datetime, at_once: int
) -> AsyncIterator[tuple[Sequence[BookedPayout], Sequence[Reported]]]:
    """Read both books, some payouts at a time, all that either side has of each together.

    Theirs first: what they paid is asked for here before it is paid there.
    """
    reported = sorted(await gateway.report(at.merchant_id, since), key=_name)
    for theirs in _in_pages(reported, at_once):
        async with snapshots(engine).connect() as connection:
            ours = await booked_payouts.of_keys(connection, at, sorted({each.key for each in theirs}))
            references = [each.reference for each in theirs]
            seen = await payouts.accepted(connection, at.merchant_id, at.gateway, references)
        yield ours, [each for each in theirs if each.reference not in seen]
    known = {each.key for each in reported}
    del reported
    async for moved in _moved(engine, at, since, at_once):
        ours = [row for row in moved if row.key not in known]
        yield ours, await _asked_for_one_by_one(gateway, at.merchant_id, ours)


def _in_pages(reported: Sequence[Reported], at_once: int) -> Iterator[list[Reported]]:
    """Divide a report that is in order of names; all of one name are together."""
    page: list[Reported] = []
    for _, of_name in groupby(reported, key=_name):
        page += of_name
        if len(page) >= at_once:
            yield page
            page = []
    if page:
        yield page


async def _moved(engine: AsyncEngine, at: At, since: datetime, at_once: int) -> AsyncIterator[Sequence[BookedPayout]]:
    place: Place | None = None
    while True:
        async with snapshots(engine).connect() as connection:
            page, place = await booked_payouts.moved(connection, at, since, place, at_once)
        yield page
        if place is None:
            return


async def _asked_for_one_by_one(
    gateway: PaymentGateway, merchant_id: str, ours: Sequence[BookedPayout]
) -> list[Reported]:
    """Return what they have of payouts that their report lacks: it may be older there."""
    older = {row.key: row.charge_ref for row in ours if row.status != PayoutStatus.PLANNED}
    theirs: list[Reported] = []
    for charge_ref in sorted(set(older.values())):
        theirs += [each for each in await gateway.refunds_of(merchant_id, charge_ref) if each.key in older]
    return theirs


def _name(reported: Reported) -> str:
    """A refund that somebody made there has no key of ours: it goes by its own name."""
    return reported.key or reported.reference


def _differences(merchant_id: str, ours: Sequence[BookedPayout], theirs: Sequence[Reported]) -> Iterator[Discrepancy]:
    paid_by_them: dict[str, list[Money]] = defaultdict(list)
    for each in theirs:
        if each.status is GatewayStatus.SUCCEEDED:
            paid_by_them[_name(each)].append(each.amount)
    failed = {_name(each): each.reference for each in theirs if each.status is GatewayStatus.FAILED}
    paid_by_us = {row.key: Money(row.currency, row.booked) for row in ours if row.booked}
    for key in sorted(paid_by_us.keys() | paid_by_them.keys()):
        mine, their = paid_by_us.get(key), tuple(paid_by_them.get(key, []))
        difference = _difference(mine, their)
        if difference is not None:
            has_failed = failed.get(key) if difference is BooksDifference.PAID_BY_US_ONLY else None
            yield Discrepancy(merchant_id, key, None, difference, mine, their, has_failed)


def _difference(ours: Money | None, theirs: Sequence[Money]) -> BooksDifference | None:
    if len(theirs) > 1:
        return BooksDifference.PAID_TWICE
    if not theirs:
        return BooksDifference.PAID_BY_US_ONLY
    if ours is None:
        return BooksDifference.PAID_BY_THEM_ONLY
    return None if ours == theirs[0] else BooksDifference.AMOUNTS_DIFFER
