"""Many refunds asked for at once, with brakes: a preview, a confirmation that repeats it, a grace, a stop."""

import hashlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from api import bulk_lines as sent_lines
from api import evidence, problems
from api.access import IdempotencyKey, Ops, Services, ServicesDep
from api.described import described
from api.idempotent import IdempotentRequest
from api.paging import LinesCursor, page, place
from api.paths import BulkId
from api.schemas.many_refunds import (
    BulkAnswer,
    BulkConfirmation,
    BulkLineAnswer,
    BulkList,
    BulkStop,
    BulkSummary,
    BulkUpload,
)
from db import bulk_lines, bulks, journal, policies
from db.api_keys import Caller
from db.bulks import Bulk
from domain.audit_actions import AuditAction
from domain.durations import span
from domain.money.amounts import Money
from domain.settlement.bulk import BulkStatus, LineStatus
from service.bulk import BulkRef
from service.refused import duplicate_bulk
from temporal_client.bulk import carry_on_soon

MOST = 200
_LINE_BYTES = 1_500

router = APIRouter(prefix="/v1", tags=["bulk refunds"])

OfStatus = Annotated[LineStatus | None, Query(description="Only the lines that stand so.")]
LinesLimit = Annotated[int, Query(ge=1, le=MOST, description="so many lines a page, fewer where they are long")]
_AN_EXAMPLE = '{"order_id":"o1","reason":"quality_issue","kind":"refund_only"}\n'


