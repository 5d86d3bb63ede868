"""The outbox of what merchants' systems are told: written by the statement that it tells of, for who wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Executable,
    Select,
    Text,
    and_,
    any_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time, sealing
from db.built import built_once, one_of, typed
from db.schema import webhook_attempts, webhook_deliveries, webhook_endpoints, webhook_events
from db.schema.sealed import sealed_row
from domain.merchant_events import MerchantEvent

_FORGOTTEN_AT_ONCE = 1_000

PENDING: ColumnElement[str] = literal_column("'pending'")
"""Written out, so that what is pending is found by the indexes of what is pending."""

WAITS: ColumnElement[bool] = exists().where(
    webhook_deliveries.c.event_id == webhook_events.c.event_id, webhook_deliveries.c.status == PENDING
)
"""An event waits for an endpoint to take it."""


class DeliveryStatus(StrEnum):
    """Whether an endpoint has an event: `failed` is given up, and sent again by hand only."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """`sequence` is its place in the refund's timeline; `body` is what is sent, None until it is sent first."""

    number: int
    event_id: str
    merchant_id: str
    refund_id: str | None
    order_id: str | None
    sequence: int
    type: MerchantEvent
    status: str | None
    message: str
    at: datetime
    body: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far an endpoint has an event; `next_at` is when it is sent next, as long as it is pending."""

    event_id: str
    endpoint_id: str
    status: DeliveryStatus
    attempts: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that an event was sent; `status_code` is None where nobody answered, `trouble` says why."""

    event_id: str
    endpoint_id: str
    url: str
    at: datetime
    duration_ms: int
    status_code: int | None
    answer: str
    trouble: str | None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What the log shows; `before` is the number after which it continues, the newest first."""

    refund_id: str | None = None
    order_id: str | None = None
    type: str | None = None
    endpoint_id: str | None = None
    status: str | None = None
    before: int = 0
    limit: int = 50


def told(happened: Select[Any]) -> CTE:
    """Write, as a part of the statement in which it happens, what the merchant's endpoints are to be told.

    happened: a row with the columns of an event, whose `type` is null where nobody is told. Nothing is written where no
    endpoint wants it.
    """
    one = happened.cte("happened")
    wanted = select(webhook_endpoints.c.endpoint_id).where(_wants(one.c.merchant_id, one.c.type))
    noted = (
        insert(webhook_events)
        .from_select(list(one.c.keys()), select(one).where(one.c.type.is_not(None), wanted.correlate(one).exists()))
        .returning(*(webhook_events.c[name] for name in ("event_id", *_OF_DELIVERY, "type")))
        .cte("noted")
    )
    to_each = select(noted.c.event_id, *(noted.c[name] for name in _OF_DELIVERY), *_TO_AN_ENDPOINT)
    to_each = to_each.select_from(noted.join(webhook_endpoints, _wants(noted.c.merchant_id, noted.c.type)))
    return insert(webhook_deliveries).from_select(_NEW_DELIVERY, to_each).cte("to_deliver")


_OF_DELIVERY = ("merchant_id", "refund_id", "sequence")
_NEW_DELIVERY = ["event_id", *_OF_DELIVERY, "endpoint_id", "status"]
_TO_AN_ENDPOINT = webhook_endpoints.c.endpoint_id, literal(DeliveryStatus.PENDING.value, Text)


def _wants(merchant_id: Any, type_: Any) -> ColumnElement[bool]:
    wants_all = func.cardinality(webhook_endpoints.c.event_types) == 0
    is_wanted: ColumnElement[bool] = wants_all | (type_ == any_(webhook_endpoints.c.event_types))
    return and_(webhook_endpoints.c.merchant_id == merchant_id, webhook_endpoints.c.is_enabled, is_wanted)


async def tell(connection: AsyncConnection, merchant_id: str, type_: MerchantEvent, message: str, body: str) -> None:
    """Write what is about no refund; `body` is to be sent as it is."""
    said = {"merchant_id": merchant_id, "message": message, "body": body}
    said = sealed_row(webhook_events, sealing.about_merchant(merchant_id), said)
    await _told_by_itself(**said, type=type_.value).on(connection)


@built_once
def _told_by_itself(*, merchant_id: Any, type: Any, message: Any, body: Any) -> Executable:
    said = {"merchant_id": merchant_id, "type": type, "message": message, "body": body}
    columns = [typed(value, Text).label(name) for name, value in said.items()]
    row = select(*columns, literal(0).label("sequence"), merchant_time.now().label("at"))
    return select(literal(1)).add_cte(told(row))


async def search(connection: AsyncConnection, merchant_id: str, wanted: EventFilter) -> list[Event]:
    """List a page of what a merchant's endpoints were told, and one more if there is more, the newest first."""
    query = select(*_EVENT).where(webhook_events.c.merchant_id == merchant_id)
    if wanted.before:
        query = query.where(webhook_events.c.number < wanted.before)
    for name in ("refund_id", "order_id", "type"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(webhook_events.c[name] == value)
    if wanted.endpoint_id is not None or wanted.status is not None:
        of_event = webhook_deliveries.c.event_id == webhook_events.c.event_id
        named = {"endpoint_id": wanted.endpoint_id, "status": wanted.status}
        those = [webhook_deliveries.c[name] == value for name, value in named.items() if value is not None]
        query = query.where(exists().where(of_event, *those))
    newest_first = query.order_by(webhook_events.c.number.desc()).limit(wanted.limit + 1)
    return [_event(row) for row in await connection.execute(newest_first)]


async def find(connection: AsyncConnection, merchant_id: str, event_id: str) -> Event | None:
    is_it = (webhook_events.c.merchant_id == merchant_id) & (webhook_events.c.event_id == event_id)
    row = (await connection.execute(select(*_EVENT).where(is_it))).one_or_none()
    return None if row is None else _event(row)


_EVENT = [webhook_events.c[name] for name in Event.__slots__]


def _event(row: Any) -> Event:
    return Event(**{**row._mapping, "type": MerchantEvent(row.type)})


async def deliveries_of(connection: AsyncConnection, event_ids: Sequence[str]) -> list[Delivery]:
    query = select(*(webhook_deliveries.c[name] for name in Delivery.__slots__))
    query = query.where(one_of(webhook_deliveries.c.event_id, event_ids)).order_by(webhook_deliveries.c.endpoint_id)
    found = await connection.execute(query)
    return [Delivery(**{**row._mapping, "status": DeliveryStatus(row.status)}) for row in found]


async def attempts_of(connection: AsyncConnection, event_ids: Sequence[str]) -> list[Attempt]:
    """List how events were sent so far, the oldest first."""
    query = select(*(webhook_attempts.c[name] for name in Attempt.__slots__))
    query = query.where(one_of(webhook_attempts.c.event_id, event_ids)).order_by(webhook_attempts.c.number)
    return [Attempt(**row._mapping) for row in await connection.execute(query)]


async def keep_body(connection: AsyncConnection, event_id: str, body: str) -> str:
    """Keep what is sent of an event, unless somebody has; return what is sent."""
    sealed = sealed_row(webhook_events, sealing.about_row("event", event_id), {"body": body})["body"]
    kept = func.coalesce(webhook_events.c.body, sealed)
    changed = update(webhook_events).where(webhook_events.c.event_id == event_id).values(body=kept)
    return str((await connection.execute(changed.returning(webhook_events.c.body))).scalar_one())


async def send_again(connection: AsyncConnection, event: Event, endpoint_ids: Sequence[str]) -> None:
    """Have an event sent again to these endpoints, whether they have it or not; it keeps no other waiting."""
    fresh = {"status": DeliveryStatus.PENDING, "attempts": 0, "next_at": func.now(), "since": func.now()}
    known = one_of(webhook_deliveries.c.endpoint_id, list(endpoint_ids))
    of_event = webhook_deliveries.c.event_id == event.event_id
    is_waiting = webhook_deliveries.c.status == PENDING
    again = update(webhook_deliveries).where(of_event, known)
    waiting = await connection.execute(again.where(is_waiting).values(next_at=func.now()).returning(_ENDPOINT))
    done = {"is_by_hand": True, **fresh}
    over = await connection.execute(again.where(~is_waiting).values(done).returning(_ENDPOINT))
    new = set(endpoint_ids) - {*waiting.scalars(), *over.scalars()}
    row = {"event_id": event.event_id, **{name: getattr(event, name) for name in _OF_DELIVERY}, "is_by_hand": True}
    for endpoint_id in sorted(new):
        made = {**row, "endpoint_id": endpoint_id, "status": DeliveryStatus.PENDING}
        await connection.execute(insert(webhook_deliveries).values(made))


_ENDPOINT = webhook_deliveries.c.endpoint_id


async def forget_old(
    connection: AsyncConnection, kept: timedelta, *, of_merchant: str | None = None, but_of: Sequence[str] = ()
) -> bool:
    """Forget some events whose time is over, with what was answered; tell whether there may be more.

    Of one merchant, or of all but these.
    """
    whose: ColumnElement[bool] = webhook_events.c.merchant_id.not_in(but_of)
    if of_merchant is not None:
        whose = webhook_events.c.merchant_id == of_merchant
    old = select(webhook_events.c.event_id).where(webhook_events.c.at < func.now() - kept, whose, ~WAITS)
    old = old.order_by(webhook_events.c.at).limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
    gone = await connection.execute(delete(webhook_events).where(webhook_events.c.event_id.in_(old)))
    return bool(gone.rowcount == _FORGOTTEN_AT_ONCE)
