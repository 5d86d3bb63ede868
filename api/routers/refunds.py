"""Refunds: quoted, requested, and read."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from api import evidence, problems, refund_answers, rights
from api.access import AnyCaller, IdempotencyKey, MerchantOrCustomer, Services, ServicesDep
from api.described import WHY_NOT_REFUNDED, described
from api.idempotent import IdempotentRequest
from api.labels import label_svg
from api.launching import else_by_the_worker
from api.paging import LinesCursor, as_cursor, place, read_cursor
from api.paths import RefundId
from api.schemas.common import Id, Locale, Time
from api.schemas.refund_answers import RefundAnswer, RefundList
from api.schemas.refunds import RefundBody
from api.schemas.rights import RefundQuote
from db import policies, refunds, return_labels
from db.api_keys import Caller
from db.read_models import Refund
from domain import spelling
from domain.claims import rmas
from domain.lifecycle import RefundStatus
from domain.refusals import Refusal
from service import requests
from service.notifying import About, locale_of
from temporal_client.start import start_first

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])
LABEL: dict[str, Any] = {
    "description": "The label, as SVG.",
    "content": {
        "image/svg+xml": {"schema": {"type": "string"}, "example": '<svg xmlns="http://www.w3.org/2000/svg"/>'}
    },
}
InLocale = Annotated[
    Locale | None,
    Query(
        description="In which language figures, reasons and what to do are told, as BCP 47; without it in the "
        "customer's own. One that is not there is told in English."
    ),
]
_WHEN: TypeAdapter[datetime] = TypeAdapter(Time)


@router.post("/quote", **described("quoteRefund", "not_found", *WHY_NOT_REFUNDED))
async def quote_refund(
    body: RefundBody,
    services: ServicesDep,
    caller: MerchantOrCustomer,
    lines_cursor: LinesCursor = None,
    locale: InLocale = None,
) -> RefundQuote:
    """Say what a refund would come to; the same function executes it, and nothing is changed."""
    evidence.check(services, body.evidence)
    catalogue = services.catalogue if locale is None else services.catalogue.in_one_language(locale)
    async with services.snapshots.connect() as connection:
        quoted = await requests.quote(connection, caller, body.to_domain())
        after = place(lines_cursor, "lines_cursor")
        quote = await refund_answers.quote_answer(
            connection, catalogue, caller.merchant_id, body, quoted, lines_after=after
        )
        if body.beneficiary is not None:
            refund_rights = await rights.of_customer(connection, caller.merchant_id, body.beneficiary)
        else:
            refund_rights = await rights.of_order(connection, caller.merchant_id, body.order_id)
    return RefundQuote.model_validate({**dict(quote), "refund_rights": refund_rights})


@router.post(
    "",
    status_code=202,
    response_model=RefundAnswer,
    **described("requestRefund", "not_found", *WHY_NOT_REFUNDED, Refusal.REFUND_RIGHT_SUSPENDED, "duplicate_request"),
)
async def request_refund(
    body: RefundBody, services: ServicesDep, caller: MerchantOrCustomer, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Accept a refund: its units are claimed at once, so nobody else gets the same ones."""
    evidence.check(services, body.evidence)
    made: list[Refund] = []

    async def submit(connection: AsyncConnection) -> RefundAnswer:
        submitted = await requests.submit(connection, caller, body.to_domain(), services.vault)
        made.append(submitted.refund)
        await services.rights.judge_request(connection, submitted.refund, submitted.quoted.policy.policy)
        return await refund_answers.refund_answer(connection, services.catalogue, submitted.refund, caller)

    request = IdempotentRequest(services.engine, caller, idempotency_key, "/v1/refunds", body)
    after_s = services.backlog.come_again_after_s(caller.merchant_id)
    if after_s and not await request.is_answered(services.snapshots):
        raise problems.too_many_requests("too many of your refunds wait to begin; ask for fewer", after_s=after_s)
    with services.backlog.asking(caller.merchant_id):
        answer, is_new = await request.once(202, submit)
    if is_new:
        services.backlog.note_taken(caller.merchant_id)
        with else_by_the_worker(made[0].refund_id):
            await start_first(services.temporal, made[0])
    return answer


