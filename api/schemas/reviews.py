"""The reviewers' queue: what waits for them, until when, and who is at it."""

from pydantic import Field

from api.schemas.common import Time, Wire
from api.schemas.many_refunds import BulkTotalAnswer
from api.schemas.refund_answers import RefundSummary, ReviewReasonAnswer
from domain.claims.reasons import Reason, RefundKind
from domain.rights.precedents import RiskBand
from domain.rights.review import Decision


class AssignmentAnswer(Wire):
    """Who is at a review now."""

    refund_id: str = Field(description="The refund.")
    assigned_to: str = Field(description="Who it is, as in the timeline.")
    until: Time = Field(description="When it is free again by itself.")
    is_yours: bool = Field(description="Whether it is you: all your keys are one person.")


class WaitingReviewAnswer(RefundSummary):
    """A refund that waits for a reviewer."""

    due_at: Time = Field(description="Until when the policy's `review_sla` has it decided (rule 30).")
    risk_score: int = Field(description="How risky the request looks, from 0 to 100 (rule 34).")
    waits_because: list[ReviewReasonAnswer] = Field(description="Why no rule of the policy approves it (rule 33).")
    approvals_needed: int = Field(description="How many different people have to approve it.")
    approvals: int = Field(description="How many have.")
    evidence_requested: bool = Field(description="Whether the customer was asked for evidence; they may have sent it.")
    assignment: AssignmentAnswer | None = Field(description="Who is at it now; null while nobody is.")


class ReviewQueue(Wire):
    """One page of what waits for reviewers, what is due first at the head."""

    waiting: int = Field(description="How many wait in all, of those asked for.")
    overdue: int = Field(description="How many of them should have been decided by now.")
    items: list[WaitingReviewAnswer] = Field(description="Those of this page.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class SafeReviews(Wire):
    """What you may safely approve together, what is due first at the head, and what it comes to."""

    waiting: int = Field(description="How many are safe in all.")
    items: list[WaitingReviewAnswer] = Field(description="The first of them.")
    totals: list[BulkTotalAnswer] = Field(description="What these come to in each currency, by tender and by reason.")


class PrecedentAnswer(Wire):
    """An earlier refund of the same kind about which a person decided."""

    refund_id: str = Field(description="The refund.")
    order_id: str = Field(description="Its order.")
    decision: Decision = Field(description="`approve` or `reject`.")
    by: str | None = Field(description="Who decided.")
    note: str = Field(description="What they said about it.")
    reason_code: str | None = Field(description="Why it was rejected, as a stable word; null where none was given.")
    same_category: bool = Field(description="Whether some of its goods are of a category that this refund has too.")
    risk_score: int = Field(description="How risky it looked, from 0 to 100 (rule 34).")
    currency: str = Field(description="The ISO 4217 currency of `total`.")
    total: int = Field(description="What it came to, in minor units.")
    created_at: Time = Field(description="When it was requested.")


class Precedents(Wire):
    """How people decided about the same kind of case before: with the same reason, kind and band of risk."""

    reason: Reason = Field(description="What the reason stands for.")
    kind: RefundKind = Field(description="Whether goods come back: `return` or `refund_only`.")
    risk: RiskBand | None = Field(description="The band of risk; null before the request is judged: nothing is alike.")
    approved: int = Field(description="How many were approved, of the merchant's 5,000 newest refunds.")
    rejected: int = Field(description="How many of those were rejected.")
    items: list[PrecedentAnswer] = Field(description="Some of them: the same category first, then the newest.")
