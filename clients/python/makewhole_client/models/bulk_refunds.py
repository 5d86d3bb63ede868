# Written by `make client`; change the document, or the async half, instead.
"""Models: bulk refunds."""

from datetime import datetime

from makewhole_client.model_base import Answer, Body, Word
from makewhole_client.models.common import FieldProblem, RefundStatus
from makewhole_client.models.refunds import RefundKind
from makewhole_client.models.reviews import BulkTotalAnswer


class PreviewedShare(Answer):
    """What one payment gets back."""

    payment_id: str
    tender: str
    amount: int


class BulkLinePreview(Answer):
    """What a line comes to."""

    currency: str
    total: int
    reason: str
    kind: RefundKind
    payouts: list[PreviewedShare]


class LineStatus(Word):
    """What has become of one line."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"
    BEGUN = "begun"
    CHANGED = "changed"
    FAILED = "failed"
    STOPPED = "stopped"


class BulkLineAnswer(Answer):
    """One line, and what has become of it."""

    line: int
    status: LineStatus
    order_id: str | None
    refund_id: str | None
    code: str | None
    detail: str | None
    errors: list[FieldProblem]
    preview: BulkLinePreview | None


class BulkStatus(Word):
    """How far a bulk of refunds has come."""

    PREVIEWING = "previewing"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    GRACE = "grace"
    RUNNING = "running"
    STOPPED = "stopped"
    COMPLETED = "completed"


class BulkAnswer(Answer):
    """A bulk with its progress and its lines."""

    bulk_id: str
    status: BulkStatus
    asked_by: str
    line_count: int
    same_as: str | None
    totals: list[BulkTotalAnswer] | None
    created_at: datetime
    previewed_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    begins_at: datetime | None
    stopped_by: str | None
    stopped_at: datetime | None
    completed_at: datetime | None
    trouble: str | None
    counts: dict[LineStatus, int]
    refunds: dict[RefundStatus, int]
    lines: list[BulkLineAnswer]
    next_lines: str | None


class ConfirmedTotal(Body):
    """What the lines of one currency come to, as whoever confirms it has read it."""

    currency: str
    amount: int


class BulkConfirmation(Body):
    """A confirmation: it repeats what the preview comes to, so that nobody confirms what they have not read."""

    totals: list[ConfirmedTotal]
    confirm_duplicate: bool = False


class BulkSummary(Answer):
    """A bulk of refunds, and how far it has come."""

    bulk_id: str
    status: BulkStatus
    asked_by: str
    line_count: int
    same_as: str | None
    totals: list[BulkTotalAnswer] | None
    created_at: datetime
    previewed_at: datetime | None
    confirmed_by: str | None
    confirmed_at: datetime | None
    begins_at: datetime | None
    stopped_by: str | None
    stopped_at: datetime | None
    completed_at: datetime | None
    trouble: str | None


class BulkList(Answer):
    """Bulks of refunds, the newest first."""

    items: list[BulkSummary]


class BulkStop(Body):
    """Stopping a bulk: nothing new begins, what has begun goes on."""
