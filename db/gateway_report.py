"""How payouts of a merchant fare at each gateway, by the index of when something became known of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.schema import payouts
from domain.lifecycle import PayoutStatus

_UNDECIDED = (PayoutStatus.REQUESTED, PayoutStatus.PENDING, PayoutStatus.WAITING_FOR_BALANCE)


@dataclass(frozen=True, slots=True)
class AtGateway:
    """How many payouts a gateway had, and what became of them; `declined` has said no to at least once."""

    gateway: str
    payouts: int
    succeeded: int
    undecided: int
    declined: int


async def since(connection: AsyncConnection, merchant_id: str, start: datetime) -> list[AtGateway]:
    said_no = or_(payouts.c.noes > 0, payouts.c.decline_code.is_not(None))
    query = (
        select(
            payouts.c.gateway,
            func.count(),
            func.count().filter(payouts.c.status == PayoutStatus.SUCCEEDED),
            func.count().filter(payouts.c.status.in_(_UNDECIDED)),
            func.count().filter(said_no),
        )
        .where(payouts.c.merchant_id == merchant_id, payouts.c.updated_at >= start, payouts.c.gateway != "")
        .group_by(payouts.c.gateway)
        .order_by(payouts.c.gateway)
    )
    return [AtGateway(*row) for row in await connection.execute(query)]