@router.post(
    "/refunds/bulk",
    status_code=202,
    response_model=BulkAnswer,
    **described(
        "requestBulkRefunds",
        "validation_failed",
        requestBody={
            "required": True,
            "content": {"application/jsonl": {"schema": {"type": "string"}, "example": _AN_EXAMPLE}},
        },
    ),
)
async def request_bulk(
    request: Request, services: ServicesDep, caller: Ops, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Ask for up to 10,000 refunds, a JSON object a line as `POST /v1/refunds` takes it; nothing of it begins yet.

    Each line is previewed; one that can't be refunded says why, and the others stand. A line is judged against what the
    lines before it leave of the same order. Bank transfers are asked for one by one.
    """
    body = await request.body()
    lines = sent_lines.read(body, partial(evidence.check, services))
    upload = BulkUpload(sha256=hashlib.sha256(body).hexdigest())

    async def take(connection: AsyncConnection) -> BulkAnswer:
        bulk_id = await bulks.add(connection, caller.merchant_id, caller.name, upload.sha256, len(lines))
        await bulk_lines.add(connection, caller.merchant_id, bulk_id, lines, sent_lines.UNREADABLE)
        await _note(connection, caller, AuditAction.BULK_ASKED_FOR, f"{len(lines)} refunds asked for", bulk_id=bulk_id)
        return await _answer(connection, caller, bulk_id)

    asked = IdempotentRequest(services.engine, caller, idempotency_key, "/v1/refunds/bulk", upload)
    return await _then_carried_on(services, caller, asked, take)


@router.get("/bulk", **described("listBulkRefunds"))
async def list_bulks(services: ServicesDep, caller: Ops) -> BulkList:
    """List the newest bulks."""
    async with services.snapshots.connect() as connection:
        found = await bulks.newest(connection, caller.merchant_id, MOST)
    return BulkList(items=[BulkSummary.of(each) for each in found])


@router.get("/bulk/{bulk_id}", **described("getBulkRefunds", "not_found"))
async def get_bulk(
    bulk_id: BulkId,
    services: ServicesDep,
    caller: Ops,
    lines_cursor: LinesCursor = None,
    line_status: OfStatus = None,
    limit: LinesLimit = MOST,
) -> BulkAnswer:
    """Read how far a bulk has come, and what has become of each line."""
    after = place(lines_cursor, "lines_cursor")
    async with services.snapshots.connect() as connection:
        return await _answer(connection, caller, bulk_id, line_status, after=after, limit=limit)


@router.post(
    "/bulk/{bulk_id}/confirmation",
    status_code=202,
    response_model=BulkAnswer,
    **described("confirmBulkRefunds", "not_found", "conflicting_state", "duplicate_request"),
)
async def confirm_bulk(
    bulk_id: BulkId,
    body: BulkConfirmation,
    services: ServicesDep,
    caller: Ops,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Confirm what the preview comes to; it begins when the grace is over, and can be stopped until then as a whole.

    A line that no longer comes to what its preview said is skipped then.
    """

    async def confirm(connection: AsyncConnection) -> BulkAnswer:
        bulk = await _held(connection, caller, bulk_id)
        if bulk.totals is None or bulk.status is BulkStatus.STOPPED:
            raise problems.conflicting_state(f"bulk {bulk_id} is {bulk.status}: there is nothing to confirm")
        _refuse_other_totals(bulk, body)
        if bulk.status is BulkStatus.AWAITING_CONFIRMATION:
            if bulk.same_as is not None and not body.confirm_duplicate:
                raise duplicate_bulk(bulk.same_as)
            grace = (await policies.current(connection, caller.merchant_id)).policy.bulk_grace
            await bulks.confirm(connection, bulk_id, caller.name, span(grace))
            totals = {each.currency: each.amount for each in bulk.totals}
            await _note(connection, caller, AuditAction.BULK_CONFIRMED, _in_words(bulk), bulk_id=bulk_id, totals=totals)
        return await _answer(connection, caller, bulk_id)

    asked = IdempotentRequest(services.engine, caller, idempotency_key, f"/v1/bulk/{bulk_id}/confirmation", body)
    return await _then_carried_on(services, caller, asked, confirm)


@router.post(
    "/bulk/{bulk_id}/stop",
    status_code=202,
    response_model=BulkAnswer,
    **described("stopBulkRefunds", "not_found", "conflicting_state"),
)
async def stop_bulk(
    bulk_id: BulkId,
    services: ServicesDep,
    caller: Ops,
    body: BulkStop | None = None,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Stop a bulk, at any time: what has begun goes on, nothing new begins once this is answered."""

    async def stop(connection: AsyncConnection) -> BulkAnswer:
        bulk = await _held(connection, caller, bulk_id)
        if bulk.status is BulkStatus.COMPLETED:
            raise problems.conflicting_state(f"bulk {bulk_id} is completed: every refund of it has begun")
        if bulk.status is not BulkStatus.STOPPED:
            await bulks.stop(connection, bulk, caller.name)
            await _note(connection, caller, AuditAction.BULK_STOPPED, f"stopped while {bulk.status}", bulk_id=bulk_id)
        return await _answer(connection, caller, bulk_id)

    path = f"/v1/bulk/{bulk_id}/stop"
    asked = IdempotentRequest(services.engine, caller, idempotency_key, path, body or BulkStop())
    return await _then_carried_on(services, caller, asked, stop)


async def _then_carried_on(
    services: Services,
    caller: Caller,
    asked: IdempotentRequest,
    work: Callable[[AsyncConnection], Awaitable[BulkAnswer]],
) -> JSONResponse:
    """Do it once, and have a workflow look at it."""
    done: list[BulkAnswer] = []

    async def noted(connection: AsyncConnection) -> BaseModel:
        done.append(await work(connection))
        return done[-1]

    answer, is_new = await asked.once(202, noted)
    if is_new:
        await carry_on_soon(services.temporal, BulkRef(done[-1].bulk_id, caller.merchant_id))
    return answer


def _refuse_other_totals(bulk: Bulk, body: BulkConfirmation) -> None:
    """Raise Problem (`validation_failed`) that says what is right."""
    said = [(each.currency, each.amount) for each in body.totals]
    right = [(each.currency, each.amount) for each in bulk.totals or ()]
    if not right:
        raise problems.conflicting_state(f"no line of bulk {bulk.bulk_id} can be refunded: there is nothing to confirm")
    if sorted(said) != sorted(right):
        raise problems.wrong_field("/totals", f"the preview comes to {_in_words(bulk)}: repeat these totals")


def _in_words(bulk: Bulk) -> str:
    return ", ".join(
        f"{each.amount} minor units of {each.currency} ({Money(each.currency, each.amount)}) in {each.lines} lines"
        for each in bulk.totals or ()
    )


async def _held(connection: AsyncConnection, caller: Caller, bulk_id: str) -> Bulk:
    bulk = await bulks.hold(connection, caller.merchant_id, bulk_id)
    if bulk is None:
        raise problems.not_found(f"bulk {bulk_id!r}")
    return bulk


async def _answer(
    connection: AsyncConnection,
    caller: Caller,
    bulk_id: str,
    status: LineStatus | None = None,
    *,
    after: int = 0,
    limit: int = MOST,
) -> BulkAnswer:
    bulk = await bulks.find(connection, caller.merchant_id, bulk_id)
    if bulk is None:
        raise problems.not_found(f"bulk {bulk_id!r}")
    found = await bulk_lines.page(connection, bulk_id, status, after=after, limit=limit + 1)
    shown, more = page(found, limit, lambda each: each.outcome.line, lambda _: _LINE_BYTES)
    return BulkAnswer(
        **dict(BulkSummary.of(bulk)),
        counts=dict(await bulk_lines.counts(connection, bulk_id)),
        refunds=dict(await bulks.refunds_by_status(connection, bulk_id)),
        lines=[BulkLineAnswer.of(each) for each in shown],
        next_lines=more,
    )


async def _note(connection: AsyncConnection, caller: Caller, event: AuditAction, said: str, **figures: Any) -> None:
    await journal.record_of_merchant(connection, caller.merchant_id, journal.Note(event, said, caller.name, figures))