@router.get("", **described("listRefunds", "forbidden"))
async def list_refunds(
    services: ServicesDep,
    caller: AnyCaller,
    status: Annotated[RefundStatus | None, Query(description="Only those that stand here.")] = None,
    rma: Annotated[
        str | None, Query(max_length=40, description="Only the one whose goods come back under this.")
    ] = None,
    order_id: Annotated[Id | None, Query(description="Only those of this order.")] = None,
    customer_id: Annotated[Id | None, Query(description="Only those of this customer.")] = None,
    created_from: Annotated[Time | None, Query(description="Only those requested from here on.")] = None,
    created_to: Annotated[Time | None, Query(description="Only those requested before this.")] = None,
    cursor: Annotated[str | None, Query(max_length=300, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many a page has at most.")] = 50,
) -> RefundList:
    """List refunds, the newest first; customers see their own."""
    wanted = refunds.RefundFilter(
        status=status,
        rma_letters=_letters_of(rma) if rma else None,
        order_id=caller.only_order_id or order_id,
        customer_id=None if caller.customer_id else customer_id,
        receiver=caller.customer_id,
        created_from=created_from,
        created_to=created_to,
        before=read_cursor(cursor, _place) if cursor else None,
        limit=limit,
    )
    if caller.customer_id is not None and customer_id not in (None, caller.customer_id):
        raise problems.forbidden("customers see their own refunds only")
    if caller.only_order_id is not None and order_id not in (None, caller.only_order_id):
        raise problems.forbidden(f"this session sees order {caller.only_order_id!r} only")
    async with services.snapshots.connect() as connection:
        found = await refunds.search(connection, caller.merchant_id, wanted)
    page = found[:limit]
    more = _cursor(page[-1].created_at, page[-1].refund_id) if len(found) > limit else None
    return RefundList(items=[refund_answers.refund_summary(row, caller) for row in page], next=more)


@router.get("/{refund_id}", **described("getRefund", "not_found"))
async def read_refund(
    refund_id: RefundId,
    services: ServicesDep,
    caller: AnyCaller,
    lines_cursor: LinesCursor = None,
    locale: InLocale = None,
) -> RefundAnswer:
    """Read a refund with its timeline; customers see their own."""
    after = place(lines_cursor, "lines_cursor")
    catalogue = services.catalogue if locale is None else services.catalogue.in_one_language(locale)
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        return await refund_answers.refund_answer(connection, catalogue, refund, caller, lines_after=after)


@router.get(
    "/{refund_id}/label",
    response_class=Response,
    responses={200: LABEL},
    **described("getReturnLabel", "not_found", "label_void"),
)
async def print_label(refund_id: RefundId, services: ServicesDep, caller: AnyCaller) -> Response:
    """A slip that names the return, in the customer's language; the carrier's label is at its `label_url`."""
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        about = About(refund.merchant_id, refund.receiver)
        locale = await locale_of(connection, services.catalogue, about)
        policy = await policies.of_refund(connection, refund_id)
        rma = (refund.goods_return or {}).get("rma", "")
        label = await return_labels.find(connection, refund.merchant_id, rma, 1) if rma else None
    if refund.goods_return is None:
        raise problems.not_found(f"label of refund {refund_id}")
    if label is not None and label.is_void:
        raise problems.label_void(rma)
    slip = label_svg(refund.goods_return, services.catalogue, locale, policy.time_zone)
    return Response(slip, media_type="image/svg+xml")


async def answer_of(services: Services, connection: AsyncConnection, caller: Caller, refund_id: str) -> RefundAnswer:
    refund = await refunds.find(connection, caller, refund_id)
    return await refund_answers.refund_answer(connection, services.catalogue, refund, caller)


def _letters_of(rma: str) -> str:
    try:
        return rmas.letters_of(spelling.storable(rma))
    except ValueError as unfit:
        raise problems.wrong_field("/rma", str(unfit)) from unfit


def _cursor(created_at: datetime, refund_id: str) -> str:
    return as_cursor(json.dumps([created_at.isoformat(), refund_id]))


def _place(said: str) -> tuple[datetime, str]:
    created_at, refund_id = json.loads(said)
    return _WHEN.validate_python(created_at), spelling.identifier(str(refund_id))
