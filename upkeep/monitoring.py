"""Watches refunds for what they show together, a little after they were asked for, and alerts operations (rule 34).

No refund waits for it, and none is decided by it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import (
    evidence,
    keepers,
    merchant_time,
    messages,
    policies,
    refund_marks,
    risk_alerts,
    server_clock,
    webhook_events,
)
from db.engine import snapshots
from db.refund_marks import NewRefund, ShownAgain
from db.risk_alerts import RiskAlert
from domain import clock
from domain.merchant_events import MerchantEvent
from domain.rights.monitoring import Finding, Signal, Subject, Trait, find
from service.risk_alert_events import risk_alert_body
from upkeep.keepers import Keeper, each_of_its_merchant, one_at_a_time

NAME = "watch_refunds"
_EVERY = timedelta(seconds=15)
_AT_ONCE = 200

SETTLED = timedelta(seconds=30)
"""A transaction that lasts longer is ended by PostgreSQL: what is older and is not seen never will be."""

LOCK = 0x77617463
"""Whoever holds it watches, nobody else."""


def keeper(engine: AsyncEngine) -> Keeper:
    return Keeper(NAME, _EVERY, one_at_a_time(engine, LOCK, partial(watch, engine)))


async def watch(engine: AsyncEngine, settled: timedelta = SETTLED) -> None:
    """Look at everything new, page by page; it begins with what is asked for after it has first come round."""
    is_more = True
    while is_more:
        is_more = await _watch_some(engine, settled)
    is_more = True
    while is_more:
        async with engine.begin() as connection:
            is_more = await refund_marks.forget_old(connection)


async def _watch_some(engine: AsyncEngine, settled: timedelta) -> bool:
    """Tell whether there is more. A merchant of whom it goes wrong is passed over, and keeps no other waiting."""
    async with snapshots(engine).connect() as connection:
        known = await keepers.place_of(connection, NAME)
        place = known or await _here(connection)
        asked = await refund_marks.new(connection, _read(place["after"]), settled, _AT_ONCE)
        shown = await refund_marks.newly_shown_again(connection, place["evidence"], settled, _AT_ONCE)
        ahead = await _asked_by_clocks_ahead(connection, place, settled)
    of_each = _by_merchant([*asked, *chain(*ahead.values())], shown)
    await each_of_its_merchant("watch refunds of", of_each, str, lambda each: _look_at(engine, each, *of_each[each]))
    if ahead:
        place["ahead"] = {**place.get("ahead", {}), **{each: _written(new) for each, new in ahead.items()}}
    if asked:
        place["after"] = _written(asked)
    if shown:
        place["evidence"] = shown[-1].number
    if asked or shown or ahead or known is None:
        async with engine.begin() as connection:
            await keepers.note_place(connection, NAME, place)
    return _AT_ONCE in (len(asked), len(shown), *map(len, ahead.values()))


async def _asked_by_clocks_ahead(
    connection: AsyncConnection, place: Mapping[str, Any], settled: timedelta
) -> Mapping[str, Sequence[NewRefund]]:
    """What merchants were asked for whose clocks are ahead, by these (0107): each goes on from a place of their own."""
    found = {}
    for merchant_id in await merchant_time.who_are_ahead(connection, settled):
        after = _read(place.get("ahead", {}).get(merchant_id, place["after"]))
        if new := await refund_marks.new(connection, after, settled, _AT_ONCE, of=merchant_id):
            found[merchant_id] = new
    return found


def _read(place: Sequence[str]) -> tuple[datetime, str]:
    since, refund_id = place
    return datetime.fromisoformat(since), refund_id


def _written(looked_at: Sequence[NewRefund]) -> list[str]:
    return [looked_at[-1].created_at.isoformat(), looked_at[-1].refund_id]


async def _here(connection: AsyncConnection) -> dict[str, Any]:
    now = await server_clock.now(connection)
    return {"after": [now.isoformat(), ""], "evidence": await evidence.newest(connection)}


Looked = tuple[list[NewRefund], list[ShownAgain]]


def _by_merchant(asked: Sequence[NewRefund], shown: Sequence[ShownAgain]) -> Mapping[str, Looked]:
    of_each = defaultdict[str, Looked](lambda: ([], []))
    for refund in asked:
        of_each[refund.merchant_id][0].append(refund)
    for picture in shown:
        of_each[picture.merchant_id][1].append(picture)
    return of_each


async def _look_at(
    engine: AsyncEngine, merchant_id: str, asked: Sequence[NewRefund], shown: Sequence[ShownAgain]
) -> None:
    """Look at all that new refunds of a merchant have in common with others, in one transaction."""
    async with engine.begin() as connection:
        marked = await refund_marks.mark(connection, merchant_id, asked)
        of_customers = dict.fromkeys(Subject(Trait.CUSTOMER, each.customer_id) for each in asked)
        of_pictures = dict.fromkeys(Subject(Trait.PICTURE, each.earlier) for each in shown)
        await _judge(connection, merchant_id, [*of_customers, *of_pictures, *marked])


async def _judge(connection: AsyncConnection, merchant_id: str, subjects: Sequence[Subject]) -> None:
    limits = (await policies.current(connection, merchant_id)).policy.monitoring
    now = await server_clock.now(connection) + clock.ahead()
    sightings = await refund_marks.sightings(connection, merchant_id, subjects)
    named = {subject: refund_marks.named(merchant_id, subject) for subject in subjects}
    asked = [(signal, named[each]) for each in subjects for signal in Signal if signal.trait is each.trait]
    known = await risk_alerts.newest(connection, merchant_id, asked)
    for subject in subjects:
        last = {signal: known.get((signal, named[subject].name)) for signal in Signal}
        seen = {signal: alert.last_at for signal, alert in last.items() if alert and alert.acknowledged_at}
        for finding in find(limits, subject.trait, sightings[subject], now, seen):
            raised = await risk_alerts.put(connection, merchant_id, named[subject], finding)
            if raised is not None:
                await _tell(connection, raised, finding)


async def _tell(connection: AsyncConnection, raised: RiskAlert, finding: Finding) -> None:
    """Tell operations in their inbox, and the merchant's systems."""
    said = f"{finding.sentence}: GET /v1/risk-alerts/{raised.alert_id} says which."
    await messages.put_for_operations(connection, raised.merchant_id, "", f"risk_alert {raised.alert_id}", said)
    type_ = MerchantEvent.RISK_ALERT_RAISED
    await webhook_events.tell(connection, raised.merchant_id, type_, finding.sentence, risk_alert_body(raised))
