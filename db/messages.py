"""The in-app inbox of customers and of operations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Integer, Text, exists, func, literal, null, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import guests, sealing
from db.batches import insert_all
from db.built import built_once, typed
from db.read_models import MessageRow, Refund
from db.rows import read
from db.schema import messages, refunds
from db.schema.sealed import sealed_row
from domain.explain.messages import DEFAULT_LOCALE, Topic

OPERATIONS = None
"""The recipient of what is not for a customer: no id, so that no customer can have it."""


async def put(connection: AsyncConnection, message: dict[str, Any]) -> bool:
    """Put a message into an inbox once, and tell whether it is new: refund, round, topic and subject name it.

    One that was told before and has been forgotten since is not new.
    """
    return (await _put(**_sealed(message)).on(connection)).scalar_one_or_none() is not None


@built_once
def _put(**message: Any) -> Executable:
    row = {name: typed(value, messages.c[name].type) for name, value in message.items()}
    round_ = row.get("round", literal(1, Integer))
    named = func.jsonb_build_object("round", round_, "topic", row["topic"], "subject", row["subject"])
    is_forgotten = exists().where(
        refunds.c.refund_id == row.get("refund_id", typed(null(), Text)),
        refunds.c.messages_forgotten.contains(func.jsonb_build_array(named)),
    )
    put = insert(messages).from_select(list(row), select(*row.values()).where(~is_forgotten))
    return put.on_conflict_do_nothing().returning(messages.c.message_id)


async def put_all(connection: AsyncConnection, refund: Refund, new: Sequence[dict[str, Any]]) -> None:
    """Put messages about a refund into inboxes at once, however many; each once."""
    forgotten = {(each["round"], each["topic"], each["subject"]) for each in refund.messages_forgotten or ()}
    told = [each for each in new if (each["round"], each["topic"], each["subject"]) not in forgotten]
    if told:
        await _all_put(tuple(told[0]), rows=[_sealed(each) for each in told]).on(connection)


def _sealed(message: dict[str, Any]) -> dict[str, Any]:
    """It is about a refund, or else about whom it is for."""
    about = sealing.about_merchant(message["merchant_id"])
    if message.get("refund_id"):
        about = sealing.about_refund(message["refund_id"])
    elif message.get("recipient"):
        about = sealing.about_customer(message["merchant_id"], message["recipient"])
    return sealed_row(messages, about, message)


@built_once
def _all_put(names: tuple[str, ...], *, rows: Any) -> Executable:
    return insert_all(messages, names, rows).on_conflict_do_nothing()


async def put_for_operations(
    connection: AsyncConnection, merchant_id: str, refund_id: str, subject: str, body: str
) -> bool:
    """Ask operations for attention in their inbox, once for each refund and subject; no refund is an empty id.

    Tells whether it is new.
    """
    message = {"merchant_id": merchant_id, "recipient": OPERATIONS, "locale": DEFAULT_LOCALE}
    message |= {"refund_id": refund_id, "topic": Topic.NEEDS_ATTENTION, "subject": subject, "body": body}
    return await put(connection, message)


async def inbox(
    connection: AsyncConnection, merchant_id: str, recipient: str | None, *, after: int = 0, limit: int = 200
) -> list[MessageRow]:
    """List what somebody was told, also as a guest, the oldest first, from the message after number `after` on."""
    is_theirs = messages.c.recipient == recipient
    if recipient is not None:
        is_theirs = messages.c.recipient.in_(await guests.also_known_as(connection, merchant_id, recipient))
    query = select(messages).where(messages.c.merchant_id == merchant_id, is_theirs)
    query = query.where(messages.c.message_id > after).order_by(messages.c.message_id).limit(limit)
    return [read(MessageRow, row) for row in await connection.execute(query)]


async def told_of(connection: AsyncConnection, merchant_id: str, recipient: str, refund_id: str) -> list[MessageRow]:
    """List what somebody was told about a refund, also as a guest, the oldest first."""
    whose = messages.c.recipient.in_(await guests.also_known_as(connection, merchant_id, recipient))
    query = select(messages).where(messages.c.merchant_id == merchant_id, messages.c.refund_id == refund_id, whose)
    return [read(MessageRow, row) for row in await connection.execute(query.order_by(messages.c.message_id))]


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """That something was told of a refund in a round, to its customer or to operations."""

    topic: Topic
    subject: str
    to_customer: bool


async def told_in(connection: AsyncConnection, refund: Refund, round_: int) -> list[ToldBefore]:
    """Return what was told of a refund in a round, the oldest first, also where the messages are forgotten."""
    rows = await _of_round(refund_id=refund.refund_id, round_=round_).on(connection)
    still_there = [ToldBefore(Topic(row.topic), row.subject, row.recipient is not OPERATIONS) for row in rows]
    return [*_forgotten(refund, round_), *still_there]


def _forgotten(refund: Refund, round_: int) -> Iterator[ToldBefore]:
    for each in refund.messages_forgotten or ():
        if each["round"] == round_:
            yield ToldBefore(Topic(each["topic"]), each["subject"], each["to_customer"])


@built_once
def _of_round(*, refund_id: Any, round_: Any) -> Executable:
    query = select(messages.c.topic, messages.c.subject, messages.c.recipient)
    query = query.where(messages.c.refund_id == refund_id, messages.c.round == round_)
    return query.order_by(messages.c.message_id)
