# Written by `make client`; change the document, or the async half, instead.
"""Models: operations."""

from datetime import datetime
from typing import Any

from makewhole_client.model_base import Answer, Word


class Amount(Answer):
    """Money."""

    currency: str
    amount: int


class AuditReplaced(Answer):
    """A checkpoint that the trail does not come to any more."""

    entries: int
    root: str
    after: int


class AuditCheckpoint(Answer):
    """The first so many entries of a merchant's trail; what is signed is all of this but `signature`."""

    merchant_id: str
    entries: int
    root: str
    head: str
    at: str
    key_id: str
    replaces: AuditReplaced | None
    signature: str


class AuditTimeStamp(Answer):
    """When a third party was shown a checkpoint."""

    entries: int
    token: str


class AuditCheckpoints(Answer):
    """Signed checkpoints of the audit trail."""

    items: list[AuditCheckpoint]
    time_stamps: list[AuditTimeStamp]
    next: str | None


class AuditEntry(Answer):
    """One entry of the audit trail (rule 39)."""

    sequence: int
    at: datetime
    customer_id: str | None
    order_id: str | None
    refund_id: str | None
    action: str
    actor: str
    detail: dict[str, Any]
    previous_hash: str
    hash: str


class AuditKey(Answer):
    """A public key that checkpoints were signed with."""

    key_id: str
    public_key: str


class AuditKeys(Answer):
    """The public keys that this merchant's checkpoints were signed with."""

    items: list[AuditKey]


class AuditLine(Answer):
    """An entry as it is exported: with `hash` left out, and fields that are not there left out, what was
    hashed."""

    merchant_id: str
    sequence: int
    at: str
    customer_id: str
    order_id: str | None
    refund_id: str | None
    action: str
    actor: str
    detail: dict[str, Any]
    refund_number: int | None = None
    customer_number: int | None = None
    entry_id: int | None = None
    previous_hash: str
    hash: str


class AuditProof(Answer):
    """That an entry is in the trail that was signed."""

    entry: dict[str, Any]
    path: list[str]
    checkpoint: AuditCheckpoint


class AuditTrail(Answer):
    """Entries of the audit trail."""

    items: list[AuditEntry]
    next: str | None


class AuditVerification(Answer):
    """Whether the trail is whole, and how much of it is signed."""

    intact: bool
    broken_at: int | None
    why: str | None
    entries: int
    anchored: int
    not_anchored: int


class BooksDifference(Word):
    """How our ledger and a provider's books differ."""

    PAID_BY_THEM_ONLY = "paid_by_them_only"
    PAID_BY_US_ONLY = "paid_by_us_only"
    AMOUNTS_DIFFER = "amounts_differ"
    PAID_TWICE = "paid_twice"


class Trouble(Word):
    """`gone`: there is none that can go on."""

    GONE = "gone"
    BEHIND = "behind"
    PAUSED = "paused"


class LostRefund(Answer):
    """A refund that is not over and whose workflow is `gone`, `behind` or `paused`."""

    refund_id: str
    trouble: Trouble
    why: str


class PayoutDifference(Answer):
    """A payout on which our ledger and the provider's books differ."""

    key: str
    refund_id: str | None
    difference: BooksDifference
    ours: Amount | None
    theirs: list[Amount]


class UnreadBooks(Answer):
    """A gateway whose books could not be read just now: nobody knows whether they agree."""

    gateway: str
    why: str


class ReconciliationAnswer(Answer):
    """What does not agree now."""

    agrees: bool
    refunds: list[LostRefund]
    payouts: list[PayoutDifference]
    unread: list[UnreadBooks]


class ReportStatus(Word):
    """How far a report has come; one with a fault is refused as a whole."""

    ACCEPTED = "accepted"
    READ = "read"
    REFUSED = "refused"


class SettlementDifference(Word):
    """How a settlement report and our ledger differ."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DIFFERENT = "different"
    DOUBLE = "double"
    FAILED_THERE = "failed_there"


class SettlementDifferenceAnswer(Answer):
    """A refund of which a provider's settlement report says something else than our ledger."""

    gateway: str
    report_id: str
    line: int | None
    reference: str
    charge_ref: str
    refund_id: str | None
    difference: SettlementDifference
    ours: Amount | None
    theirs: Amount | None
    what_to_do: str
    noticed_at: datetime


class SettlementDifferences(Answer):
    """What differs by now: a later report, or a note of money returned elsewhere, takes an entry off."""

    items: list[SettlementDifferenceAnswer]


class SettlementReportAnswer(Answer):
    """A settlement report, and what has come of it."""

    report_id: str
    gateway: str
    format: str
    name: str
    status: ReportStatus
    fault: str | None
    lines: int | None
    since: datetime | None
    until: datetime | None
    matched: int | None
    differences: dict[SettlementDifference, int] | None
    accepted_at: datetime
    read_at: datetime | None


class SettlementReportList(Answer):
    """Settlement reports, the newest first."""

    items: list[SettlementReportAnswer]


class WorkflowAnswer(Answer):
    """The workflow of a refund, for whoever looks at it in the Temporal UI or by its CLI."""

    namespace: str
    workflow_id: str
    run_id: str | None
    address: str | None
