"""Disputes of an order's payments (rules 6, 46 and 52)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.disputes import HeardDispute
from api import disputes
from api.access import IdempotencyKey, MerchantOrOps, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.launching import else_by_the_worker
from api.paths import OrderId
from api.schemas.disputes import DisputeAnswer, DisputeBody
from domain.refusals import Refusal
from temporal_client.start import ensure_running

router = APIRouter(prefix="/v1/orders/{order_id}/disputes", tags=["orders"])


@router.post(
    "",
    status_code=201,
    response_model=DisputeAnswer,
    responses={200: {"model": DisputeAnswer, "description": "It was known already, perhaps as something earlier."}},
    **described(
        "noteDispute",
        "not_found",
        "conflicting_state",
        Refusal.ORDER_NOT_REFUNDABLE,
        Refusal.AMOUNT_NOT_AVAILABLE,
    ),
)
async def note_dispute(
    order_id: OrderId,
    body: DisputeBody,
    services: ServicesDep,
    caller: MerchantOrOps,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say what the bank says of a dispute.

    While one is open, nothing is paid out to its payment. One that is lost counts as money that is gone: it takes back
    what was earned and granted by the share that was lost, and reinstates nothing that was spent; one that is won after
    all gives it again. What was said before is answered 200, whatever was said since.
    """
    heard: list[HeardDispute] = []

    async def take(connection: AsyncConnection) -> DisputeAnswer:
        heard.append(await disputes.take(connection, caller, order_id, body))
        return DisputeAnswer.of(heard[0].dispute, order_id)

    path = f"/v1/orders/{order_id}/disputes"
    request = IdempotentRequest(services.engine, caller, idempotency_key, path, body)
    answer, _ = await request.once(lambda: 201 if heard[0].is_new else 200, take)
    for refund in heard[0].refunds if heard else ():
        with else_by_the_worker(refund.refund_id):
            await ensure_running(services.temporal, services.engine, refund.refund_id)
    return answer
