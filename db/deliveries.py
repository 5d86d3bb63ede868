"""Messages that leave the inbox: by which channels they go, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, FromClause, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import outbox, sealing
from db.built import built_once
from db.outbox import Lease
from db.preferences import said_in
from db.rows import in_its_place
from db.schema import customers, deliveries, messages, preferences, refunds
from db.schema.sealed import sealed_row
from domain.delivery.channels import Channel, Outcome, Preferences, Reader, another_channel
from domain.delivery.pauses import pause_after
from domain.explain.messages import Topic


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A message of which nobody has decided yet by which channels it goes."""

    message_id: int
    merchant_id: str
    topic: Topic
    reader: Reader


@dataclass(frozen=True, slots=True)
class Parcelled:
    """What a delivery brings to whom, as things are `now`; `address` is None where they have none any more.

    `asked_at` is when an earlier attempt handed it over without an answer.
    """

    merchant_id: str
    message_id: int
    refund_id: str | None
    order_id: str | None
    round: int
    topic: str
    subject: str
    locale: str
    body: str
    facts: dict[str, str]
    name: str | None
    address: str | None
    asked_at: datetime | None
    prefers: Preferences
    now: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a delivery: why it did not arrive, in their words, or their name for it.

    `receipt_within` is how long to wait before its carrier is asked whether it has arrived; None: it can't be asked.
    """

    outcome: Outcome
    reason: str = ""
    reference: str = ""
    receipt_within: timedelta | None = None


_MOST_WORDS = 500

_READER = customers.alias("reader")
_TOLD = customers.alias("told")
_ADDRESSES = {
    Channel.EMAIL: func.coalesce(_READER.c.email, _TOLD.c.email),
    Channel.SMS: func.coalesce(_READER.c.phone, _TOLD.c.phone),
}
_PREFERS = (preferences.c.channels, preferences.c.time_zone, preferences.c.quiet_from, preferences.c.quiet_until)


async def unplanned(connection: AsyncConnection, most: int) -> list[Unplanned]:
    """Lock the next messages for people that nobody else has, the oldest first.

    What a guest was told goes to the account that has the guest's orders now.
    """
    rows = await _unplanned(most).on(connection)
    return [
        Unplanned(row.message_id, row.merchant_id, Topic(row.topic), Reader(_addresses(row), said_in(row)))
        for row in rows
    ]


@built_once
def _unplanned(most: int, /) -> Executable:
    addresses = (address.label(channel) for channel, address in _ADDRESSES.items())
    query = select(messages.c.message_id, messages.c.merchant_id, messages.c.topic, *addresses, *_PREFERS)
    query = query.select_from(_with_reader(messages))
    query = query.where(messages.c.planned_at.is_(None), messages.c.recipient.is_not(None))
    return query.order_by(messages.c.message_id).limit(most).with_for_update(of=messages, skip_locked=True)


def _addresses(row: Row[*tuple[Any, ...]]) -> dict[Channel, str | None]:
    return {channel: row._mapping[channel] for channel in Channel}


async def plan(connection: AsyncConnection, planned: Sequence[tuple[Unplanned, Sequence[Channel]]]) -> None:
    """Note by which channels messages go; the rest of them stays in the inbox."""
    rows = [
        {"merchant_id": message.merchant_id, "message_id": message.message_id, "channel": channel}
        for message, channels in planned
        for channel in channels
    ]
    if rows:
        await connection.execute(insert(deliveries).on_conflict_do_nothing(), rows)
    if planned:
        these = messages.c.message_id.in_([message.message_id for message, _ in planned])
        await connection.execute(update(messages).where(these).values(planned_at=func.now()))


async def go_another_way(connection: AsyncConnection, message_id: int, served: frozenset[Channel]) -> Channel | None:
    """Have a message that was not delivered go by another channel, once; tell which, None where there is no other."""
    addresses = (address.label(channel) for channel, address in _ADDRESSES.items())
    gone = select(func.array_agg(deliveries.c.channel)).where(deliveries.c.message_id == message_id).scalar_subquery()
    query = select(messages.c.merchant_id, messages.c.topic, gone.label("gone"), *addresses, *_PREFERS)
    query = query.select_from(_with_reader(messages)).where(messages.c.message_id == message_id)
    row = (await connection.execute(query.with_for_update(of=messages))).one()
    reader = Reader(_addresses(row), said_in(row))
    channel = another_channel(reader, Topic(row.topic), served, {Channel(each) for each in row.gone or ()})
    if channel is not None:
        another = {"merchant_id": row.merchant_id, "message_id": message_id, "channel": channel}
        await connection.execute(insert(deliveries).values(another).on_conflict_do_nothing())
    return channel


async def leave_in_inboxes(connection: AsyncConnection, most: int) -> int:
    """Decide of the next messages that they go nowhere, and tell how many that were."""
    free = select(messages.c.message_id).where(messages.c.planned_at.is_(None), messages.c.recipient.is_not(None))
    free = free.order_by(messages.c.message_id).limit(most).with_for_update(skip_locked=True)
    those = update(messages).where(messages.c.message_id.in_(free.scalar_subquery())).values(planned_at=func.now())
    return (await connection.execute(those)).rowcount


async def take(
    connection: AsyncConnection, channel: Channel, most: int, lasts: timedelta
) -> list[tuple[Lease, Parcelled]]:
    """Take up what is due by a channel, and read it."""
    leases = await outbox.take(connection, deliveries, deliveries.c.channel == channel, most=most, lasts=lasts)
    read = await parcelled(connection, [lease.row_id for lease in leases], channel) if leases else {}
    return [(lease, read[lease.row_id]) for lease in leases]


async def parcelled(connection: AsyncConnection, delivery_ids: Sequence[int], channel: Channel) -> dict[int, Parcelled]:
    told = (messages.c.merchant_id, messages.c.message_id, messages.c.refund_id, refunds.c.order_id, messages.c.round)
    said = (messages.c.topic, messages.c.subject, messages.c.locale, messages.c.body, messages.c.facts)
    name = func.coalesce(_READER.c.name, _TOLD.c.name).label("name")
    whom = (name, _ADDRESSES[channel].label("address"), deliveries.c.asked_at, func.now().label("now"))
    joined = deliveries.join(messages, messages.c.message_id == deliveries.c.message_id)
    joined = joined.outerjoin(refunds, refunds.c.refund_id == messages.c.refund_id)
    ids = (_TOLD.c.customer_id.label("told"), _READER.c.customer_id.label("reader"))
    query = select(*told, *said, *whom, *_PREFERS, *ids, deliveries.c.delivery_id).select_from(_with_reader(joined))
    names = [column.name for column in (*told, *said, *whom)]
    found = (await connection.execute(query.where(deliveries.c.delivery_id.in_(delivery_ids)))).all()
    for row in found:
        abouts = (sealing.about_customer(row.merchant_id, each) for each in (row.told, row.reader) if each)
        sealing.refuse_moved(row.address, *abouts)
        in_its_place(row, row.body)
    return {
        row.delivery_id: Parcelled(**{name: row._mapping[name] for name in names}, prefers=said_in(row))
        for row in found
    }


def _with_reader(told: FromClause) -> FromClause:
    """Join who is told, who has the orders of that guest now, and what the one whom a message goes to prefers."""
    whose = (_TOLD.c.merchant_id == messages.c.merchant_id) & (_TOLD.c.customer_id == messages.c.recipient)
    account = (_READER.c.merchant_id == _TOLD.c.merchant_id) & (_READER.c.customer_id == _TOLD.c.given_to)
    said = preferences.c.customer_id == func.coalesce(_READER.c.customer_id, _TOLD.c.customer_id)
    said &= preferences.c.merchant_id == messages.c.merchant_id
    return told.outerjoin(_TOLD, whose).outerjoin(_READER, account).outerjoin(preferences, said)


async def name(connection: AsyncConnection, lease: Lease, reference: str) -> None:
    """Note what its carrier calls a message. Raises IntegrityError where another message is called so."""
    await outbox.note(connection, deliveries, lease, reference=reference)


async def hand_over(connection: AsyncConnection, lease: Lease) -> None:
    """Note that they may have it from now on. Raises LeaseLost where somebody else may be at it."""
    await outbox.note(connection, deliveries, lease, asked_at=func.now())


async def wait(connection: AsyncConnection, lease: Lease, pause: timedelta) -> None:
    """Leave it alone for so long: nothing went wrong."""
    await outbox.put_off(connection, deliveries, lease, pause)


async def leave_open(connection: AsyncConnection, lease: Lease, reason: str) -> None:
    """Try it again after a while; where it was handed over, they may have it."""
    pause = pause_after(lease.attempt)
    await outbox.put_off(connection, deliveries, lease, pause, **_said(lease, reason))


async def not_now(connection: AsyncConnection, lease: Lease, reason: str, least: timedelta) -> None:
    """They do not have it, and may take it after a while."""
    pause = max(pause_after(lease.attempt), least)
    await outbox.put_off(connection, deliveries, lease, pause, **_said(lease, reason), asked_at=None)


async def end(connection: AsyncConnection, lease: Lease, ended: Ended) -> None:
    known: dict[str, Any] = {"outcome": ended.outcome, "reference": ended.reference[:_MOST_WORDS]}
    if ended.receipt_within is not None:
        known["receipt_due_at"] = func.now() + ended.receipt_within
    await outbox.end(connection, deliveries, lease, **known, **_said(lease, ended.reason))


@dataclass(frozen=True, slots=True)
class Delay:
    """How many messages a channel has not taken, and for how many seconds the oldest of them has waited."""

    waiting: int
    longest_s: float


async def delays(connection: AsyncConnection) -> dict[Channel, Delay]:
    """Count by channel what is not taken although it was tried, or could be, of all merchants.

    What waits for the morning of its reader was never refused, and is not among it.
    """
    found = {row.channel: Delay(row.waiting, float(row.longest)) for row in await _delays().on(connection)}
    return {channel: found.get(channel, Delay(0, 0.0)) for channel in Channel}


@built_once
def _delays() -> Executable:
    is_due = (deliveries.c.attempts == 0) & (deliveries.c.due_at <= func.now())
    not_taken = deliveries.c.ended_at.is_(None) & (is_due | deliveries.c.reason.is_not(None))
    longest = func.extract("epoch", func.now() - func.min(deliveries.c.created_at))
    query = select(deliveries.c.channel, func.count().label("waiting"), longest.label("longest"))
    return query.where(not_taken).group_by(deliveries.c.channel)


def _said(lease: Lease, reason: str) -> dict[str, Any]:
    about = sealing.about_row("delivery", str(lease.row_id))
    return sealed_row(deliveries, about, {"reason": reason[:_MOST_WORDS]})
