"""Webhooks that came in, by source and id: one that comes again is told apart from one that was not finished."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import webhooks


async def remember(connection: AsyncConnection, source: str, webhook_id: str, reference: str, body: Any) -> bool:
    """Store a webhook; tell whether it is still to be handled, by us or by nobody yet."""
    row = {"source": source, "webhook_id": webhook_id, "reference": reference, "body": body}
    await connection.execute(insert(webhooks).values(row).on_conflict_do_nothing())
    handled_at = select(webhooks.c.handled_at).where(_is(source, webhook_id))
    return (await connection.execute(handled_at)).scalar_one() is None


async def mark_handled(connection: AsyncConnection, source: str, webhook_id: str) -> None:
    await connection.execute(update(webhooks).where(_is(source, webhook_id)).values(handled_at=func.now()))


def _is(source: str, webhook_id: str) -> Any:
    return (webhooks.c.source == source) & (webhooks.c.webhook_id == webhook_id)
