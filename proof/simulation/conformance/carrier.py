"""What happens at the carrier of the real books beside the activities."""

import contextlib

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError

from activities.refunds import refuse_if_released
from activities.returns import IssueReturn
from db import refunds
from db.steps import AlreadyUndone
from gateways.ports import Declined
from gateways.sandbox.carrier import SandboxCarrier
from service.labels import Labels, rma_of
from service.steps import RefundRef


async def void_label(engine: AsyncEngine, ref: RefundRef, number: int) -> None:
    """A label becomes void, of which our books know nothing."""
    await SandboxCarrier(engine).void_label(ref.merchant_id, rma_of(ref, number))


async def ask_for_label(engine: AsyncEngine, command: IssueReturn) -> None:
    """What `issue_return` does up to the carrier's answer."""
    ref = command.refund
    with contextlib.suppress(ApplicationError, AlreadyUndone, Declined):
        async with engine.connect() as connection:
            await refuse_if_released(connection, ref)
            refund = await refunds.get(connection, ref.refund_id)
        await Labels(engine, SandboxCarrier(engine)).issue(ref, refund, None)
