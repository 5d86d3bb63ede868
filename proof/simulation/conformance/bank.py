"""What the bank says of a dispute on the real books, and the keeper that counts what was lost."""

from collections.abc import Sequence

from sqlalchemy import select

from api import disputes
from api.problems import ProblemRaised
from api.schemas.disputes import DisputeBody
from db import stored_orders
from db.api_keys import Caller, Role
from db.schema import refunds
from domain.refusals import RefundRejected
from domain.sale.disputes import Dispute, DisputeStatus
from proof.simulation.conformance.real import RealWorld
from proof.simulation.conformance.sale import ORDER, moment
from proof.simulation.disputes import ModelDispute
from proof.simulation.model_disputes import Answer
from upkeep.losses import count_what_can_be

_BANK_SAID_AT = 1_793_499_000.0
"""The bank says the same of the same moment, however often it is told: what is told is told late."""


async def tell(real: RealWorld, dispute: ModelDispute, status: DisputeStatus) -> Answer:
    """Tell of a dispute as the API does."""
    body = DisputeBody(
        dispute_id=dispute.dispute_id,
        payment_id=dispute.payment_id,
        status=status,
        amount=dispute.amount,
        at=moment(_BANK_SAID_AT + list(DisputeStatus).index(status)),
    )
    before = await known(real)
    try:
        async with real.engine.begin() as connection:
            await disputes.take(connection, Caller(real.merchant_id, Role.MERCHANT, None), ORDER, body)
    except (ProblemRaised, RefundRejected):
        return Answer.REFUSED
    return Answer.HEARD if await known(real) != before else Answer.KNOWN


async def count(real: RealWorld) -> None:
    """Count what can be counted, as the keeper does."""
    await count_what_can_be(real.engine, real.merchant_id, ORDER)


async def asked_for_by_itself(real: RealWorld) -> str | None:
    """Find the refund of the order that no schedule has a name for yet."""
    query = select(refunds.c.refund_id).where(refunds.c.merchant_id == real.merchant_id, refunds.c.order_id == ORDER)
    async with real.engine.connect() as connection:
        found = (await connection.execute(query)).scalars().all()
        await connection.rollback()
    return next((each for each in found if not real.is_called(each)), None)


async def known(real: RealWorld) -> Sequence[Dispute]:
    """List the disputes that the order's row has, in the order of their ids."""
    async with real.engine.connect() as connection:
        stored = await stored_orders.find(connection, real.merchant_id, ORDER)
        await connection.rollback()
    assert stored is not None
    return sorted(stored.disputes, key=lambda each: each.dispute_id)
