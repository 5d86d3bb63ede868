"""Refunds are spoken to: by reviewers, the warehouse, operations, and those who asked for them."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.parcels import InspectedLine, Inspection, Loss, Receipt, ReturnShipment
from api import evidence, problems, updates
from api.access import IdempotencyKey, MerchantOrCustomer, Ops, Reviewer, Services, ServicesDep, Warehouse
from api.described import described
from api.idempotent import IdempotentRequest
from api.paths import RefundId
from api.routers.refunds import answer_of
from api.schemas.common import Wire
from api.schemas.refund_answers import RefundAnswer
from api.schemas.updates import (
    CancelBody,
    EvidenceBody,
    InspectionBody,
    InspectionLineBody,
    LossBody,
    ReceiptBody,
    ResolutionBody,
    ReviewBody,
    ShipmentBody,
)
from db import evidence as pieces
from db import journal, refunds
from db.api_keys import Caller
from db.pictures import UsedIn
from db.read_models import Refund
from domain.audit_actions import AuditAction
from domain.claims.stock import StockPut, lesser_of
from domain.lifecycle import RefundStatus
from domain.refusals import Refusal
from service import used_pictures
from service.counting import Counting
from workflows.contract import CancelInput, ResolveInput, ReviewInput

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])


@router.post(
    "/{refund_id}/review",
    response_model=RefundAnswer,
    **described("reviewRefund", "not_found", "conflicting_state", "other_approver_needed"),
)
async def review_refund(
    refund_id: RefundId,
    body: ReviewBody,
    services: ServicesDep,
    caller: Reviewer,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Approve, reject, or ask for more evidence; what several have to approve goes on with the last approval."""

    wanted = tuple(body.evidence_wanted)
    said = ReviewInput(body.decision, caller.name, body.note, body.reason_code, wanted, caller.identity)
    return await _say(services, caller, refund_id, "review", said, body, idempotency_key)


