"""Settlement reports of payment providers, held against our ledger."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Ops, ServicesDep
from api.described import described
from api.launching import read_settlement_report
from api.paths import ReportId
from api.schemas.common import Id
from api.schemas.settlement_reports import (
    SettlementDifferenceAnswer,
    SettlementDifferences,
    SettlementReportAnswer,
    SettlementReportList,
)
from db import gateway_accounts, journal, settlement_differences, settlement_reports
from db.api_keys import Caller
from db.reported_refunds import At
from db.settlement_reports import TakenIn
from domain.audit_actions import AuditAction
from gateways.settlement_reports.formats import FORMATS

MOST = 200
_PIECE = 1024 * 1024

router = APIRouter(prefix="/v1/settlement-reports", tags=["operations"])

Gateway = Annotated[Id, Query(description="Whose report it is, as payments name it in `gateway`.")]
Format = Annotated[str, Query(description=f"How it is written: {', '.join(FORMATS)}.")]
OfReport = Annotated[Id | None, Query(description="Only those of this report.")]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Query(description="What to call it, as the name of its file."),
]


@router.post(
    "",
    status_code=202,
    **described(
        "sendSettlementReport",
        "validation_failed",
        requestBody={
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "…"}},
        },
    ),
)
async def send_settlement_report(
    request: Request, services: ServicesDep, caller: Ops, gateway: Gateway, format: Format, name: Name
) -> SettlementReportAnswer:
    """Send a provider's settlement report as it is, or packed by gzip, at most 64 MiB; a workflow reads it.

    The same bytes are one report, however often they are sent.
    """
    if format not in FORMATS:
        raise problems.wrong_field("/format", f"there is no format {format!r}; there is {', '.join(FORMATS)}")
    async with services.engine.begin() as connection:
        known = await gateway_accounts.names(connection, caller.merchant_id)
        if gateway not in (*services.gateways, *known):
            named = ", ".join((*services.gateways, *known)) or "none"
            raise problems.wrong_field("/gateway", f"the merchant has no gateway {gateway!r}; there is {named}")
        at = At(caller.merchant_id, gateway)
        taken = await settlement_reports.accept(connection, at, format, name, _pieces(request))
        if taken.is_new:
            await _note(connection, caller, gateway, taken)
        stored = await settlement_reports.get(connection, taken.report_id)
    assert stored is not None
    await read_settlement_report(services.temporal, taken.report_id)
    return SettlementReportAnswer.of(stored)


@router.get("", **described("listSettlementReports"))
async def list_settlement_reports(services: ServicesDep, caller: Ops) -> SettlementReportList:
    """List the newest reports."""
    async with services.snapshots.connect() as connection:
        found = await settlement_reports.newest(connection, caller.merchant_id, MOST)
    return SettlementReportList(items=[SettlementReportAnswer.of(each) for each in found])


@router.get("/differences", **described("listSettlementDifferences"))
async def list_settlement_differences(
    services: ServicesDep, caller: Ops, report_id: OfReport = None
) -> SettlementDifferences:
    """List where reports and our ledger differ by now, of one report or of all."""
    async with services.snapshots.connect() as connection:
        found = await settlement_differences.noticed(connection, caller.merchant_id, report_id, MOST)
    return SettlementDifferences(items=[SettlementDifferenceAnswer.of(each) for each in found])


@router.get("/{report_id}", **described("getSettlementReport", "not_found"))
async def get_settlement_report(report_id: ReportId, services: ServicesDep, caller: Ops) -> SettlementReportAnswer:
    """Read what has come of a report."""
    async with services.snapshots.connect() as connection:
        found = await settlement_reports.of_merchant(connection, caller.merchant_id, report_id)
    if found is None:
        raise problems.not_found(f"settlement report {report_id!r}")
    return SettlementReportAnswer.of(found)


async def _note(connection: AsyncConnection, caller: Caller, gateway: str, taken: TakenIn) -> None:
    """What a report says is booked, of exchanges and of payouts that failed: who sent it is in the trail."""
    detail = {"report_id": taken.report_id, "gateway": gateway, "sha256": taken.sha256}
    sentence = f"a settlement report of {gateway} is sent"
    note = journal.Note(AuditAction.SETTLEMENT_REPORT_SENT, sentence, caller.name, detail)
    await journal.record_of_merchant(connection, caller.merchant_id, note)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Read the body in pieces of a size that a row should have."""
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
