# Written by `make client`; change the document, or the async half, instead.
"""Models: reviews."""

from datetime import datetime

from makewhole_client.model_base import Answer
from makewhole_client.models.common import Reason, RefundStatus
from makewhole_client.models.orders import ExternalAnswer, GuestBody
from makewhole_client.models.refunds import AttentionAnswer, RefundKind, ReviewReasonAnswer


class AssignmentAnswer(Answer):
    """Who is at a review now."""

    refund_id: str
    assigned_to: str
    until: datetime
    is_yours: bool


class WaitingReviewAnswer(Answer):
    """A refund that waits for a reviewer."""

    refund_id: str
    order_id: str
    customer_id: str | None
    guest: GuestBody | None = None
    status: RefundStatus
    reason: str
    stands_for: Reason
    kind: RefundKind
    currency: str
    total: int
    needs_attention: AttentionAnswer | None
    created_at: datetime
    completed_at: datetime | None
    external: ExternalAnswer | None = None
    beneficiary: str | None = None
    due_at: datetime
    risk_score: int
    waits_because: list[ReviewReasonAnswer]
    approvals_needed: int
    approvals: int
    evidence_requested: bool
    assignment: AssignmentAnswer | None


class ReviewQueue(Answer):
    """One page of what waits for reviewers, what is due first at the head."""

    waiting: int
    overdue: int
    items: list[WaitingReviewAnswer]
    next: str | None
