"""How fast customers are answered: for reviewers, whose work it is, and in the report for operations."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access import ReviewerOrOps, ServicesDep
from api.described import described
from api.schemas.common import Time
from api.schemas.reports import ResponseReport
from db import policies, reports
from db.reports import Period, Responses
from domain.durations import IsoDuration, span

router = APIRouter(prefix="/v1/reports", tags=["reports"])


@router.get("/response", **described("reportResponse"))
async def report_response(
    services: ServicesDep,
    caller: ReviewerOrOps,
    start: Annotated[
        Time | None, Query(alias="from", description="Refunds requested from here on. Left out: all that there are.")
    ] = None,
) -> ResponseReport:
    """Read how long customers waited for a first answer, by a rule or a person, against the policy's target."""
    async with services.snapshots.connect() as connection:
        target = await response_target(connection, caller.merchant_id)
        counted = await reports.responses(connection, Period(caller.merchant_id, start, None), span(target))
    return response_answer(counted, target)


async def response_target(connection: AsyncConnection, merchant_id: str) -> IsoDuration:
    return (await policies.current(connection, merchant_id)).policy.response_target


def response_answer(counted: Responses, target: IsoDuration) -> ResponseReport:
    due = counted.answered + counted.overdue
    return ResponseReport(
        target=target,
        answered=counted.answered,
        within_target=counted.within_target,
        overdue=counted.overdue,
        mean_s=None if counted.mean_s is None else round(counted.mean_s, 3),
        share=round(counted.within_target / due, 4) if due else None,
    )
