"""Reports: what became of the refunds of a time, how fast, and how content people were."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from api import problems
from api.access import Ops, ServicesDep
from api.described import described
from api.routers.response_times import response_answer, response_target
from api.schemas.common import Time
from api.schemas.reports import Rates, RefundReport, Satisfaction, StageTimes, Times
from db import disputes, reports
from db.reports import Period
from domain.claims.reasons import Reason
from domain.durations import span
from domain.lifecycle import RefundStatus

router = APIRouter(prefix="/v1/reports", tags=["reports"])


@router.get("/refunds", **described("reportRefunds"))
async def report_refunds(
    services: ServicesDep,
    caller: Ops,
    start: Annotated[
        Time | None, Query(alias="from", description="The begin of the period, itself included. Left out: open.")
    ] = None,
    end: Annotated[
        Time | None, Query(alias="to", description="The end of the period, itself left out. Left out: open.")
    ] = None,
) -> RefundReport:
    """Count the refunds requested in a time by status and reason, with rates, times and satisfaction."""
    if start and end and start >= end:
        raise problems.wrong_field("/to", "say a time after `from`")
    period = Period(caller.merchant_id, start, end)
    async with services.snapshots.connect() as connection:
        by_status = await reports.counts_by(connection, period, "status")
        by_reason = await reports.counts_by(connection, period, "reason")
        target = await response_target(connection, caller.merchant_id)
        progress = await reports.progress(connection, period, span(target))
        return RefundReport.model_validate(
            {
                "from": start,
                "to": end,
                "refunds": sum(by_status.values()),
                "by_status": {status: by_status.get(status, 0) for status in RefundStatus},
                "by_own_reason": await reports.counts_by_own_reason(connection, period),
                "by_reason": {reason: by_reason.get(reason, 0) for reason in Reason},
                "external": {
                    currency: {"count": count, "amount": amount}
                    for currency, (count, amount) in (await reports.external(connection, period)).items()
                },
                "disputes": [
                    asdict(each) for each in await disputes.totals(connection, caller.merchant_id, start, end)
                ],
                "rates": _rates(by_status, await reports.approvals(connection, period)),
                "times": _times(progress.times),
                "response": response_answer(progress.responses, target),
                "satisfaction": _satisfaction(await reports.satisfaction(connection, period)),
            }
        )


def _rates(by_status: dict[str, int], approvals: reports.Approvals) -> Rates:
    refunds = sum(by_status.values())
    return Rates(
        approved_by_rule=_share(approvals.by_rule, refunds),
        approved_by_reviewer=_share(approvals.by_reviewer, refunds),
        rejected=_share(by_status.get(RefundStatus.REJECTED, 0), refunds),
        cancelled=_share(by_status.get(RefundStatus.CANCELLED, 0), refunds),
        expired=_share(by_status.get(RefundStatus.EXPIRED, 0), refunds),
        completed=_share(by_status.get(RefundStatus.COMPLETED, 0), refunds),
    )


def _times(found: dict[str, reports.MeasuredTimes]) -> Times:
    shown = {
        stage: StageTimes(count=each.count, median_s=_rounded(each.median_s), p90_s=_rounded(each.p90_s))
        for stage, each in found.items()
    }
    return Times(**shown)


def _satisfaction(found: reports.MeasuredSatisfaction) -> Satisfaction:
    return Satisfaction(count=found.count, mean=_rounded(found.mean))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
