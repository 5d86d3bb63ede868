"""Money of an order that went back elsewhere (rule 51)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import external_refunds
from api.access import IdempotencyKey, Merchant, ServicesDep
from api.described import described
from api.external_refunds import Taken
from api.idempotent import IdempotentRequest
from api.launching import else_by_the_worker
from api.paths import OrderId
from api.schemas.external import ExternalRefundAnswer, ExternalRefundBody
from domain.refusals import Refusal
from temporal_client.start import start_first

router = APIRouter(prefix="/v1/orders/{order_id}/external-refunds", tags=["orders"])


@router.post(
    "",
    status_code=201,
    response_model=ExternalRefundAnswer,
    responses={200: {"model": ExternalRefundAnswer, "description": "It was known already."}},
    **described(
        "noteExternalRefund",
        "not_found",
        "conflicting_state",
        Refusal.ORDER_NOT_REFUNDABLE,
        Refusal.QUANTITY_NOT_AVAILABLE,
        Refusal.AMOUNT_NOT_AVAILABLE,
        Refusal.LINE_NOT_FOUND,
    ),
)
async def note_external_refund(
    order_id: OrderId,
    body: ExternalRefundBody,
    services: ServicesDep,
    caller: Merchant,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say that money went back elsewhere: at the provider's dashboard, in a shop, by bank.

    It counts everywhere like a refund of makewhole's, on the day it moved, and nothing is paid. What another refund has
    claimed is not left for it: have that one cancelled or rejected first. The same id with the same body answers 200.
    """
    taken: list[Taken] = []

    async def take(connection: AsyncConnection) -> ExternalRefundAnswer:
        taken.append(await external_refunds.take(connection, caller, order_id, body))
        refund = taken[0].refund
        return ExternalRefundAnswer.of(taken[0].external, taken[0].order, refund.refund_id, refund.status)

    path = f"/v1/orders/{order_id}/external-refunds"
    request = IdempotentRequest(services.engine, caller, idempotency_key, path, body)
    answer, _ = await request.once(lambda: 201 if taken[0].is_new else 200, take)
    if taken and taken[0].is_new:
        with else_by_the_worker(taken[0].refund.refund_id):
            await start_first(services.temporal, taken[0].refund)
    return answer
