"""What people and programs may say to a running refund, and what it is started with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from activities.refunds import RefundRef
from activities.returns import Inspection, Receipt, Shipment
from domain.messages import Topic
from domain.money import Money
from domain.reasons import RefundStatus
from domain.review import Decision

TASK_QUEUE = "refunds"
WORKFLOW_TYPE = "Refund"

CONFLICTING_STATE = "ConflictingState"
"""The error type of an update that comes too late, too early or twice."""

NOT_AVAILABLE = "QuantityNotAvailable"
"""The error type of a parcel or an inspection with more units than the refund is about."""


_ID = "refund-"


def workflow_id(refund_id: str) -> str:
    return _ID + refund_id


def refund_of(workflow_id: str) -> str:
    return workflow_id.removeprefix(_ID)


@dataclass(frozen=True, slots=True)
class ReviewInput:
    decision: Decision
    by: str = "temporal"
    note: str = ""


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a refund had been told and had come to when its workflow was lost, for the one that takes over.

    The new workflow hears it all again and runs from the start: steps that were done find their effects.

    status: the phase it was in. evidence_requests: decisions before `verdict`, which approves or rejects. told: the
    topics of all messages to the customer. occurrence: the highest number that a message or a call for help carries.
    stopped: how the refund ends, if undoing it had begun.
    """

    status: RefundStatus
    evidence_requests: int
    verdict: ReviewInput | None
    shipments: tuple[Shipment, ...]
    receipts: tuple[Receipt, ...]
    inspection: Inspection | None
    deliver_by: datetime | None
    told: tuple[Topic, ...]
    occurrence: int
    stopped: RefundStatus | None


@dataclass(frozen=True, slots=True)
class StartRefund:
    """`lines` are the units asked for by line; `has_adjustment` says that money without goods is asked for too."""

    refund: RefundRef
    order_id: str
    reason: str
    total: Money
    lines: tuple[tuple[str, int], ...]
    has_adjustment: bool
    so_far: SoFar | None = None


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    status: str
    why: str


@dataclass(frozen=True, slots=True)
class DecideSignal:
    """The same for people who work from the Temporal UI or CLI; `decision` is checked by the workflow."""

    decision: str
    by: str = "temporal"
    note: str = ""


@dataclass(frozen=True, slots=True)
class CancelInput:
    by: str = "temporal"
    note: str = ""


class Resolution(StrEnum):
    """`retry` when the cause is mended, `settle` when it was done by hand, `skip` when it need not be done."""

    RETRY = "retry"
    SKIP = "skip"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class ResolveInput:
    step: str
    action: Resolution
    by: str = "temporal"
    note: str = ""
