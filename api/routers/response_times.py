"""How fast customers are answered: for reviewers, whose work it is, and in the report for operations."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access import ReviewerOrOps, ServicesDep
from api.described import described
from api.schemas.common import Time
from api.schemas.reports import ResponseReport
from db import policies, reports
from db.reports import Period
from domain.durations import span

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
        return await response_report(connection, Period(caller.merchant_id, start, None))


async def response_report(connection: AsyncConnection, period: Period) -> ResponseReport:
    target = (await policies.current(connection, period.merchant_id)).policy.response_target
    counted = await reports.responses(connection, period, span(target))
    due = counted.answered + counted.overdue
    return ResponseReport(
        target=target,
        answered=counted.answered,
        within_target=counted.within_target,
        overdue=counted.overdue,
        mean_s=None if counted.mean_s is None else round(counted.mean_s, 3),
        share=round(counted.within_target / due, 4) if due else None,
    )
