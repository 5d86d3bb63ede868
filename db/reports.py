"""What became of a merchant's refunds over a time, counted from their timelines."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Subquery, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time
from db.schema import JSONB, refund_events, refunds
from domain.lifecycle import RefundStatus

STAGES = {
    "answered": ("approved", "review_rejected", "evidence_requested"),
    "approved": ("approved",),
    "received": ("parcel_received",),
    "inspected": ("inspected",),
    "paid": ("paid",),
    "completed": ("completed",),
}
"""The events that mark a stage; its time is that of the first of them, counted from `requested`."""


@dataclass(frozen=True, slots=True)
class Period:
    """The refunds of a merchant that were requested from `start` on and before `end`; None is open."""

    merchant_id: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class MeasuredTimes:
    """How many refunds came as far as a stage, and how long that took, in seconds."""

    count: int
    median_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True)
class Responses:
    """Refunds answered, those of them answered within the target, and those that wait for longer than that.

    mean_s: how many seconds an answer took on average.
    """

    answered: int
    within_target: int
    overdue: int
    mean_s: float | None


@dataclass(frozen=True, slots=True)
class Approvals:
    by_rule: int
    by_reviewer: int


@dataclass(frozen=True, slots=True)
class MeasuredSatisfaction:
    """How many refunds have feedback, and the mean score."""

    count: int
    mean: float | None


async def counts_by(connection: AsyncConnection, period: Period, column: str) -> dict[str, int]:
    """Count refunds by `status` or by `reason`."""
    by = refunds.c[column]
    found = await connection.execute(select(by, func.count()).where(*within(period)).group_by(by))
    return {row[0]: row[1] for row in found}


async def counts_by_own_reason(connection: AsyncConnection, period: Period) -> dict[str, int]:
    """Count the refunds that gave a reason of the merchant's own, for all or for a line; one may have given several."""
    own = cast("$.in_effect[*] ? (@.code != @.stands_for)", JSONPATH)
    given = func.jsonb_path_query(refunds.c.given_reasons, own, type_=JSONB)
    each = select(given.label("reason")).where(*within(period), refunds.c.given_reasons.is_not(None)).subquery()
    code = each.c.reason["code"].astext
    found = await connection.execute(select(code, func.count()).group_by(code).order_by(code))
    return {row[0]: row[1] for row in found}


@dataclass(frozen=True, slots=True)
class MeasuredProgress:
    """How far refunds came, by stage, and how soon they were answered."""

    times: dict[str, MeasuredTimes]
    responses: Responses


async def progress(connection: AsyncConnection, period: Period, target: timedelta) -> MeasuredProgress:
    """Measure both on timelines that are read once: they are most of what a report costs."""
    firsts = firsts_of(period)
    columns = [*_of_times(firsts), *_of_responses(firsts, target)]
    row = (await connection.execute(select(*columns))).one()
    found = row._mapping
    times = {
        stage: MeasuredTimes(found[f"{stage}_count"], found[f"{stage}_median_s"], found[f"{stage}_p90_s"])
        for stage in STAGES
    }
    return MeasuredProgress(times, _responses(row))


async def responses(connection: AsyncConnection, period: Period, target: timedelta) -> Responses:
    """Count the refunds answered, those answered within `target`, and those that wait for longer than that."""
    return _responses((await connection.execute(select(*_of_responses(firsts_of(period), target)))).one())


def _of_times(firsts: Subquery) -> list[ColumnElement[Any]]:
    """For each stage how many came that far, and median and 90th percentile in seconds."""
    columns: list[ColumnElement[Any]] = []
    for stage in STAGES:
        seconds = func.extract("epoch", firsts.c[stage] - firsts.c.requested)
        columns.append(func.count(firsts.c[stage]).label(f"{stage}_count"))
        for name, share in (("median_s", 0.5), ("p90_s", 0.9)):
            columns.append(func.percentile_cont(share).within_group(seconds.asc()).label(f"{stage}_{name}"))
    return columns


def _of_responses(firsts: Subquery, target: timedelta) -> list[ColumnElement[Any]]:
    final = [status for status in RefundStatus if status.is_final]
    is_waiting = firsts.c.answered.is_(None) & firsts.c.status.not_in(final)
    is_late = firsts.c.requested < merchant_time.now() - target
    return [
        func.count(firsts.c.answered).label("answered"),
        func.count().filter(firsts.c.answered - firsts.c.requested <= target).label("within_target"),
        func.count().filter(is_waiting & is_late).label("overdue"),
        func.avg(func.extract("epoch", firsts.c.answered - firsts.c.requested)).label("mean_s"),
    ]


def _responses(row: Row[Any]) -> Responses:
    mean_s = None if row.mean_s is None else float(row.mean_s)
    return Responses(row.answered, row.within_target, row.overdue, mean_s)


async def approvals(connection: AsyncConnection, period: Period) -> Approvals:
    """Count what was approved by a rule of the policy and what by a person."""
    review = refunds.c.review
    is_approved, has_rule = review["decision"].astext == "approve", review["rule"].astext.is_not(None)
    columns: list[ColumnElement[Any]] = [
        func.count().filter(is_approved & has_rule).label("by_rule"),
        func.count().filter(is_approved & ~has_rule).label("by_reviewer"),
    ]
    return Approvals(*(await connection.execute(select(*columns).where(*within(period)))).one())


async def satisfaction(connection: AsyncConnection, period: Period) -> MeasuredSatisfaction:
    score = refunds.c.feedback["score"].astext.cast(Integer)
    query = select(func.count(score).label("count"), func.avg(score).label("mean"))
    row = (await connection.execute(query.where(*within(period)))).one()
    return MeasuredSatisfaction(row[0], None if row.mean is None else float(row.mean))


async def external(connection: AsyncConnection, period: Period) -> dict[str, tuple[int, int]]:
    """Count what went back elsewhere, and add it up in minor units, by currency (rule 51)."""
    amount = refunds.c.external["amount"]["minor_units"].astext.cast(BigInteger)
    query = select(refunds.c.currency, func.count(), func.sum(amount)).where(
        *within(period), refunds.c.external.is_not(None)
    )
    found = await connection.execute(query.group_by(refunds.c.currency).order_by(refunds.c.currency))
    return {row[0]: (row[1], int(row[2])) for row in found}


def firsts_of(period: Period) -> Subquery:
    """A row for each refund with the first time of each stage."""
    timelines = refunds.join(refund_events, refund_events.c.refund_id == refunds.c.refund_id)
    query = select(refunds.c.status, *first_times()).select_from(timelines).where(*within(period))
    return query.group_by(refunds.c.refund_id, refunds.c.status).subquery()


def first_times() -> list[ColumnElement[Any]]:
    """When a refund was requested, and when it first reached each stage, of its timeline."""

    def first(*events: str) -> ColumnElement[Any]:
        return func.min(refund_events.c.at).filter(refund_events.c.event.in_(events))

    return [first("requested").label("requested"), *(first(*events).label(stage) for stage, events in STAGES.items())]


def within(period: Period) -> list[ColumnElement[bool]]:
    conditions = [refunds.c.merchant_id == period.merchant_id]
    if period.start is not None:
        conditions.append(refunds.c.created_at >= period.start)
    if period.end is not None:
        conditions.append(refunds.c.created_at < period.end)
    return conditions
