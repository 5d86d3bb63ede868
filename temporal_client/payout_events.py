"""What providers say of payouts, by webhook or look-up, brought to the refund that it is about (rule 35)."""

import logging

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import payouts, refunds
from db.engine import snapshots
from db.read_models import Payout
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from gateways.ports import GatewayStatus
from temporal_client.start import reopen_for_payout
from workflows.contract import PayoutEvent, workflow_id

log = logging.getLogger(__name__)


async def note_payout_event(
    client: Client, engine: AsyncEngine, payout_key: str, status: GatewayStatus, reference: str | None
) -> None:
    """Tell a refund how the payout of this key is, any number of times and in any order.

    A refund that runs is woken and looks the payout up; one that is complete is opened again where a payout that we
    have as paid is said to have failed. News of unknown payouts and of what is over are dropped.
    """
    async with snapshots(engine).connect() as connection:
        payout = await payouts.by_key(connection, payout_key)
        if payout is None:
            log.warning("news of payout %s, which is not ours", payout_key)
            return
        refund = await refunds.get(connection, payout.refund_id)
    event = PayoutEvent(payout.payment_id, status, reference)
    if not RefundStatus(refund.status).is_final:
        await _signal(client, payout.refund_id, event)
    elif _may_have_failed(payout, payout_key, status):
        await reopen_for_payout(client, engine, payout.refund_id, event)


def _may_have_failed(payout: Payout, payout_key: str, status: GatewayStatus) -> bool:
    """Whether the money of a payout that we have as paid may be back; a key that got a no has nothing more to say."""
    is_paid = payout.status == PayoutStatus.SUCCEEDED and payout.paid_by is PaidBy.GATEWAY
    return is_paid and payout.key == payout_key and status is GatewayStatus.FAILED


async def _signal(client: Client, refund_id: str, event: PayoutEvent) -> None:
    """A workflow that was ended in Temporal is picked up by the worker's sweep, and looks for itself then."""
    try:
        await client.get_workflow_handle(workflow_id(refund_id)).signal("payout_event", event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
