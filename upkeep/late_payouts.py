"""Money that is not with the customer when the provider says it would be: operations are told, once."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from db import messages, payouts
from db.payouts import LatePayout
from domain.deadlines import format_deadline
from domain.explain.messages import format_money
from upkeep.keepers import Keeper

NAME = "tell_late_payouts"
_EVERY = timedelta(minutes=5)
_AT_ONCE = 100


def keeper(engine: AsyncEngine) -> Keeper:
    async def work() -> bool:
        await tell_some(engine)
        return True

    return Keeper(NAME, _EVERY, work)


async def tell_some(engine: AsyncEngine, at_once: int = _AT_ONCE) -> None:
    """Tell of the next ones; each is told of by the worker that finds it first."""
    async with engine.begin() as connection:
        for late in await payouts.take_late(connection, at_once):
            subject = f"late {late.payment_id} {late.expected_by.isoformat()}"
            await messages.put_for_operations(connection, late.merchant_id, late.refund_id, subject, _sentence(late))


def _sentence(late: LatePayout) -> str:
    by = format_deadline(late.expected_by)
    return (
        f"Refund {late.refund_id}: {format_money(late.money)} to {late.payment_id} through {late.gateway} was to be "
        f"there by {by}, as the provider says of itself, and is not paid: ask there what it waits for."
    )
