"""Webhooks that came in, by source and id: one that comes again is told apart from one that was not finished."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, any_, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.schema import webhooks, webhooks_over
from db.schema.sealed import sealed_row

_KEPT = timedelta(days=90)
"""Longer than any provider sends one again; one that comes later all the same only wakes its refund."""

_FORGOTTEN_AT_ONCE = 100
"""So few that they are found by the index, also where there are not many yet."""


async def remember(connection: AsyncConnection, source: str, webhook_id: str, reference: str, body: Any) -> bool:
    """Store a webhook; tell whether it is still to be handled, by us or by nobody yet."""
    row = {"source": source, "webhook_id": webhook_id, "reference": reference, "body": body}
    row = sealed_row(webhooks, sealing.about_row("webhook", source, webhook_id), row)
    await connection.execute(insert(webhooks).values(row).on_conflict_do_nothing())
    handled_at = select(webhooks.c.handled_at).where(_is(source, webhook_id))
    return (await connection.execute(handled_at)).scalar_one() is None


async def mark_handled(connection: AsyncConnection, source: str, webhook_id: str) -> None:
    await connection.execute(update(webhooks).where(_is(source, webhook_id)).values(handled_at=func.now()))


async def forget_old(connection: AsyncConnection) -> int:
    """Forget what was handled long ago and is not needed, so many at once that nobody waits long; tell how many."""
    place: ColumnElement[Any] = literal_column("webhooks.ctid")
    old = (
        select(place).where(webhooks.c.received_at < func.now() - _KEPT, webhooks_over).order_by(webhooks.c.received_at)
    )
    some = old.limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
    return (await connection.execute(delete(webhooks).where(place == any_(func.array(some))))).rowcount


async def of_reference(connection: AsyncConnection, source: str, reference: str) -> list[dict[str, Any]]:
    """Return what a source has told of a reference of ours, the oldest first."""
    return await _told(connection, source, webhooks.c.reference == reference)


async def of_charge(connection: AsyncConnection, source: str, charge_ref: str) -> list[dict[str, Any]]:
    """Return what a source has told of a payment, by its own name of it, the oldest first."""
    is_named = webhooks.c.body.has_key("originalReference")  # as the index has it
    return await _told(connection, source, is_named & (webhooks.c.body["originalReference"].astext == charge_ref))


async def since(connection: AsyncConnection, source: str, moment: datetime) -> list[dict[str, Any]]:
    """Return what a source has told since then, the oldest first."""
    return await _told(connection, source, webhooks.c.received_at >= moment)


async def _told(connection: AsyncConnection, source: str, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    query = select(webhooks.c.body).where(webhooks.c.source == source, which)
    found = await connection.execute(query.order_by(webhooks.c.received_at, webhooks.c.webhook_id))
    return [row.body for row in found]


def _is(source: str, webhook_id: str) -> Any:
    return (webhooks.c.source == source) & (webhooks.c.webhook_id == webhook_id)
