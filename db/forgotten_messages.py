"""Messages about refunds that ended long ago: they are forgotten, and which were told is known of their refund then.

Its steps are folded with that.

The programs' role can't take a message away. It may ask for that by a function which sees to it that their refund ended
long ago, and that none of them is on its way (`forget_messages`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import steps
from db.schema import deliveries, messages, refunds

_REFUNDS_AT_ONCE = 200

_is_new: ColumnElement[bool] = messages.c.planned_at.is_(None) & messages.c.recipient.is_not(None)
_is_on_its_way: ColumnElement[bool] = exists().where(
    deliveries.c.message_id == messages.c.message_id,
    deliveries.c.ended_at.is_(None) | deliveries.c.receipt_due_at.is_not(None),
)
_forgotten_at = refunds.c.messages_forgotten_at

MAY_GO: ColumnElement[bool] = and_(
    refunds.c.completed_at.is_not(None),
    or_(_forgotten_at.is_(None), _forgotten_at < refunds.c.completed_at),
    refunds.c.needs_attention.is_(None),
    ~exists().where(messages.c.refund_id == refunds.c.refund_id, _is_new | _is_on_its_way),
)
"""Of a refund: it has ended since its messages were forgotten, if ever, waits for nobody, and all of them arrived."""


async def forget_old(connection: AsyncConnection, merchant_id: str, kept: timedelta) -> bool:
    """Forget messages of some refunds that ended so long ago; tell whether there may be more."""
    old = select(refunds.c.refund_id).where(refunds.c.merchant_id == merchant_id, MAY_GO)
    old = old.where(refunds.c.completed_at < func.now() - kept).order_by(refunds.c.completed_at)
    some = (await connection.execute(old.limit(_REFUNDS_AT_ONCE).with_for_update(skip_locked=True))).scalars().all()
    if some:
        told = select(func.count()).select_from(messages).where(messages.c.refund_id.in_(some))
        await forget(connection, some, (await connection.execute(told)).scalar_one())
    return len(some) == _REFUNDS_AT_ONCE


async def forget(connection: AsyncConnection, refund_ids: Sequence[str], told: int) -> None:
    """Forget all messages of these refunds, of which there are so many, and fold their steps.

    Raises sqlalchemy's DBAPIError where one of them stays, or there are more by now: nothing is gone then.
    """
    these: tuple[Any, ...] = literal(list(refund_ids), ARRAY(Text)), literal(told, BigInteger)
    await connection.execute(select(func.forget_messages(*these)))
    await steps.fold(connection, refund_ids)
