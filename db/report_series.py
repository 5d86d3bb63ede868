"""Reports over time: how refunds went by day, week or month, what moved, what was given back, what people said."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Integer, Row, Select, Text, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from db.reports import STAGES, Period, first_times, firsts_of, within
from db.schema import JSONB, orders, payouts, refund_events, refunds
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.payout.choice import RefundTo
from domain.payout.tax_shares import TaxInside


class Every(StrEnum):
    """How long one step of a series is: it begins with the day, on a Monday, or with the month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class ReportStep:
    """What was asked for in one step of a series, and how it went; seconds are medians after the request."""

    begins: date
    refunds: int
    orders: int
    seconds: Mapping[str, float | None]
    opinions: int
    mean_score: float | None


async def steps(connection: AsyncConnection, period: Period, every: Every, time_zone: str) -> list[ReportStep]:
    """Return what there is by steps of the merchant's time; a step of which nothing is known is left out."""
    timed = await _timed(connection, period, every, time_zone)
    paid = await _paid_orders(connection, period, every, time_zone)
    scored = await _scored(connection, period, every, time_zone)
    return [
        ReportStep(
            begins,
            timed[begins].refunds if begins in timed else 0,
            paid.get(begins, 0),
            {stage: getattr(timed[begins], stage) if begins in timed else None for stage in STAGES},
            scored[begins].opinions if begins in scored else 0,
            float(scored[begins].mean) if begins in scored else None,
        )
        for begins in sorted({*timed, *paid, *scored})
    ]


def _begins(moment: ColumnElement[Any], every: Every, time_zone: str) -> ColumnElement[Any]:
    return cast(func.date_trunc(every.value, func.timezone(time_zone, moment)), Date).label("begins")


async def _timed(connection: AsyncConnection, period: Period, every: Every, time_zone: str) -> dict[date, Row[Any]]:
    firsts = firsts_of(period)
    begins = _begins(firsts.c.requested, every, time_zone)
    medians = [
        func.percentile_cont(0.5)
        .within_group(func.extract("epoch", firsts.c[stage] - firsts.c.requested).asc())
        .label(stage)
        for stage in STAGES
    ]
    rows = await connection.execute(select(begins, func.count().label("refunds"), *medians).group_by(begins))
    return {row.begins: row for row in rows}


async def _paid_orders(connection: AsyncConnection, period: Period, every: Every, time_zone: str) -> dict[date, int]:
    begins = _begins(orders.c.paid_at, every, time_zone)
    query = select(begins, func.count().label("orders")).where(
        orders.c.merchant_id == period.merchant_id, *_between(orders.c.paid_at, period)
    )
    return {row.begins: row.orders for row in await connection.execute(query.group_by(begins))}


async def _scored(connection: AsyncConnection, period: Period, every: Every, time_zone: str) -> dict[date, Row[Any]]:
    begins, score = _begins(refunds.c.created_at, every, time_zone), refunds.c.feedback["score"].astext.cast(Integer)
    query = select(begins, func.count().label("opinions"), func.avg(score).label("mean"))
    rows = await connection.execute(query.where(*within(period), refunds.c.feedback.is_not(None)).group_by(begins))
    return {row.begins: row for row in rows}


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payout that succeeded: the day on which, how the order was paid, where it went, and the tax inside it."""

    day: date
    method: str
    went_to: str
    currency: str
    amount: int
    tax: int


async def moved(connection: AsyncConnection, period: Period, time_zone: str) -> AsyncIterator[PaidOut]:
    """Stream what makewhole paid out in a time; a refund's payouts of other times count for how its tax is shared."""
    in_time = _between(payouts.c.updated_at, period)
    is_paid = (payouts.c.status == PayoutStatus.SUCCEEDED) & payouts.c.paid_by.is_distinct_from(PaidBy.EXTERNAL)
    its_refunds = select(payouts.c.refund_id).where(payouts.c.merchant_id == period.merchant_id, *in_time, is_paid)
    went_to = case((payouts.c.paid_by == PaidBy.STORE_CREDIT, RefundTo.STORE_CREDIT.value), else_=payouts.c.goes_to)
    settlement = refunds.c.settlement
    query = (
        select(
            *(payouts.c[name] for name in ("refund_id", "method", "currency", "amount", "order_amount")),
            cast(func.timezone(time_zone, payouts.c.updated_at), Date).label("day"),
            went_to.label("went_to"),
            func.coalesce(payouts.c.order_amount, payouts.c.amount).label("share"),
            func.coalesce(is_paid & _all(in_time), literal(value=False)).label("counts"),
            (
                _sum_of("$.claims[*].tax.minor_units") + _sum_of("$.extras[*].tax.minor_units") + _of("shipping_tax")
            ).label("tax"),
            (
                _sum_of("$.claims[*].amount.minor_units") + _sum_of("$.extras[*].amount.minor_units") + _of("shipping")
            ).label("gross"),
        )
        .join(refunds, refunds.c.refund_id == payouts.c.refund_id)
        .where(payouts.c.refund_id.in_(its_refunds), settlement.is_not(None))
        .order_by(payouts.c.refund_id, payouts.c.place)
    )
    group: list[Any] = []
    async with connection.stream(query) as rows:
        async for row in rows:
            if group and row.refund_id != group[0].refund_id:
                for each in _moved(group):
                    yield each
                group = []
            group.append(row)
    for each in _moved(group):
        yield each


