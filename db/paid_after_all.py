"""Refunds of what was paid although earlier ones had lessened it (rule 50)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import refunds
from domain.lifecycle import RefundStatus

_ENDS = [each for each in RefundStatus if each.is_final]


async def is_asked_for(connection: AsyncConnection, merchant_id: str, order_id: str) -> bool:
    """Whether a refund is under way for what was paid of an order although refunds had lessened it (rule 50)."""
    query = select(refunds.c.refund_id).where(
        refunds.c.merchant_id == merchant_id,
        refunds.c.order_id == order_id,
        refunds.c.settlement.is_(None),
        refunds.c.status.not_in(_ENDS),
        refunds.c.quote_basis["terms"]["paid_after_all"].astext == "true",
    )
    return (await connection.execute(query.limit(1))).first() is not None
