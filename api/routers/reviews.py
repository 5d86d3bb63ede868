"""The reviewers' queue: what is due first at the head, and who is at which of it."""

import json
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter

from api import problems, refund_answers
from api.access import Reviewer, ServicesDep
from api.described import described
from api.paging import Cursor, Limit, as_cursor, read_cursor
from api.paths import RefundId
from api.reviewing import by_another
from api.schemas.common import Currency, Time
from api.schemas.many_refunds import BulkTotalAnswer
from api.schemas.reviews import AssignmentAnswer, ReviewQueue, SafeReviews, WaitingReviewAnswer
from db import refunds, reviews
from db.api_keys import Caller
from db.read_models import AssignedReview, WaitingReview
from db.reviews import ReviewFilter
from domain import spelling
from domain.claims.reasons import Reason
from domain.settlement.bulk import LinePreview, totals

router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

ASSIGNED_FOR = timedelta(minutes=10)
"""So long one is at a review before others may take it; who is still at it says so again."""

_WHEN: TypeAdapter[datetime] = TypeAdapter(Time)


@router.get("", **described("listReviews"))
async def list_reviews(
    services: ServicesDep,
    caller: Reviewer,
    reason: Annotated[Reason | None, Query(description="Only those whose reason stands for this.")] = None,
    currency: Annotated[Currency | None, Query(description="Only those in this currency.")] = None,
    amount_from: Annotated[int | None, Query(ge=0, description="Only those of so many minor units, or more.")] = None,
    amount_to: Annotated[int | None, Query(ge=0, description="Only those of so many minor units, or less.")] = None,
    risk_from: Annotated[int | None, Query(ge=0, le=100, description="Only those at least so risky.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ReviewQueue:
    """List the refunds that wait for a reviewer, what is due first at the head."""
    after = read_cursor(cursor, _place) if cursor else None
    wanted = ReviewFilter(reason, currency, amount_from, amount_to, risk_from, after=after, limit=limit)
    async with services.snapshots.connect() as connection:
        found, counted = await reviews.queue(connection, caller.merchant_id, wanted)
    shown = found[:limit]
    more = _cursor(shown[-1]) if len(found) > limit else None
    items = [_answer(each, caller) for each in shown]
    return ReviewQueue(waiting=counted.waiting, overdue=counted.overdue, items=items, next=more)


@router.get("/safe", **described("previewSafeReviews"))
async def preview_safe_reviews(services: ServicesDep, caller: Reviewer, limit: Limit = 50) -> SafeReviews:
    """Preview what you may safely approve together, each by `POST /v1/refunds/{refund_id}/review` as ever.

    Nothing but its reason keeps the policy from approving it by rule: its amounts, its risk and its window are within
    the policy's limits. You have not asked for it, one approval is enough, nothing was said of it yet, and nobody else
    is at it. Your `review_limits` are judged when you approve.
    """
    wanted = ReviewFilter(safe_for=caller.identity, limit=limit)
    async with services.snapshots.connect() as connection:
        found, counted = await reviews.queue(connection, caller.merchant_id, wanted)
        shown = found[:limit]
        quotes = await reviews.quotes(connection, [each.refund_id for each in shown])
    previews = [LinePreview.of(quotes[each.refund_id], each.given.of_refund.code, each.kind) for each in shown]
    return SafeReviews(
        waiting=counted.waiting,
        items=[_answer(each, caller) for each in shown],
        totals=[BulkTotalAnswer.of(each) for each in totals(previews)],
    )


@router.get("/{refund_id}", **described("getReview", "not_found", "conflicting_state"))
async def read_review(refund_id: RefundId, services: ServicesDep, caller: Reviewer) -> WaitingReviewAnswer:
    """Read until when a refund is to be decided, and who is at it; one that waits for no reviewer is refused."""
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        found, _ = await reviews.queue(connection, caller.merchant_id, ReviewFilter(refund_id=refund_id))
    if not found:
        raise problems.conflicting_state(f"refund {refund_id} is {refund.status} and waits for no reviewer")
    return _answer(found[0], caller)


@router.put("/{refund_id}/assignment", **described("takeReview", "not_found", "conflicting_state"))
async def take_review(refund_id: RefundId, services: ServicesDep, caller: Reviewer) -> AssignmentAnswer:
    """Say that you are at this refund: for ten minutes nobody else decides about it. Say it again to go on.

    It ends by itself, with your decision, and when you say so.
    """
    async with services.engine.begin() as connection:
        await refunds.find(connection, caller, refund_id)
        waiting, _ = await reviews.queue(connection, caller.merchant_id, ReviewFilter(refund_id=refund_id))
        if not waiting:
            raise problems.conflicting_state(f"refund {refund_id} waits for no reviewer")
        given = await reviews.assign(connection, caller, refund_id, ASSIGNED_FOR)
        if given is None:
            other = await reviews.of_another(connection, refund_id, caller.identity)
            raise problems.conflicting_state(by_another(other) if other else "somebody else was at it: try again")
    return _assigned(given, caller)


@router.delete("/{refund_id}/assignment", status_code=204, **described("putReviewBack", "not_found"))
async def put_review_back(refund_id: RefundId, services: ServicesDep, caller: Reviewer) -> Response:
    """Say that you are not at it any more: others find it free at once. What is somebody else's stays theirs."""
    async with services.engine.begin() as connection:
        await refunds.find(connection, caller, refund_id)
        await reviews.release(connection, refund_id, caller.identity)
    return Response(status_code=204)


def _assigned(given: AssignedReview, caller: Caller) -> AssignmentAnswer:
    is_yours = given.assigned_to == caller.identity
    return AssignmentAnswer(
        refund_id=given.refund_id, assigned_to=given.name, until=given.expires_at, is_yours=is_yours
    )


def _answer(row: WaitingReview, caller: Caller) -> WaitingReviewAnswer:
    at_it = None
    if row.assigned_to is not None and row.assigned_name is not None and row.assigned_until is not None:
        at_it = AssignedReview(row.refund_id, row.assigned_to, row.assigned_name, row.assigned_until)
    return WaitingReviewAnswer.model_validate(
        {
            **dict(refund_answers.refund_summary(row, caller)),
            "due_at": row.due_at,
            "risk_score": row.risk.json["score"],
            "waits_because": row.waits_because,
            "approvals_needed": row.approvals_needed,
            "approvals": len(row.approvals),
            "evidence_requested": row.is_evidence_requested,
            "assignment": at_it and _assigned(at_it, caller),
        }
    )


def _cursor(last: WaitingReview) -> str:
    return as_cursor(json.dumps([last.due_at.isoformat(), last.refund_id]))


def _place(said: str) -> tuple[datetime, str]:
    due_at, refund_id = json.loads(said)
    return _WHEN.validate_python(due_at), spelling.identifier(str(refund_id))