@router.post(
    "/{refund_id}/shipment",
    response_model=RefundAnswer,
    **described("recordShipment", "not_found", "conflicting_state"),
)
async def note_shipment(
    refund_id: RefundId,
    body: ShipmentBody,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say that a parcel is under way; goods may come back in several, until they are inspected."""
    said = ReturnShipment(body.carrier, body.tracking_number, caller.name)
    return await _say(services, caller, refund_id, "shipment", said, body, idempotency_key)


@router.post(
    "/{refund_id}/receipt",
    response_model=RefundAnswer,
    **described("recordReceipt", "not_found", "conflicting_state", Refusal.QUANTITY_NOT_AVAILABLE),
)
async def note_receipt(
    refund_id: RefundId,
    body: ReceiptBody,
    services: ServicesDep,
    caller: Warehouse,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say what arrived; no lines means all that is expected.

    A parcel that comes after the end opens a refund again that came to nothing; of one that is complete it is noted,
    and operations are told whether its goods were paid for.
    """
    _refuse_twice([line.line_id for line in body.lines])

    def said(refund: Refund) -> Receipt:
        return Receipt(Counting(refund.measures).lines(body.lines), caller.name)

    return await _say(services, caller, refund_id, "receipt", updates.OfRefund(said), body, idempotency_key)


@router.post(
    "/{refund_id}/loss",
    response_model=RefundAnswer,
    **described("recordLoss", "not_found", "conflicting_state", Refusal.QUANTITY_NOT_AVAILABLE),
)
async def note_loss(
    refund_id: RefundId,
    services: ServicesDep,
    caller: Warehouse,
    body: LossBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Say that the parcel is lost on its way back, while it is awaited or after the end: a reviewer decides then.

    Of several parcels one may be lost: `lines` says what was in it, and what is not lost is inspected as usual.
    """
    lost = body or LossBody()
    _refuse_twice([line.line_id for line in lost.lines])

    def said(refund: Refund) -> Loss:
        return Loss(lost.note, caller.name, Counting(refund.measures).lines(lost.lines))

    return await _say(services, caller, refund_id, "loss", updates.OfRefund(said), lost, idempotency_key)


@router.post(
    "/{refund_id}/inspection",
    response_model=RefundAnswer,
    **described("recordInspection", "not_found", "conflicting_state", Refusal.QUANTITY_NOT_AVAILABLE),
)
async def note_inspection(
    refund_id: RefundId,
    body: InspectionBody,
    services: ServicesDep,
    caller: Warehouse,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Accept or reject what was received, unit by unit; no lines means all is accepted."""
    _refuse_twice([line.line_id for line in body.lines])

    def said(refund: Refund) -> Inspection:
        counting = Counting(refund.measures)
        found = [_inspected(counting, place, line) for place, line in enumerate(body.lines)]
        return Inspection(tuple(found), caller.name)

    return await _say(services, caller, refund_id, "inspection", updates.OfRefund(said), body, idempotency_key)


def _inspected(counting: Counting, place: int, line: InspectionLineBody) -> InspectedLine:
    def count(said: int | str, name: str) -> int:
        return counting.count(line.line_id, said, f"/lines/{place}/{name}")

    stock = tuple(
        StockPut(count(each.quantity, f"stock/{at}/quantity"), each.disposition, each.location or None)
        for at, each in enumerate(line.stock)
    )
    return InspectedLine(
        line.line_id,
        count(line.accepted, "accepted"),
        count(line.rejected, "rejected"),
        line.disposition,
        line.note,
        lesser=count(line.lesser_units, "lesser") if line.lesser is not None or not stock else lesser_of(stock),
        stock=stock,
    )


@router.post(
    "/{refund_id}/cancel", response_model=RefundAnswer, **described("cancelRefund", "not_found", "conflicting_state")
)
async def cancel_refund(
    refund_id: RefundId,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    body: CancelBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Call the refund off, until the payout begins."""
    body = body or CancelBody()
    said = CancelInput(caller.name, body.note, caller.role, caller.identity)
    return await _say(services, caller, refund_id, "cancel", said, body, idempotency_key)


@router.post(
    "/{refund_id}/resolution",
    response_model=RefundAnswer,
    **described("resolveRefund", "not_found", "conflicting_state"),
)
async def resolve_refund(
    refund_id: RefundId,
    body: ResolutionBody,
    services: ServicesDep,
    caller: Ops,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Help a refund that needs attention.

    Where the bank sends back what people had paid, `pay_out` and `failed` open a refund again that is complete: what
    followed the money is withdrawn, and you are asked how it is to be paid then.
    """
    about = body.reference, body.payment_id or ""
    said = ResolveInput(body.step, body.action, caller.name, body.note, *about, caller.identity)
    return await _say(services, caller, refund_id, "resolve", said, body, idempotency_key)


@router.post(
    "/{refund_id}/evidence",
    response_model=RefundAnswer,
    **described("addEvidence", "not_found", "conflicting_state", "limit_reached"),
)
async def add_evidence(
    refund_id: RefundId,
    body: EvidenceBody,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Add evidence for the reviewer, while the refund is in review."""
    evidence.check(services, body.evidence)

    async def add(connection: AsyncConnection) -> RefundAnswer:
        await refunds.find(connection, caller, refund_id)
        refund = await refunds.get(connection, refund_id, lock=True)
        if refund.status not in (RefundStatus.IN_REVIEW, RefundStatus.NEEDS_ATTENTION):
            raise problems.conflicting_state(f"refund {refund_id} is {refund.status}, evidence belongs to its review")
        await evidence.refuse_too_many(connection, refund_id, body.evidence)
        used = UsedIn(refund.receiver, refund.order_id, refund_id)
        before = await used_pictures.use(connection, caller, body.evidence, used)
        await pieces.add(connection, refund_id, body.evidence, caller.name, before)
        sentence = f"{len(body.evidence)} piece(s) of evidence added" + (f": {body.note}" if body.note else "")
        note = journal.Note(AuditAction.EVIDENCE_ADDED, sentence, caller.name, {"evidence": list(body.evidence)})
        await journal.record(connection, refund_id, note)
        return await answer_of(services, connection, caller, refund_id)

    path = f"/v1/refunds/{refund_id}/evidence"
    answer, _ = await IdempotentRequest(services.engine, caller, idempotency_key, path, body).once(200, add)
    return answer


async def _say(
    services: Services, caller: Caller, refund_id: str, update: str, said: object, body: Wire, key: str | None
) -> JSONResponse:
    async def work() -> RefundAnswer:
        await updates.say(services, caller, refund_id, update, said, key)
        async with services.snapshots.connect() as connection:
            return await answer_of(services, connection, caller, refund_id)

    return await IdempotentRequest(services.engine, caller, key, f"/v1/refunds/{refund_id}/{update}", body).around(
        200, work
    )


def _refuse_twice(line_ids: list[str]) -> None:
    if len(set(line_ids)) < len(line_ids):
        raise problems.wrong_field("/lines", "a line_id appears twice")
