# Written by `make client`; change the document, or the async half, instead.
"""Requests: reviews."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import AssignmentAnswer, Precedents, Reason, ReviewQueue, SafeReviews, WaitingReviewAnswer


def list_precedents(refund_id: str) -> Call[Precedents]:
    return Call("GET", f"/v1/reviews/{call.in_path(refund_id)}/precedents", call.json_of(Precedents))


def list_reviews(
    *,
    reason: Reason | None = None,
    currency: str | None = None,
    amount_from: int | None = None,
    amount_to: int | None = None,
    risk_from: int | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[ReviewQueue]:
    return Call(
        "GET",
        "/v1/reviews",
        call.json_of(ReviewQueue),
        query={
            "reason": reason,
            "currency": currency,
            "amount_from": amount_from,
            "amount_to": amount_to,
            "risk_from": risk_from,
            "cursor": cursor,
            "limit": limit,
        },
    )


def preview_safe_reviews(*, limit: int | None = None) -> Call[SafeReviews]:
    return Call("GET", "/v1/reviews/safe", call.json_of(SafeReviews), query={"limit": limit})


def get_review(refund_id: str) -> Call[WaitingReviewAnswer]:
    return Call("GET", f"/v1/reviews/{call.in_path(refund_id)}", call.json_of(WaitingReviewAnswer))


def take_review(refund_id: str) -> Call[AssignmentAnswer]:
    return Call("PUT", f"/v1/reviews/{call.in_path(refund_id)}/assignment", call.json_of(AssignmentAnswer))


def put_review_back(refund_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/reviews/{call.in_path(refund_id)}/assignment", call.as_nothing)
