"""Evidence for a refund: a row a piece, so that none is lost where several people add some at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.schema import refund_evidence


async def add(
    connection: AsyncConnection, refund_id: str, pieces: Sequence[str], added_by: str, shown_before: Mapping[str, str]
) -> None:
    """shown_before: by the piece, the earlier refund that showed the same."""
    rows = [
        {"refund_id": refund_id, "piece": piece, "added_by": added_by, "resembles": shown_before.get(piece)}
        for piece in pieces
    ]
    if rows:
        await connection.execute(insert(refund_evidence), rows)


async def of_refund(connection: AsyncConnection, refund_id: str) -> list[str]:
    """Return every piece in the order in which they were added."""
    return list((await _of_refund(refund_id=refund_id).on(connection)).scalars())


@built_once
def _of_refund(*, refund_id: Any) -> Select[Any]:
    query = select(refund_evidence.c.piece).where(refund_evidence.c.refund_id == refund_id)
    return query.order_by(refund_evidence.c.evidence_id)


async def count(connection: AsyncConnection, refund_id: str) -> int:
    query = select(func.count()).where(refund_evidence.c.refund_id == refund_id)
    return int((await connection.execute(query)).scalar_one())
