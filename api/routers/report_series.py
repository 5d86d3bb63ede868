"""Reports over time, in money, in entitlements and in words."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api import problems
from api.access import Ops, ServicesDep
from api.described import described
from api.schemas.common import Time
from api.schemas.report_series import (
    EntitlementReport,
    MoneyMoved,
    MoneyReport,
    OpinionReport,
    OpinionTopic,
    SaidOpinion,
    StageMedians,
    TrendReport,
    TrendStep,
)
from db import policies, report_series
from db.report_series import Every, Opinion, ReportStep, ScoredRefund
from db.reports import Period
from domain import clock
from domain.claims.reasons import Reason
from domain.explain.waits import WaitedFor, longest_wait

_USUAL = timedelta(days=90)
_LONGEST = timedelta(days=1_100)
_MOST_STEPS = 400
_DAYS = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 28}
_MOST_COMMENTS = 100

router = APIRouter(prefix="/v1/reports", tags=["reports"])

Start = Annotated[
    Time | None, Query(alias="from", description="The begin of the period. Left out: 90 days before its end.")
]
End = Annotated[Time | None, Query(alias="to", description="The end of the period. Left out: now.")]


@router.get("/trends", **described("reportTrends"))
async def report_trends(
    services: ServicesDep,
    caller: Ops,
    start: Start = None,
    end: End = None,
    every: Annotated[Every, Query(description="How long a step is; there are at most 400.")] = Every.WEEK,
) -> TrendReport:
    """Follow the refund rate, the times of the stages and satisfaction by day, week or month."""
    period = _period(caller.merchant_id, start, end)
    if (period.end - period.start) / timedelta(days=_DAYS[every]) > _MOST_STEPS:
        raise problems.wrong_field("/every", f"that are more than {_MOST_STEPS} steps: choose a longer one")
    async with services.snapshots.connect() as connection:
        time_zone = await _time_zone(connection, caller.merchant_id)
        found = await report_series.steps(connection, period, every, time_zone)
    items = [_step(each) for each in found]
    return TrendReport(**_of(period), every=every, time_zone=time_zone, items=items)


@router.get("/money", **described("reportMoney"))
async def report_money(services: ServicesDep, caller: Ops, start: Start = None, end: End = None) -> MoneyReport:
    """Add up what was paid out by the day it moved, how the order was paid and where it went, net of tax."""
    period = _period(caller.merchant_id, start, end)
    sums: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
    async with services.snapshots.connect() as connection:
        time_zone = await _time_zone(connection, caller.merchant_id)
        async for each in report_series.moved(connection, period, time_zone):
            sums[each.day, each.method, each.went_to, each.currency].update(
                payouts=1, amount=each.amount, tax=each.tax, net=each.amount - each.tax
            )
    items = [
        MoneyMoved.model_validate(
            dict(zip(("day", "method", "went_to", "currency"), key, strict=True)) | {"tax": 0, "net": 0} | dict(found)
        )
        for key, found in sorted(sums.items(), key=lambda each: tuple(map(str, each[0])))
    ]
    return MoneyReport(**_of(period), time_zone=time_zone, items=items)


@router.get("/entitlements", **described("reportEntitlements"))
async def report_entitlements(
    services: ServicesDep, caller: Ops, start: Start = None, end: End = None
) -> EntitlementReport:
    """Count what became of coupons, points, gifts and campaigns with the refunds that completed in a time."""
    period = _period(caller.merchant_id, start, end)
    async with services.snapshots.connect() as connection:
        found = await report_series.given_back(connection, period)
    return EntitlementReport.model_validate(_of(period) | asdict(found))


@router.get("/opinions", **described("reportOpinions"))
async def report_opinions(services: ServicesDep, caller: Ops, start: Start = None, end: End = None) -> OpinionReport:
    """Group what customers say by reason and by what they waited longest for, beside the time just before."""
    period = _period(caller.merchant_id, start, end)
    before = Period(caller.merchant_id, period.start - (period.end - period.start), period.start)
    async with services.snapshots.connect() as connection:
        now = await _by_topic(report_series.scores(connection, period))
        then = await _by_topic(report_series.scores(connection, before))
        said = await report_series.comments(connection, period, _MOST_COMMENTS)
    return OpinionReport(**_of(period), topics=_topics(now, then), comments=[_said(each) for each in said])


class _Bounded(Period):
    start: datetime
    end: datetime


def _period(merchant_id: str, start: datetime | None, end: datetime | None) -> _Bounded:
    end = end or clock.now()
    try:
        start = start or end - _USUAL
    except OverflowError as too_early:
        raise problems.wrong_field("/to", "say a later time") from too_early
    if start >= end:
        raise problems.wrong_field("/to", "say a time after `from`")
    if end - start > _LONGEST:
        raise problems.wrong_field("/from", f"a report is about at most {_LONGEST.days} days")
    return _Bounded(merchant_id, start, end)


def _of(period: _Bounded) -> dict[str, datetime]:
    return {"from": period.start, "to": period.end}


async def _time_zone(connection: AsyncConnection, merchant_id: str) -> str:
    return (await policies.current(connection, merchant_id)).policy.time_zone


def _step(found: ReportStep) -> TrendStep:
    seconds = {stage: None if value is None else round(float(value), 3) for stage, value in found.seconds.items()}
    return TrendStep(
        begins=found.begins,
        refunds=found.refunds,
        orders=found.orders,
        refund_rate=round(found.refunds / found.orders, 4) if found.orders else None,
        median_s=StageMedians(**seconds),
        opinions=found.opinions,
        mean_score=None if found.mean_score is None else round(found.mean_score, 3),
    )


def _said(found: Opinion) -> SaidOpinion:
    return SaidOpinion(
        refund_id=found.refund_id,
        reason=Reason(found.scored.reason),
        waited_for=longest_wait(found.scored.marks),
        score=found.scored.score,
        comment=found.feedback["comment"],
        at=found.feedback["at"],
    )


Topic = tuple[Reason, WaitedFor]


async def _by_topic(found: AsyncIterator[ScoredRefund]) -> dict[Topic, list[int]]:
    scores: dict[Topic, list[int]] = defaultdict(list)
    async for each in found:
        scores[Reason(each.reason), longest_wait(each.marks)].append(each.score)
    return scores


def _topics(scores: Mapping[Topic, list[int]], earlier: Mapping[Topic, list[int]]) -> list[OpinionTopic]:
    topics = [
        OpinionTopic(
            reason=reason,
            waited_for=waited_for,
            opinions=len(scores.get((reason, waited_for), ())),
            mean_score=_mean(scores.get((reason, waited_for), ())),
            opinions_before=len(earlier.get((reason, waited_for), ())),
            mean_score_before=_mean(earlier.get((reason, waited_for), ())),
        )
        for reason, waited_for in {**scores, **earlier}
    ]
    return sorted(topics, key=lambda each: (each.mean_score or 6, each.reason, each.waited_for))


def _mean(scores: Sequence[int]) -> float | None:
    return round(sum(scores) / len(scores), 3) if scores else None
