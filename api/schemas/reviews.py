"""The reviewers' queue: what waits for them, until when, and who is at it."""

from pydantic import Field

from api.schemas.common import Time, Wire
from api.schemas.refund_answers import RefundSummary, ReviewReasonAnswer


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