def _moved(rows: list[Any]) -> list[PaidOut]:
    if not rows:
        return []
    shares = [int(row.share) for row in rows]
    inside = TaxInside(int(rows[0].tax), int(rows[0].gross), sum(shares)).shares(shares)
    return [
        PaidOut(row.day, row.method, row.went_to, row.currency, int(row.amount), _in_own_currency(row, tax))
        for row, tax in zip(rows, inside, strict=True)
        if row.counts
    ]


def _in_own_currency(row: Row[Any], tax: int) -> int:
    """The tax inside a payout of another currency than its order's is as large a part of it."""
    return tax if row.order_amount is None else int(row.amount) * tax // int(row.order_amount)


def _sum_of(path: str) -> ColumnElement[int]:
    each = (
        func.jsonb_path_query(refunds.c.settlement, cast(path, JSONPATH), type_=JSONB)
        .table_valued("value")
        .render_derived()
    )
    return func.coalesce(
        select(func.sum(cast(cast(each.c.value, Text), BigInteger))).select_from(each).scalar_subquery(), 0
    )


def _of(name: str) -> ColumnElement[int]:
    return func.coalesce(refunds.c.settlement[name]["minor_units"].astext.cast(BigInteger), 0)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What became of the entitlements of refunds that completed: counts by outcome, and points."""

    refunds: int
    points_restored: int
    points_clawed_back: int
    coupons: dict[str, int]
    gifts: dict[str, int]
    exclusive_discounts: dict[str, int]
    campaigns_restored: int
    campaigns_left: int


async def given_back(connection: AsyncConnection, period: Period) -> GivenBack:
    """Count over the refunds that completed in a time."""
    completed = (
        refunds.c.merchant_id == period.merchant_id,
        refunds.c.status == RefundStatus.COMPLETED,
        refunds.c.settlement.is_not(None),
        *_between(refunds.c.completed_at, period),
    )
    points = refunds.c.settlement["points"]
    query = select(
        func.count().label("refunds"),
        *(
            func.coalesce(func.sum(points[name].astext.cast(BigInteger)), 0).label(name)
            for name in ("restored", "clawed_back")
        ),
    )
    sums = (await connection.execute(query.where(*completed))).one()

    async def outcomes(path: str) -> dict[str, int]:
        value = func.jsonb_path_query(refunds.c.settlement, cast(path, JSONPATH), type_=JSONB)
        each = select(cast(value, Text).label("value")).where(*completed).subquery()
        rows = await connection.execute(select(each.c.value, func.count()).group_by(each.c.value))
        return {row[0].strip('"'): row[1] for row in rows}

    qualified = "$.campaigns[*] ? (@.qualified_before == true && @.qualified_after == false).campaign_id"
    return GivenBack(
        sums.refunds,
        int(sums.restored),
        int(sums.clawed_back),
        await outcomes("$.coupons[*].outcome"),
        await outcomes("$.gifts[*].outcome"),
        await outcomes("$.exclusive_discounts[*].outcome"),
        (await outcomes("$.campaigns[*].participation_restored")).get("true", 0),
        sum((await outcomes(qualified)).values()),
    )


@dataclass(frozen=True, slots=True)
class ScoredRefund:
    """How content somebody was with a refund that is over, and when its stages were first reached."""

    reason: str
    score: int
    marks: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said of a refund in words."""

    refund_id: str
    feedback: Mapping[str, Any]
    scored: ScoredRefund


async def scores(connection: AsyncConnection, period: Period) -> AsyncIterator[ScoredRefund]:
    """Stream how content people were with the refunds requested in a time; what they said is not read."""
    async with connection.stream(_scored_refunds(period)) as rows:
        async for row in rows:
            yield _scored_refund(row)


async def comments(connection: AsyncConnection, period: Period, most: int) -> list[Opinion]:
    """Return what was said in words of the refunds requested in a time, the newest first, and no more than so many."""
    has_words = func.coalesce(refunds.c.feedback["comment"].astext, "") != ""
    query = _scored_refunds(period).add_columns(refunds.c.refund_id, refunds.c.feedback).where(has_words)
    newest = query.order_by(refunds.c.created_at.desc(), refunds.c.refund_id).limit(most)
    return [Opinion(row.refund_id, row.feedback, _scored_refund(row)) for row in await connection.execute(newest)]


def _scored_refunds(period: Period) -> Select[Any]:
    score = refunds.c.feedback["score"].astext.cast(Integer).label("score")
    timelines = refunds.join(refund_events, refund_events.c.refund_id == refunds.c.refund_id)
    query = select(refunds.c.reason, score, *first_times()).select_from(timelines)
    return query.where(*within(period), refunds.c.feedback.is_not(None)).group_by(refunds.c.refund_id)


def _scored_refund(row: Row[Any]) -> ScoredRefund:
    return ScoredRefund(row.reason, row.score, {name: row._mapping[name] for name in ("requested", *STAGES)})


def _between(moment: ColumnElement[Any], period: Period) -> list[ColumnElement[bool]]:
    conditions = []
    if period.start is not None:
        conditions.append(moment >= period.start)
    if period.end is not None:
        conditions.append(moment < period.end)
    return conditions


def _all(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    whole: ColumnElement[bool] = literal(value=True)
    for each in conditions:
        whole = whole & each
    return whole
