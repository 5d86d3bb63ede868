"""Messages that leave the inbox: by which channels they go, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import outbox
from db.outbox import Lease
from db.schema import customers, deliveries, messages, refunds
from domain.delivery.channels import Channel, Outcome, Reader
from domain.delivery.pauses import pause_after


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A message of which nobody has decided yet by which channels it goes."""

    message_id: int
    merchant_id: str
    topic: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class Parcelled:
    """What a delivery brings to whom, as things are now; `address` is None where they have none any more.

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
    name: str | None
    address: str | None
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a delivery: why it did not arrive, in their words, or their name for it."""

    outcome: Outcome
    reason: str = ""
    reference: str = ""


_MOST_WORDS = 500

_READER = customers.alias("reader")
_TOLD = customers.alias("told")
_ADDRESSES = {Channel.EMAIL: func.coalesce(_READER.c.email, _TOLD.c.email)}


async def unplanned(connection: AsyncConnection, most: int) -> list[Unplanned]:
    """Lock the next messages for people that nobody else has, the oldest first.

    What a guest was told goes to the account that has the guest's orders now.
    """
    query = select(
        messages.c.message_id, messages.c.merchant_id, messages.c.topic, _ADDRESSES[Channel.EMAIL].label("e")
    )
    query = query.select_from(messages.outerjoin(_TOLD, _is_told()).outerjoin(_READER, _is_reader()))
    query = query.where(messages.c.planned_at.is_(None), messages.c.recipient.is_not(None))
    query = query.order_by(messages.c.message_id).limit(most).with_for_update(of=messages, skip_locked=True)
    return [
        Unplanned(row.message_id, row.merchant_id, row.topic, Reader({Channel.EMAIL: row.e}))
        for row in await connection.execute(query)
    ]


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
    parcelled = await _read(connection, [lease.row_id for lease in leases], channel) if leases else {}
    return [(lease, parcelled[lease.row_id]) for lease in leases]


async def _read(connection: AsyncConnection, ids: Sequence[int], channel: Channel) -> dict[int, Parcelled]:
    told = (messages.c.merchant_id, messages.c.message_id, messages.c.refund_id, refunds.c.order_id, messages.c.round)
    said = (messages.c.topic, messages.c.subject, messages.c.locale, messages.c.body)
    name = func.coalesce(_READER.c.name, _TOLD.c.name).label("name")
    query = select(*told, *said, name, _ADDRESSES[channel].label("address"), deliveries.c.asked_at)
    joined = deliveries.join(messages, messages.c.message_id == deliveries.c.message_id)
    joined = joined.outerjoin(refunds, refunds.c.refund_id == messages.c.refund_id)
    query = query.select_from(joined.outerjoin(_TOLD, _is_told()).outerjoin(_READER, _is_reader()))
    found = await connection.execute(
        query.add_columns(deliveries.c.delivery_id).where(deliveries.c.delivery_id.in_(ids))
    )
    rows = [dict(row._mapping) for row in found]
    return {row.pop("delivery_id"): Parcelled(**row) for row in rows}


async def hand_over(connection: AsyncConnection, lease: Lease) -> None:
    """Note that they may have it from now on. Raises LeaseLost where somebody else may be at it."""
    await outbox.note(connection, deliveries, lease, asked_at=func.now())


async def leave_open(connection: AsyncConnection, lease: Lease, reason: str) -> None:
    """Try it again after a while; where it was handed over, they may have it."""
    pause = pause_after(lease.attempt)
    await outbox.put_off(connection, deliveries, lease, pause, reason=reason[:_MOST_WORDS])


async def not_now(connection: AsyncConnection, lease: Lease, reason: str, least: timedelta) -> None:
    """They do not have it, and may take it after a while."""
    pause = max(pause_after(lease.attempt), least)
    await outbox.put_off(connection, deliveries, lease, pause, reason=reason[:_MOST_WORDS], asked_at=None)


async def end(connection: AsyncConnection, lease: Lease, ended: Ended) -> None:
    said = {"outcome": ended.outcome, "reason": ended.reason[:_MOST_WORDS], "reference": ended.reference[:_MOST_WORDS]}
    await outbox.end(connection, deliveries, lease, **said)


def _is_told() -> ColumnElement[bool]:
    return (_TOLD.c.merchant_id == messages.c.merchant_id) & (_TOLD.c.customer_id == messages.c.recipient)


def _is_reader() -> ColumnElement[bool]:
    return (_READER.c.merchant_id == _TOLD.c.merchant_id) & (_READER.c.customer_id == _TOLD.c.given_to)
