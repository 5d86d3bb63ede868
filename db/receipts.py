"""Deliveries that were taken, and of which their carrier is asked whether they have reached anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.deliveries import Parcelled, parcelled
from db.schema import deliveries
from db.schema.sealed import sealed_row
from domain.delivery.channels import Channel, Outcome

_MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class AwaitedReceipt:
    """A delivery whose receipt is awaited: what its carrier calls it, and for how long it has had it."""

    delivery_id: int
    reference: str
    age: timedelta
    parcelled: Parcelled


async def take(connection: AsyncConnection, channel: Channel, most: int, lasts: timedelta) -> Sequence[AwaitedReceipt]:
    """Take up those of a channel that are due; nobody else asks for them for so long."""
    table = deliveries.c
    due = select(table.delivery_id).where(table.channel == channel, table.receipt_due_at <= func.now())
    due = due.order_by(table.receipt_due_at).limit(most).with_for_update(skip_locked=True)
    taken = update(deliveries).where(table.delivery_id.in_(due.scalar_subquery()))
    taken = taken.values(receipt_due_at=func.now() + lasts)
    age = (func.now() - table.ended_at).label("age")
    rows = (await connection.execute(taken.returning(table.delivery_id, table.reference, age))).all()
    read = await parcelled(connection, [row.delivery_id for row in rows], channel) if rows else {}
    return [AwaitedReceipt(row.delivery_id, row.reference or "", row.age, read[row.delivery_id]) for row in rows]


async def ask_again(connection: AsyncConnection, awaited: AwaitedReceipt, after: timedelta) -> None:
    """Have its carrier asked once more, after so long."""
    still = deliveries.c.receipt_due_at.is_not(None) & (deliveries.c.delivery_id == awaited.delivery_id)
    await connection.execute(update(deliveries).where(still).values(receipt_due_at=func.now() + after))


async def ask_no_more(connection: AsyncConnection, awaited: AwaitedReceipt) -> None:
    """It has arrived, or nobody will ever say."""
    of_it = deliveries.c.delivery_id == awaited.delivery_id
    await connection.execute(update(deliveries).where(of_it).values(receipt_due_at=None))


async def note_undelivered(connection: AsyncConnection, awaited: AwaitedReceipt, reason: str) -> bool:
    """Note that it has reached nobody; tell whether that is news."""
    was_sent = (deliveries.c.delivery_id == awaited.delivery_id) & (deliveries.c.outcome == Outcome.SENT)
    about = sealing.about_row("delivery", str(awaited.delivery_id))
    said = sealed_row(deliveries, about, {"reason": reason[:_MOST_WORDS]})
    noted = update(deliveries).where(was_sent).values(outcome=Outcome.UNDELIVERED, receipt_due_at=None, **said)
    return (await connection.execute(noted.returning(deliveries.c.delivery_id))).first() is not None
