# Written by `make client`; change the document, or the async half, instead.
"""Models: reviews."""

from datetime import datetime

from makewhole_client.model_base import Answer, Word
from makewhole_client.models.common import Reason, RefundStatus
from makewhole_client.models.orders import ExternalAnswer, GuestBody
from makewhole_client.models.refunds import AttentionAnswer, Decision, RefundKind, ReviewReasonAnswer


class AssignmentAnswer(Answer):
    """Who is at a review now."""

    refund_id: str
    assigned_to: str
    until: datetime
    is_yours: bool


class ReasonTotal(Answer):
    """What goes back for one reason."""

    reason: str
    lines: int
    amount: int


class TenderTotal(Answer):
    """What goes back by one tender."""

    tender: str
    lines: int
    amount: int


class BulkTotalAnswer(Answer):
    """What the lines of one currency come to that can be refunded."""

    currency: str
    lines: int
    amount: int
    tenders: list[TenderTotal]
    reasons: list[ReasonTotal]


class PrecedentAnswer(Answer):
    """An earlier refund of the same kind about which a person decided."""

    refund_id: str
    order_id: str
    decision: Decision
    by: str | None
    note: str
    reason_code: str | None
    same_category: bool
    risk_score: int
    currency: str
    total: int
    created_at: datetime


class RiskBand(Word):
    """Risks that reviewers judge alike."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Precedents(Answer):
    """How people decided about the same kind of case before: with the same reason, kind and band of risk."""

    reason: Reason
    kind: RefundKind
    risk: RiskBand | None
    approved: int
    rejected: int
    items: list[PrecedentAnswer]


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


class SafeReviews(Answer):
    """What you may safely approve together, what is due first at the head, and what it comes to."""

    waiting: int
    items: list[WaitingReviewAnswer]
    totals: list[BulkTotalAnswer]
