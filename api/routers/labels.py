"""Labels of returns: at an address that nobody can guess, and another one for another parcel."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, Response

from api import problems
from api.access import IdempotencyKey, MerchantOrCustomer, Services, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paths import LabelName, RefundId
from api.routers.refunds import answer_of
from api.schemas.common import Wire
from api.schemas.refund_answers import RefundAnswer
from db import policies, refunds, return_labels
from db.api_keys import Caller
from db.whose import Everyones, of_everyone
from domain.durations import span
from domain.lifecycle import RefundStatus
from gateways.ports import MOST_PARCELS, Declined, LabelFormat
from service.labels import Labels, NoLabelNow, NoMoreLabels
from service.steps import RefundRef

router = APIRouter(tags=["labels"])

_MEDIA = {LabelFormat.PDF: "application/pdf", LabelFormat.ZPL: "application/zpl"}
_PRINTS: dict[str, Any] = {
    "description": "The label.",
    "content": {
        media: {"schema": {"type": "string", "format": "binary"}, "example": "%PDF-1.4"} for media in _MEDIA.values()
    },
}


class ParcelBody(Wire):
    """Another parcel of a return: nothing has to be said of it."""


@router.get(
    "/v1/labels/{label}",
    response_class=Response,
    responses={200: _PRINTS},
    **described("getLabel", "not_found", "label_void", "temporarily_unavailable"),
)
async def read_label(
    label: LabelName,
    services: ServicesDep,
    accept: Annotated[str, Header(max_length=500, description="`application/zpl` for a label printer, else PDF.")] = "",
) -> Response:
    """The label of a parcel, for whoever was given its address: as PDF, or as ZPL (`.zpl`, or by `Accept`)."""
    token, _, ending = label.partition(".")
    with of_everyone(Everyones.LABELS):
        async with services.snapshots.connect() as connection:
            kept = await return_labels.print_of(connection, token)
    if kept is None or ending not in ("", *LabelFormat):
        raise problems.not_found(f"label {label!r}")
    if kept.state == return_labels.VOID:
        raise problems.label_void(kept.rma)
    wanted = ending or next((each for each in LabelFormat if _MEDIA[each] in accept), LabelFormat.PDF)
    form = wanted if ending or wanted in kept.prints else next(iter(kept.prints), wanted)
    if form not in kept.prints:
        raise problems.not_found(f"label {label!r}; it is there as {', '.join(kept.prints) or 'nothing'}")
    private = {"Cache-Control": "private, no-store", "Vary": "Accept"}
    return Response(kept.prints[form], media_type=_MEDIA[LabelFormat(form)], headers=private)


@router.post(
    "/v1/refunds/{refund_id}/labels",
    response_model=RefundAnswer,
    **described("addLabel", "not_found", "conflicting_state", "limit_reached"),
)
async def add_label(
    refund_id: RefundId,
    body: ParcelBody,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Have a label made for another parcel of a return, with a tracking number of its own."""
    request = IdempotentRequest(services.engine, caller, idempotency_key, f"/refunds/{refund_id}/labels", body)

    async def work() -> RefundAnswer:
        await _add(services, caller, refund_id)
        async with services.snapshots.connect() as connection:
            return await answer_of(services, connection, caller, refund_id)

    return await request.around(200, work)


async def _add(services: Services, caller: Caller, refund_id: str) -> None:
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        policy = await policies.of_refund(connection, refund_id)
    if refund.status not in (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT):
        raise problems.conflicting_state(f"no parcel is expected now: refund {refund_id} is {refund.status}")
    ref = RefundRef(refund_id, refund.merchant_id, refund.round)
    try:
        within = span(policy.pickup_within) if refund.pickup else None
        await Labels(services.engine, services.carriers).another(ref, within)
    except NoMoreLabels as enough:
        raise problems.limit_reached(f"a return is sent in at most {MOST_PARCELS} parcels") from enough
    except NoLabelNow as none:
        raise problems.conflicting_state(str(none)) from none
    except Declined as declined:
        raise problems.conflicting_state(f"the carrier makes no label: {declined}") from declined
