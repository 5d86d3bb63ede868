"""Which refunds have a workflow: begun or not, by which run, and over for how long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, case, func, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time
from db.built import built_once, one_of
from db.read_models import OpenRefund, UnstartedRefund
from db.refunds import sealed_columns
from db.rows import read
from db.schema import refunds, steps, words
from domain.steps import Step

Place = tuple[datetime, str]
"""Where a page of refunds ends: when the last of them was made, and its id."""


async def unstarted(
    connection: AsyncConnection, for_: timedelta, *, after: Place | None = None, limit: int = 100
) -> list[UnstartedRefund]:
    """List a page of the refunds that were accepted so long ago and whose workflow nobody confirmed, oldest first."""
    query = select(refunds.c.refund_id, refunds.c.created_at).where(
        refunds.c.workflow_started_at.is_(None),
        merchant_time.is_over(refunds.c.created_at, refunds.c.merchant_id, for_),
        _comes(after),
    )
    page = await connection.execute(query.order_by(refunds.c.created_at, refunds.c.refund_id).limit(limit))
    return [read(UnstartedRefund, row) for row in page]


async def open_ones(
    connection: AsyncConnection,
    started_for: timedelta,
    *,
    merchant_id: str | None = None,
    refund_id: str | None = None,
    after: Place | None = None,
    limit: int = 1_000,
) -> list[OpenRefund]:
    """List a page of the refunds that are not over and were started so long ago, all or one merchant's or one, the
    oldest first: with the step they ask for help at, the run that loaded last, and how many events its history had
    when it heard its last word.
    """
    asks = refunds.c.needs_attention["step"].astext.label("asks")
    columns = refunds.c.refund_id, refunds.c.merchant_id, refunds.c.status, refunds.c.event_count, asks
    run = _counting_run().scalar_subquery()
    heard = select(func.max(words.c.events)).where(words.c.refund_id == refunds.c.refund_id, words.c.run == run)
    known = run.label("run"), heard.correlate(refunds).scalar_subquery().label("heard_at")
    query = select(*columns, *known, refunds.c.created_at).where(
        refunds.c.completed_at.is_(None), refunds.c.workflow_started_at < func.now() - started_for, _comes(after)
    )
    if merchant_id is not None:
        query = query.where(refunds.c.merchant_id == merchant_id)
    if refund_id is not None:
        query = query.where(refunds.c.refund_id == refund_id)
    page = await connection.execute(query.order_by(refunds.c.created_at, refunds.c.refund_id).limit(limit))
    return [read(OpenRefund, row) for row in page]


def _comes(after: Place | None) -> Any:
    if after is None:
        return true()
    return tuple_(refunds.c.created_at, refunds.c.refund_id) > tuple_(*after)


async def with_a_run(connection: AsyncConnection, merchant_id: str) -> set[str]:
    """Return the refunds of a merchant that have a workflow which goes on, or asks people for help."""
    goes_on = refunds.c.completed_at.is_(None) | refunds.c.needs_attention.is_not(None)
    return set(
        await connection.scalars(select(refunds.c.refund_id).where(refunds.c.merchant_id == merchant_id, goes_on))
    )


async def still_open(connection: AsyncConnection, refund_ids: Sequence[str]) -> set[str]:
    """Pick the refunds that are not over, of any number of them."""
    query = select(refunds.c.refund_id).where(refunds.c.completed_at.is_(None), _any_of(refund_ids))
    return set((await connection.execute(query)).scalars())


async def over_for(
    connection: AsyncConnection, refund_ids: Sequence[str], at_least: timedelta
) -> dict[str, str | None]:
    """Pick the refunds that have been over for so long, of any number of them, each with the run that may reopen it:
    the last that has loaded, unless it has ended the refund itself.
    """
    run = _counting_run().scalar_subquery()
    ends = steps.alias()
    ended = select(ends.c.step).where(ends.c.refund_id == refunds.c.refund_id, ends.c.step.startswith(Step.CLOSE))
    ended = ended.where(ends.c.result["run"].astext == run).correlate(refunds)
    reopens = case((ended.exists(), None), else_=run).label("reopens")
    is_long_over = merchant_time.is_over_of_found(refunds.c.completed_at, refunds.c.merchant_id, at_least)
    query = select(refunds.c.refund_id, reopens).where(is_long_over)
    found = await connection.execute(query.where(_any_of(refund_ids)))
    return {row.refund_id: row.reopens for row in found}


async def run_of(connection: AsyncConnection, refund_id: str) -> str | None:
    """Return the run of a refund that was the last to load; None before one has."""
    run = select(_counting_run().scalar_subquery()).where(refunds.c.refund_id == refund_id)
    return (await connection.execute(run)).scalar_one_or_none()


def _counting_run() -> Any:
    """The run of a refund that was the last to load; runs of earlier versions did not load."""
    of_refund = (steps.c.refund_id == refunds.c.refund_id) & (steps.c.step == Step.RUN)
    run = select(steps.c.result["run"].astext).where(of_refund, steps.c.result["is_loaded"].as_boolean())
    return run.correlate(refunds)


def _any_of(refund_ids: Sequence[str]) -> Any:
    """One parameter, however many there are: a statement can have no more than 65,535."""
    return one_of(refunds.c.refund_id, refund_ids)


async def note_running(connection: AsyncConnection, refund_id: str, **columns: Any) -> None:
    """Change columns of a refund whose workflow runs, which is confirmed with it."""
    await _noted_running(refund_id=refund_id, **sealed_columns(refund_id, columns)).on(connection)


@built_once
def _noted_running(*, refund_id: Any, **columns: Any) -> Update:
    started_at = func.coalesce(refunds.c.workflow_started_at, func.now())
    return update(refunds).where(refunds.c.refund_id == refund_id).values(**columns, workflow_started_at=started_at)


async def confirm_started(connection: AsyncConnection, refund_id: str) -> None:
    await connection.execute(
        update(refunds)
        .where(refunds.c.refund_id == refund_id, refunds.c.workflow_started_at.is_(None))
        .values(workflow_started_at=func.now())
    )
