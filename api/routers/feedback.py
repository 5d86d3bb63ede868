"""Feedback on a refund that is over."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems, refund_answers
from api.access import IdempotencyKey, MerchantOrCustomer, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paths import RefundId
from api.schemas.feedback import FeedbackBody
from api.schemas.refund_answers import RefundAnswer
from db import journal, refunds
from domain import clock
from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus

_MOST_FEEDBACK = 20

router = APIRouter(prefix="/v1/refunds/{refund_id}/feedback", tags=["refunds"])


@router.post(
    "", response_model=RefundAnswer, **described("giveFeedback", "not_found", "conflicting_state", "limit_reached")
)
async def give_feedback(
    refund_id: RefundId,
    body: FeedbackBody,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say how content the customer is with a refund that is over; what is said last counts."""

    async def give(connection: AsyncConnection) -> RefundAnswer:
        refund = await refunds.find(connection, caller, refund_id)
        if not RefundStatus(refund.status).is_final:
            raise problems.conflicting_state(f"refund {refund_id} is {refund.status}: feedback is for when it is over")
        if await journal.count(connection, refund_id, AuditAction.FEEDBACK) >= _MOST_FEEDBACK:
            raise problems.limit_reached(f"feedback on a refund is taken {_MOST_FEEDBACK} times")
        said = {**body.model_dump(), "by": caller.name, "at": clock.now().isoformat()}
        await refunds.change(connection, refund_id, feedback=said)
        sentence = f"{body.score} of 5" + (f": {body.comment}" if body.comment else "")
        note = journal.Note(AuditAction.FEEDBACK, sentence, caller.name, body.model_dump())
        await journal.record(connection, refund_id, note)
        return await refund_answers.refund_answer(
            connection, services.catalogue, await refunds.get(connection, refund_id), caller
        )

    path = f"/v1/refunds/{refund_id}/feedback"
    answer, _ = await IdempotentRequest(services.engine, caller, idempotency_key, path, body).once(200, give)
    return answer
