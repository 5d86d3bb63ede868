"""Evidence for a refund: a row a piece, so that none is lost where several people add some at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import sealing
from db.built import built_once
from db.schema import refund_evidence
from db.schema.sealed import sealed_row


async def add(
    connection: AsyncConnection, refund_id: str, pieces: Sequence[str], added_by: str, shown_before: Mapping[str, str]
) -> None:
    """shown_before: by the piece, the earlier refund that showed the same."""
    about, whose = sealing.about_refund(refund_id), {"refund_id": refund_id, "added_by": added_by}
    rows = [
        sealed_row(refund_evidence, about, {**whose, "piece": piece, "resembles": shown_before.get(piece)})
        for piece in pieces
    ]
    if rows:
        await connection.execute(insert(refund_evidence), rows)


async def of_refund(connection: AsyncConnection, refund_id: str) -> list[str]:
    """Return every piece in the order in which they were added."""
    found = list((await _of_refund(refund_id=refund_id).on(connection)).scalars())
    for piece in found:
        sealing.refuse_moved(piece, sealing.about_refund(refund_id))
    return found


@built_once
def _of_refund(*, refund_id: Any) -> Select[Any]:
    query = select(refund_evidence.c.piece).where(refund_evidence.c.refund_id == refund_id)
    return query.order_by(refund_evidence.c.evidence_id)


async def count(connection: AsyncConnection, refund_id: str) -> int:
    query = select(func.count()).where(refund_evidence.c.refund_id == refund_id)
    return int((await connection.execute(query)).scalar_one())


async def newest(connection: AsyncConnection) -> int:
    """Return the number of the newest piece of all."""
    return int((await connection.execute(select(func.max(refund_evidence.c.evidence_id)))).scalar_one() or 0)
