"""The in-app inbox of customers and of operations."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.batches import insert_all
from db.read_models import MessageRow, read
from db.schema import messages
from domain.explain.messages import DEFAULT_LOCALE, Topic

OPERATIONS = None
"""The recipient of what is not for a customer: no id, so that no customer can have it."""


async def put(connection: AsyncConnection, message: dict[str, Any]) -> bool:
    """Put a message into an inbox once, and tell whether it is new: refund, round, topic and subject name it."""
    made = insert(messages).values(message).on_conflict_do_nothing().returning(messages.c.message_id)
    return (await connection.execute(made)).scalar_one_or_none() is not None


async def put_all(connection: AsyncConnection, told: Sequence[dict[str, Any]]) -> None:
    """Put messages into inboxes at once, however many; each once."""
    if told:
        await connection.execute(insert_all(messages, told).on_conflict_do_nothing())


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
    """List what somebody was told, the oldest first, from the message after number `after` on."""
    query = select(messages).where(messages.c.merchant_id == merchant_id, messages.c.recipient == recipient)
    query = query.where(messages.c.message_id > after).order_by(messages.c.message_id).limit(limit)
    return [read(MessageRow, row) for row in await connection.execute(query)]


async def of_refund(connection: AsyncConnection, refund_id: str, *, in_round: int) -> list[MessageRow]:
    query = select(messages).where(messages.c.refund_id == refund_id, messages.c.round == in_round)
    return [read(MessageRow, row) for row in await connection.execute(query.order_by(messages.c.message_id))]
