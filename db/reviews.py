"""The reviewers' queue: refunds that wait for a person, by when they are due, and who is at which of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import eq, ge, le
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Interval, case, cast, delete, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time
from db.api_keys import Caller
from db.codec import from_json
from db.policies import lasts_s
from db.read_models import AssignedReview, WaitingReview
from db.refunds import came_to, listed_columns
from db.rows import read
from db.schema import JSONB, policies, refund_events, refunds, review_assignments
from domain.explain.attention import REVIEW
from domain.lifecycle import RefundStatus
from domain.rights.review import SAFE_TOGETHER, Decision
from domain.settlement.settlement import Settlement

_PUTS_IT_TO_REVIEWERS = ("requested", "reopened", "parcel_lost", "evidence_requested", "approved_in_part")
"""Events from which on a reviewer has the policy's `review_sla`."""


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What a page of the queue shows; `after` is where the page before has ended. Amounts are minor units.

    safe_for: only what this person may safely approve together with others (`domain/rights/review.py`).
    """

    reason: str | None = None
    currency: str | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    risk_from: int | None = None
    refund_id: str | None = None
    safe_for: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class QueueLength:
    """How many wait in all, and how many of them for too long."""

    waiting: int
    overdue: int


async def queue(
    connection: AsyncConnection, merchant_id: str, wanted: ReviewFilter
) -> tuple[list[WaitingReview], QueueLength]:
    """List refunds that wait for a reviewer, what is due first at the head, one more than the limit if there is more.

    They are looked through once, for the page and for how many there are. What each came to is read of those alone
    that are shown: documents are large, and many wait. Of a page behind the last one it is not said how many there are.
    """
    waiting = _waiting(merchant_id, wanted)
    place = (waiting.c.due_at, waiting.c.refund_id)
    some = select(waiting).order_by(*place).limit(wanted.limit + 1)
    if wanted.after:
        some = some.where(tuple_(*place) > tuple_(*wanted.after))
    page = some.subquery("page")
    at_it = review_assignments.alias()
    total, points = came_to("total"), came_to("points")
    all_of_them, late = select(func.count()).select_from(waiting), waiting.c.due_at < merchant_time.now()
    lengths = all_of_them.scalar_subquery().label("waiting"), all_of_them.where(late).scalar_subquery().label("overdue")
    shown = (
        select(*listed_columns(), total, points, page.c.due_at, *_of_a_review(), *lengths)
        .add_columns(
            at_it.c.assigned_to, at_it.c.name.label("assigned_name"), at_it.c.expires_at.label("assigned_until")
        )
        .join_from(page, refunds, refunds.c.refund_id == page.c.refund_id)
        .outerjoin(at_it, (at_it.c.refund_id == page.c.refund_id) & (at_it.c.expires_at > func.now()))
    )
    rows = (await connection.execute(shown.order_by(page.c.due_at, page.c.refund_id))).all()
    length = QueueLength(rows[0].waiting, rows[0].overdue) if rows else QueueLength(0, 0)
    return [read(WaitingReview, row) for row in rows], length


async def quotes(connection: AsyncConnection, refund_ids: Sequence[str]) -> dict[str, Settlement]:
    """Read what refunds that wait would come to, with every share."""
    query = select(refunds.c.refund_id, refunds.c.quote).where(refunds.c.refund_id.in_(refund_ids))
    return {row.refund_id: from_json(Settlement, row.quote) for row in await connection.execute(query)}


async def assign(
    connection: AsyncConnection, caller: Caller, refund_id: str, lasts: timedelta
) -> AssignedReview | None:
    """Give a review to a caller for so long, anew where it is theirs; None where somebody else is at it.

    What has run out is forgotten with it: there are never more of these than reviewers had in a while.
    """
    table = review_assignments
    ours = (table.c.merchant_id == caller.merchant_id) & (table.c.refund_id != refund_id)
    await connection.execute(delete(table).where(ours, table.c.expires_at < func.now()))
    row = {"refund_id": refund_id, "merchant_id": caller.merchant_id}
    row |= {"assigned_to": caller.identity, "name": caller.name}
    new = insert(table).values(**row, assigned_at=func.now(), expires_at=func.now() + lasts)
    is_free = (table.c.assigned_to == caller.identity) | (table.c.expires_at <= func.now())
    given = new.on_conflict_do_update(
        index_elements=["refund_id"],
        set_={name: new.excluded[name] for name in ("assigned_to", "name", "assigned_at", "expires_at")},
        where=is_free,
    )
    found = (await connection.execute(given.returning(table))).one_or_none()
    return None if found is None else read(AssignedReview, found)


async def of_another(connection: AsyncConnection, refund_id: str, identity: str) -> AssignedReview | None:
    """Find who else is at a review now."""
    table = review_assignments
    theirs = (table.c.refund_id == refund_id) & (table.c.assigned_to != identity) & (table.c.expires_at > func.now())
    row = (await connection.execute(select(table).where(theirs))).one_or_none()
    return None if row is None else read(AssignedReview, row)


async def release(connection: AsyncConnection, refund_id: str, identity: str) -> None:
    """Take a review from whoever has it: a later one finds it free."""
    table = review_assignments
    await connection.execute(delete(table).where(table.c.refund_id == refund_id, table.c.assigned_to == identity))


def _waiting(merchant_id: str, wanted: ReviewFilter) -> CTE:
    """The refunds that wait, each with when it is due; those whose request is not judged yet are not for people."""
    is_overdue_review = (refunds.c.status == RefundStatus.NEEDS_ATTENTION) & (
        refunds.c.needs_attention["step"].astext == REVIEW
    )
    conditions: list[ColumnElement[bool]] = [
        refunds.c.merchant_id == merchant_id,
        refunds.c.completed_at.is_(None),
        or_(refunds.c.status == RefundStatus.IN_REVIEW, is_overdue_review),
        refunds.c.risk.is_not(None),
        *_narrowed(wanted),
    ]
    under = (policies.c.merchant_id == refunds.c.merchant_id) & (policies.c.version == refunds.c.policy_version)
    due_at = (_since() + _lasts()).label("due_at")
    return (
        select(refunds.c.refund_id, due_at).outerjoin_from(refunds, policies, under).where(*conditions).cte("waiting")
    )


def _narrowed(wanted: ReviewFilter) -> list[ColumnElement[bool]]:
    amount = cast(came_to("total")["minor_units"].astext, BigInteger)
    risk = cast(refunds.c.risk["score"].astext, BigInteger)
    by: list[tuple[Any, Callable[[Any, Any], Any], Any]] = [
        (refunds.c.refund_id, eq, wanted.refund_id),
        (refunds.c.reason, eq, wanted.reason),
        (refunds.c.currency, eq, wanted.currency),
        (amount, ge, wanted.amount_from),
        (amount, le, wanted.amount_to),
        (risk, ge, wanted.risk_from),
    ]
    narrowed = [compare(column, said) for column, compare, said in by if said is not None]
    return narrowed if wanted.safe_for is None else [*narrowed, *_is_safe_for(wanted.safe_for)]


def _is_safe_for(identity: str) -> list[ColumnElement[bool]]:
    """Nothing was said of it yet, one approval is enough, nobody else is at it, and somebody else has asked for it."""
    codes = func.jsonb_path_query_array(refunds.c.waits_because, cast("$[*].code", JSONPATH), type_=JSONB)
    theirs = select(review_assignments.c.refund_id).where(
        review_assignments.c.refund_id == refunds.c.refund_id,
        review_assignments.c.assigned_to != identity,
        review_assignments.c.expires_at > func.now(),
    )
    return [
        codes == cast([str(each) for each in SAFE_TOGETHER], JSONB),
        refunds.c.review.is_(None),
        refunds.c.round == 1,
        refunds.c.approvals_needed == 1,
        refunds.c.asked_by.is_distinct_from(identity),
        ~theirs.exists(),
    ]


def _since() -> ColumnElement[datetime]:
    """Since when a reviewer is asked: the timeline is read of those alone to which something has happened since."""
    events = refund_events.c
    last = select(func.max(events.at)).where(
        events.refund_id == refunds.c.refund_id, events.event.in_(_PUTS_IT_TO_REVIEWERS)
    )
    is_new = (refunds.c.round == 1) & refunds.c.review.is_(None) & refunds.c.goods_return.is_(None)
    is_new &= refunds.c.approvals == literal([], refunds.c.approvals.type)
    asked = func.coalesce(last.correlate(refunds).scalar_subquery(), refunds.c.created_at)
    return case((is_new, refunds.c.created_at), else_=asked)


def _lasts() -> ColumnElement[timedelta]:
    """How long the policy of a refund gives a reviewer."""
    seconds = lasts_s("review_sla")
    lasts: ColumnElement[timedelta] = cast(seconds * literal(timedelta(seconds=1), Interval), Interval)
    return lasts


def _of_a_review() -> list[ColumnElement[Any]]:
    asked = refunds.c.review["decision"].astext == Decision.REQUEST_EVIDENCE
    return [
        refunds.c.risk,
        refunds.c.waits_because,
        refunds.c.approvals_needed,
        refunds.c.approvals,
        func.coalesce(asked, False).label("is_evidence_requested"),
    ]
