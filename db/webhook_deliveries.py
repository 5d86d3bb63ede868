"""What is sent to endpoints: one sender at a time works for each, of a refund it sends one event after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    Update,
    and_,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import INTERVAL
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.built import built_once, one_of, typed
from db.schema import webhook_attempts, webhook_deliveries, webhook_endpoints
from db.schema.sealed import sealed_row
from db.webhook_events import PENDING, DeliveryStatus
from domain.merchant_events import TOLD_FOR

_CAUGHT_UP_AFTER = 3
"""An endpoint that failed so often and takes an event again has been away: it gets all that waits for it."""

EndpointKey = tuple[str, str]
"""A merchant, and an endpoint of theirs."""


@dataclass(frozen=True, slots=True)
class Due:
    """An event that an endpoint is to be sent now, after so many attempts."""

    event_id: str
    refund_id: str | None
    sequence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """What came of sending an event once; `status_code` is None where nobody answered, `trouble` says why."""

    url: str
    at: datetime
    duration_ms: int
    status_code: int | None
    answer: str
    trouble: str | None

    @property
    def is_taken(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


async def take(connection: AsyncConnection, sender: str, for_: timedelta, *, limit: int) -> list[EndpointKey]:
    """Take endpoints that have something to be sent and that no sender works for, for so long."""
    rows = await _taken(sender=sender, for_=for_, limit=limit).on(connection)
    return [(row.merchant_id, row.endpoint_id) for row in rows]


@built_once
def _taken(*, sender: Any, for_: Any, limit: Any) -> Executable:
    free = or_(webhook_endpoints.c.sender_until.is_(None), webhook_endpoints.c.sender_until < func.now())
    due = _due().where(
        webhook_deliveries.c.merchant_id == webhook_endpoints.c.merchant_id,
        webhook_deliveries.c.endpoint_id == webhook_endpoints.c.endpoint_id,
    )
    query = select(webhook_endpoints.c.merchant_id, webhook_endpoints.c.endpoint_id)
    query = query.where(webhook_endpoints.c.is_enabled, _is_rested(), free, due.correlate(webhook_endpoints).exists())
    found = query.limit(typed(limit, BigInteger)).with_for_update(skip_locked=True).cte("found")
    taken = update(webhook_endpoints).where(
        webhook_endpoints.c.merchant_id == found.c.merchant_id, webhook_endpoints.c.endpoint_id == found.c.endpoint_id
    )
    taken = taken.values(sender=sender, sender_until=func.now() + typed(for_, INTERVAL))
    return taken.returning(webhook_endpoints.c.merchant_id, webhook_endpoints.c.endpoint_id)


def _is_rested() -> ColumnElement[bool]:
    return or_(webhook_endpoints.c.rests_until.is_(None), webhook_endpoints.c.rests_until <= func.now())


def _due() -> Select[Any]:
    """Select what is to be sent now: of each refund the first that is not delivered, and what is sent by hand."""
    before = webhook_deliveries.alias("before")
    waits = exists().where(
        before.c.merchant_id == webhook_deliveries.c.merchant_id,
        before.c.endpoint_id == webhook_deliveries.c.endpoint_id,
        before.c.refund_id == webhook_deliveries.c.refund_id,
        before.c.sequence < webhook_deliveries.c.sequence,
        before.c.status == PENDING,
        ~before.c.is_by_hand,
    )
    return select(*(webhook_deliveries.c[name] for name in Due.__slots__)).where(
        webhook_deliveries.c.status == PENDING,
        webhook_deliveries.c.next_at <= func.now(),
        or_(webhook_deliveries.c.is_by_hand, ~waits),
    )


async def next_of(
    connection: AsyncConnection, key: EndpointKey, sender: str, for_: timedelta, *, limit: int
) -> Sequence[Due]:
    """List what an endpoint is to be sent next, and keep it for this sender for so long from now.

    Nothing where the sender has lost it, where it was disabled, or is to be left alone for a while.
    """
    kept = update(webhook_endpoints).where(_is_of(key, sender), webhook_endpoints.c.is_enabled, _is_rested())
    kept = kept.values(sender_until=func.now() + literal(for_, INTERVAL))
    if not (await connection.execute(kept)).rowcount:
        return []
    due = _due().where(_of(key)).order_by(webhook_deliveries.c.next_at, webhook_deliveries.c.sequence).limit(limit)
    return [Due(*row) for row in await connection.execute(due)]


async def let_go(connection: AsyncConnection, key: EndpointKey, sender: str) -> None:
    freed = update(webhook_endpoints).where(_is_of(key, sender))
    await connection.execute(freed.values(sender=null(), sender_until=null()))


async def note_taken(connection: AsyncConnection, key: EndpointKey, due: Due, answered: DeliveryAttempt) -> None:
    """Note that an endpoint has taken an event."""
    await _note_attempt(connection, key, due, answered)
    done = {"status": DeliveryStatus.DELIVERED, "attempts": due.attempts + 1}
    await connection.execute(_changed(key, due).values(done))


async def note_in_vain(
    connection: AsyncConnection, key: EndpointKey, due: Due, answered: DeliveryAttempt, next_after: timedelta | None
) -> None:
    """Note that an endpoint has not taken an event, which is sent again after so long, or given up."""
    await _note_attempt(connection, key, due, answered)
    later: dict[str, Any] = {"attempts": due.attempts + 1}
    if next_after is None:
        later["status"] = DeliveryStatus.FAILED
    else:
        later["next_at"] = func.now() + literal(next_after, INTERVAL)
    await connection.execute(_changed(key, due).values(later))


async def note_well(connection: AsyncConnection, key: EndpointKey) -> None:
    """Note that an endpoint takes events; one that was away gets at once what has waited for it."""
    before = select(webhook_endpoints.c.failures).where(_is(key)).with_for_update()
    failures = (await connection.execute(before)).scalar() or 0
    if failures:
        healthy = {"failures": 0, "failing_since": null(), "rests_until": null()}
        await connection.execute(update(webhook_endpoints).where(_is(key)).values(healthy))
    if failures >= _CAUGHT_UP_AFTER:
        waiting = update(webhook_deliveries).where(_of(key), _IS_PENDING, webhook_deliveries.c.next_at > func.now())
        await connection.execute(waiting.values(next_at=func.now()))


@dataclass(frozen=True, slots=True)
class Failing:
    """How often an endpoint has failed, one time after the other, and whether it has for so long that it is over."""

    failures: int
    is_for_too_long: bool


async def note_failing(connection: AsyncConnection, key: EndpointKey) -> Failing:
    """Note that an endpoint takes nothing."""
    since = func.coalesce(webhook_endpoints.c.failing_since, func.now())
    failed = (
        update(webhook_endpoints).where(_is(key)).values(failures=webhook_endpoints.c.failures + 1, failing_since=since)
    )
    too_long = webhook_endpoints.c.failing_since <= func.now() - literal(TOLD_FOR, INTERVAL)
    row = (await connection.execute(failed.returning(webhook_endpoints.c.failures, too_long))).one_or_none()
    return Failing(1, is_for_too_long=False) if row is None else Failing(*row)


async def wake(connection: AsyncConnection, merchant_id: str, endpoint_ids: Sequence[str]) -> None:
    """Let endpoints rest no longer."""
    those = webhook_endpoints.c.merchant_id == merchant_id, one_of(webhook_endpoints.c.endpoint_id, list(endpoint_ids))
    await connection.execute(update(webhook_endpoints).where(*those).values(rests_until=null()))


async def let_rest(connection: AsyncConnection, key: EndpointKey, for_: timedelta) -> None:
    """Leave an endpoint alone for a while."""
    rested = update(webhook_endpoints).where(_is(key)).values(rests_until=func.now() + literal(for_, INTERVAL))
    await connection.execute(rested)


async def _note_attempt(connection: AsyncConnection, key: EndpointKey, due: Due, answered: DeliveryAttempt) -> None:
    said = {name: getattr(answered, name) for name in DeliveryAttempt.__slots__}
    row = {"event_id": due.event_id, "endpoint_id": key[1], **said}
    row = sealed_row(webhook_attempts, sealing.about_row("event", due.event_id), row)
    await connection.execute(insert(webhook_attempts).values(row))


_IS_PENDING = webhook_deliveries.c.status == PENDING


def _changed(key: EndpointKey, due: Due) -> Update:
    return update(webhook_deliveries).where(_of(key), webhook_deliveries.c.event_id == due.event_id, _IS_PENDING)


def _is(key: EndpointKey) -> ColumnElement[bool]:
    return and_(webhook_endpoints.c.merchant_id == key[0], webhook_endpoints.c.endpoint_id == key[1])


def _is_of(key: EndpointKey, sender: str) -> ColumnElement[bool]:
    return _is(key) & (webhook_endpoints.c.sender == sender)


def _of(key: EndpointKey) -> ColumnElement[bool]:
    return and_(webhook_deliveries.c.merchant_id == key[0], webhook_deliveries.c.endpoint_id == key[1])


async def stranded(connection: AsyncConnection) -> list[EndpointKey]:
    """List the endpoints that something waits for although they are not enabled, or not there any more.

    What is written while its endpoint is disabled or deleted is not seen by whoever gives up what waits for it.
    """
    rows = await _stranded().on(connection)
    return [(row.merchant_id, row.endpoint_id) for row in rows]


@built_once
def _stranded() -> Executable:
    """Go from one endpoint to the next in the index, however much waits for each."""
    first = _first_waiting().subquery()
    waited_for = select(first).cte("waited_for", recursive=True)
    following = _first_waiting(after=waited_for).lateral("following")
    waited_for = waited_for.union_all(select(following).select_from(waited_for.join(following, true())))
    works = exists().where(
        webhook_endpoints.c.merchant_id == waited_for.c.merchant_id,
        webhook_endpoints.c.endpoint_id == waited_for.c.endpoint_id,
        webhook_endpoints.c.is_enabled,
    )
    return select(waited_for).where(~works)


def _first_waiting(after: CTE | None = None) -> Select[Any]:
    """Select the first endpoint that something waits for, or the first after another."""
    waiting = webhook_deliveries.alias()
    key = waiting.c.merchant_id, waiting.c.endpoint_id
    query = select(*key).where(waiting.c.status == PENDING).order_by(*key).limit(1)
    return query if after is None else query.where(tuple_(*key) > tuple_(after.c.merchant_id, after.c.endpoint_id))


@dataclass(frozen=True, slots=True)
class Lag:
    """How many deliveries wait, for how many seconds the oldest that was never tried, and how many endpoints fail."""

    pending: int
    longest_untried_s: float
    failing: int


async def lag(connection: AsyncConnection) -> Lag:
    """Count what waits of all merchants."""
    row = (await _lag().on(connection)).one()
    return Lag(row.pending, float(row.longest or 0), row.failing)


@built_once
def _lag() -> Select[Any]:
    """Untried are those of endpoints that take what they are sent: others wait for a reason."""
    works = exists().where(
        webhook_endpoints.c.merchant_id == webhook_deliveries.c.merchant_id,
        webhook_endpoints.c.endpoint_id == webhook_deliveries.c.endpoint_id,
        webhook_endpoints.c.failures == 0,
    )
    untried = func.min(webhook_deliveries.c.since).filter(webhook_deliveries.c.attempts == 0, works)
    failing = select(func.count()).where(webhook_endpoints.c.is_enabled, webhook_endpoints.c.failures > 0)
    return select(
        func.count().label("pending"),
        func.extract("epoch", func.now() - untried).label("longest"),
        failing.scalar_subquery().label("failing"),
    ).where(_IS_PENDING)
