"""News of a payout that a provider told by webhook: written down, and the refund looks at once instead of later.

News come twice, in any order, and before the answer to our own call. So they are never believed for the state of a
payout: they wake the workflow, and it asks the provider how things are now.
"""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import effects, journal, payouts, refunds
from db.payouts import PayoutStatus
from domain.reasons import RefundStatus
from gateways.ports import GatewayStatus
from workflows.messages import workflow_id
from workflows.refund import RefundWorkflow

_UNDECIDED = (PayoutStatus.REQUESTED, PayoutStatus.PENDING)


async def payout_news(
    client: Client, engine: AsyncEngine, payout_key: str, status: GatewayStatus, reference: str | None
) -> None:
    """Take news of a payout, any number of times; of an unknown one nothing is made.

    Raises temporalio's RPCError where Temporal can't be reached: the provider sends it again.
    """
    async with engine.begin() as connection:
        payout = await payouts.find_by_key(connection, payout_key)
        if payout is None:
            return
        if _is_lost_again(payout, status):
            await _ask_for_attention(connection, payout, reference)
    if payout.status in _UNDECIDED:
        await _wake(client, payout)


def _is_lost_again(payout: Row[Any], status: GatewayStatus) -> bool:
    """A success that turns into a failure later (rule 35)."""
    return payout.status == PayoutStatus.SUCCEEDED and payout.paid_by == "gateway" and status is GatewayStatus.FAILED


async def _ask_for_attention(connection: AsyncConnection, payout: Row[Any], reference: str | None) -> None:
    is_repeat, _ = await effects.earlier(connection, payout.refund_id, f"failed_after:{payout.payment_id}")
    if is_repeat:
        return
    reason = f"{payout.payment_id} was paid and failed afterwards ({reference})"
    needed = {"step": "payout_failed_after_success", "reason": reason, "actions": ["settle"]}
    await refunds.change(connection, payout.refund_id, needs_attention=needed, status=RefundStatus.NEEDS_ATTENTION)
    await journal.record(connection, payout.refund_id, journal.Note("needs_attention", reason, "gateway", needed))


async def _wake(client: Client, payout: Row[Any]) -> None:
    handle = client.get_workflow_handle_for(RefundWorkflow.run, workflow_id(payout.refund_id))
    try:
        await handle.signal(RefundWorkflow.payout_news, payout.payment_id)
    except RPCError as unknown:
        if unknown.status is not RPCStatusCode.NOT_FOUND:
            raise
