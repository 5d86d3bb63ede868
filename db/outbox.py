"""What leaves from the database after the transaction that decided it: taken up under a lease, by whoever is free.

A lease is `due_at` put into the future: who dies with it loses it when it ends, and nobody looks at the row before. The
number of the attempt goes with it: who comes back from a long sleep finds another number, and changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection


class LeaseLost(Exception):
    """It took too long: somebody else has this row by now, or may."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A row that is ours until its lease ends; `age` is how long it has been in the outbox."""

    row_id: int
    attempt: int
    age: timedelta


async def take(
    connection: AsyncConnection, table: Table, *which: ColumnElement[bool], most: int, lasts: timedelta
) -> list[Lease]:
    """Take up what is due, what has waited longest first; what others are taking up just now is left to them."""
    row_id = _id(table)
    free = select(row_id).where(table.c.ended_at.is_(None), table.c.due_at <= func.now(), *which)
    free = free.order_by(table.c.due_at, row_id).limit(most).with_for_update(skip_locked=True)
    taken = update(table).where(row_id.in_(free.scalar_subquery()))
    taken = taken.values(attempts=table.c.attempts + 1, due_at=func.now() + lasts)
    taken = taken.returning(row_id.label("row_id"), table.c.attempts, (func.now() - table.c.created_at).label("age"))
    found = [Lease(row.row_id, row.attempts, row.age) for row in await connection.execute(taken)]
    return sorted(found, key=lambda lease: lease.row_id)


async def note(connection: AsyncConnection, table: Table, lease: Lease, **values: Any) -> None:
    """Change a row that is still ours. Raises LeaseLost where it is not, or not for sure."""
    await _change(connection, table, lease, table.c.due_at > func.now(), values)


async def put_off(connection: AsyncConnection, table: Table, lease: Lease, pause: timedelta, **values: Any) -> None:
    """Give a row back, to be taken up after a pause. Raises LeaseLost where somebody else has it."""
    await _change(connection, table, lease, None, {"due_at": func.now() + pause, **values})


async def end(connection: AsyncConnection, table: Table, lease: Lease, **values: Any) -> None:
    """Say that nothing more is to be done. Raises LeaseLost where somebody else has it."""
    await _change(connection, table, lease, None, {"ended_at": func.now(), **values})


async def _change(
    connection: AsyncConnection, table: Table, lease: Lease, when: ColumnElement[bool] | None, values: dict[str, Any]
) -> None:
    ours = update(table).where(_id(table) == lease.row_id, table.c.attempts == lease.attempt)
    ours = ours.where(table.c.ended_at.is_(None))
    ours = ours if when is None else ours.where(when)
    if (await connection.execute(ours.values(values).returning(_id(table)))).first() is None:
        raise LeaseLost(f"row {lease.row_id} of {table.name}, attempt {lease.attempt}")


def _id(table: Table) -> Any:
    (row_id,) = table.primary_key.columns
    return row_id
