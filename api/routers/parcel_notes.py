"""What a warehouse writes down of a return parcel besides its units, with pictures."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from api import evidence, problems
from api.access import IdempotencyKey, ServicesDep, Warehouse
from api.described import described
from api.idempotent import IdempotentRequest
from api.paths import RefundId
from api.routers.refunds import answer_of
from api.schemas.parcel_notes import ParcelNoteBody
from api.schemas.refund_answers import RefundAnswer
from db import evidence as pieces
from db import journal, refunds
from db.pictures import UsedIn
from domain.audit_actions import AuditAction
from domain.claims.parcel_notes import NotedOf
from service import used_pictures

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])


@router.post(
    "/{refund_id}/parcel-notes",
    response_model=RefundAnswer,
    **described("noteParcel", "not_found", "conflicting_state", "limit_reached"),
)
async def note_parcel(
    refund_id: RefundId,
    body: ParcelNoteBody,
    services: ServicesDep,
    caller: Warehouse,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Write down what was found in a return parcel besides its units: it stands in the timeline, the pictures are
    evidence, and the merchant's systems are told `return.parcel_noted`. What is paid back follows from the inspection
    alone.
    """
    evidence.check(services, body.evidence)
    if body.about is not NotedOf.SHARED_PARCEL and not (body.note or body.evidence):
        raise problems.wrong_field("/note", "write down what was found, or send pictures")

    async def note(connection: AsyncConnection) -> RefundAnswer:
        await refunds.find(connection, caller, refund_id)
        refund = await refunds.get(connection, refund_id, lock=True)
        if refund.goods_return is None:
            raise problems.conflicting_state(f"no parcel comes back with refund {refund_id}")
        await evidence.refuse_too_many(connection, refund_id, body.evidence)
        used = UsedIn(refund.receiver, refund.order_id, refund_id)
        before = await used_pictures.use(connection, caller, body.evidence, used)
        await pieces.add(connection, refund_id, body.evidence, caller.name, before)
        sentence = body.about.sentence(body.note, len(body.evidence))
        found = {"about": body.about.value, "evidence": list(body.evidence)}
        note = journal.Note(AuditAction.PARCEL_NOTED, sentence, caller.name, found)
        await journal.record(connection, refund_id, note)
        return await answer_of(services, connection, caller, refund_id)

    path = f"/v1/refunds/{refund_id}/parcel-notes"
    answer, _ = await IdempotentRequest(services.engine, caller, idempotency_key, path, body).once(200, note)
    return answer
