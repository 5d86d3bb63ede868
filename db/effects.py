"""What a refund's steps have done, one row a step: a repeated attempt finds its own row and changes nothing.

An undo leaves a tombstone, so that a first attempt that arrives late finds it and stays away.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import effects


class AlreadyUndone(Exception):
    """A late attempt of a step came after its undo; nothing may happen any more."""


async def earlier(connection: AsyncConnection, refund_id: str, step: str) -> tuple[bool, Any]:
    """Claim a step for this transaction: (False, None) the first time, (True, its result) ever after.

    A second attempt waits for the transaction of the first. Raises AlreadyUndone.
    """
    made = await connection.execute(
        insert(effects).values(refund_id=refund_id, step=step).on_conflict_do_nothing().returning(effects.c.step)
    )
    if made.scalar_one_or_none():
        return False, None
    row = (await connection.execute(select(effects).where(_is(refund_id, step)))).one()
    if row.is_undone:
        raise AlreadyUndone(f"{step} of {refund_id}")
    return True, row.result


async def keep_result(connection: AsyncConnection, refund_id: str, step: str, result: Any) -> None:
    await connection.execute(update(effects).where(_is(refund_id, step)).values(result=result))


async def keep_latest(connection: AsyncConnection, refund_id: str, step: str, since: datetime, result: Any) -> bool:
    """Keep a result unless a later one is kept already, and tell whether it is; another attempt waits meanwhile."""
    await earlier(connection, refund_id, step)
    kept = await result_of(connection, refund_id, step)
    if kept is not None and since < datetime.fromisoformat(kept["since"]):
        return False
    await keep_result(connection, refund_id, step, {"since": since.isoformat(), **result})
    return True


async def steps_of(connection: AsyncConnection, refund_id: str) -> dict[str, bool]:
    """Return every step that a refund has done or buried, and whether it is undone."""
    query = select(effects.c.step, effects.c.is_undone).where(effects.c.refund_id == refund_id)
    return {row.step: row.is_undone for row in await connection.execute(query)}


async def result_of(connection: AsyncConnection, refund_id: str, step: str) -> Any:
    """What a step left behind; None where it was never done."""
    return (await connection.execute(select(effects.c.result).where(_is(refund_id, step)))).scalar_one_or_none()


async def is_done(connection: AsyncConnection, refund_id: str, step: str) -> bool:
    query = select(effects.c.is_undone).where(_is(refund_id, step))
    return (await connection.execute(query)).scalar_one_or_none() is False


async def is_buried(connection: AsyncConnection, refund_id: str, step: str) -> bool:
    query = select(effects.c.is_undone).where(_is(refund_id, step))
    return (await connection.execute(query)).scalar_one_or_none() is True


async def bury(connection: AsyncConnection, refund_id: str, step: str) -> bool:
    """Leave the tombstone of a step; tell whether the step had been done and is to be undone now."""
    made = await connection.execute(
        insert(effects)
        .values(refund_id=refund_id, step=step, is_undone=True)
        .on_conflict_do_nothing()
        .returning(effects.c.step)
    )
    if made.scalar_one_or_none():
        return False
    buried = await connection.execute(
        update(effects)
        .where(_is(refund_id, step), effects.c.is_undone.is_(False))
        .values(is_undone=True)
        .returning(effects.c.step)
    )
    return buried.scalar_one_or_none() is not None


def _is(refund_id: str, step: str) -> Any:
    return (effects.c.refund_id == refund_id) & (effects.c.step == step)


async def bury_what_is_not_done(connection: AsyncConnection, refund_id: str, steps: Iterable[str]) -> None:
    """Leave tombstones for those of these steps that were never done: none of them may land late any more."""
    for step in steps:
        if not await is_done(connection, refund_id, step):
            await bury(connection, refund_id, step)
