"""Whose personal data was erased: overwritten by one rule in all places of `personal_data.py`, in one transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import customers, guests, passkeys, pictures
from db.schema import erasures, refunds


@dataclass(frozen=True, slots=True)
class Erasure:
    """`erasure_id` is drawn by lot: by it the copy of the list outside of the database and this one are compared."""

    erasure_id: str
    merchant_id: str
    customer_id: str
    erased_at: datetime


class UnderWay(Exception):
    """A refund of theirs is not over: what was said about it is needed."""

    def __init__(self, refund_id: str) -> None:
        super().__init__(f"refund {refund_id} is not over")
        self.refund_id = refund_id


async def erase(connection: AsyncConnection, erasure: Erasure) -> Sequence[str]:
    """Overwrite what is personal of a customer, also as the guests they were; returns their refunds.

    Their refunds are locked before they are, as every step does. Raises UnderWay.
    """
    merchant_id, customer_id = erasure.merchant_id, erasure.customer_id
    ids = await guests.also_known_as(connection, merchant_id, customer_id)
    await _locked_refunds(connection, merchant_id, ids)
    for each in sorted(ids):
        await customers.lock(connection, merchant_id, each)
    theirs = await _locked_refunds(connection, merchant_id, ids)
    for row in theirs:
        if row.completed_at is None or row.needs_attention is not None:
            raise UnderWay(row.refund_id)
    await connection.execute(select(func.erase_personal_data(merchant_id, literal(list(ids), ARRAY(Text)))))
    await passkeys.forget_of(connection, merchant_id, ids)
    await pictures.forget_of(connection, merchant_id, ids, [row.refund_id for row in theirs])
    await connection.execute(insert(erasures).values(asdict(erasure)))
    return [row.refund_id for row in theirs]


async def _locked_refunds(connection: AsyncConnection, merchant_id: str, ids: Sequence[str]) -> Sequence[Any]:
    """Nobody asks for another while the customers are locked."""
    is_theirs = or_(refunds.c.customer_id.in_(ids), refunds.c.beneficiary.in_(ids))
    columns = refunds.c.refund_id, refunds.c.completed_at, refunds.c.needs_attention
    query = select(*columns).where(refunds.c.merchant_id == merchant_id, is_theirs)
    return (await connection.execute(query.order_by(refunds.c.refund_id).with_for_update())).all()


async def refunds_of(connection: AsyncConnection, erasure: Erasure) -> Sequence[str]:
    ids = await guests.also_known_as(connection, erasure.merchant_id, erasure.customer_id)
    is_theirs = or_(refunds.c.customer_id.in_(ids), refunds.c.beneficiary.in_(ids))
    query = select(refunds.c.refund_id).where(refunds.c.merchant_id == erasure.merchant_id, is_theirs)
    return (await connection.execute(query)).scalars().all()


async def unfinished(connection: AsyncConnection, limit: int) -> list[Erasure]:
    """List erasures that are in the tables alone so far, the oldest first."""
    columns = (erasures.c[name] for name in Erasure.__slots__)
    query = select(*columns).where(erasures.c.finished_at.is_(None)).order_by(erasures.c.erased_at).limit(limit)
    return [Erasure(*row) for row in await connection.execute(query)]


async def finish(connection: AsyncConnection, erasure: Erasure) -> None:
    is_it = erasures.c.erasure_id == erasure.erasure_id
    await connection.execute(update(erasures).where(is_it).values(finished_at=func.now()))


async def unknown(connection: AsyncConnection, listed: Sequence[Erasure]) -> list[Erasure]:
    """Return those of a list that this database knows nothing of: it was brought back from an older copy."""
    ids = [each.erasure_id for each in listed]
    query = select(erasures.c.erasure_id).where(erasures.c.erasure_id == func.any(literal(ids, ARRAY(Text))))
    known = set((await connection.execute(query)).scalars())
    return [each for each in listed if each.erasure_id not in known]
