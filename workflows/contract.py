"""What people and programs may say to a running refund, and what it is started with."""

from dataclasses import dataclass, replace
from enum import StrEnum

from temporalio.exceptions import ApplicationError

from activities.reopening import Opening
from domain.explain.endings import EndedBecause, EvidenceWanted, RejectionReason
from domain.money.amounts import Money
from domain.rights.review import Decision, what_does_not_fit
from domain.said import said_by
from domain.sale.measures import Measure
from gateways.ports import GatewayStatus
from service.steps import RefundRef

TASK_QUEUE = "refunds"
"""Where workflows run, and every step but those that patiently ask a payment provider."""

PAYOUTS = "payouts"


def payout_queue(provider: str) -> str:
    """The task queue on which a provider is asked, so that it takes the slots of no other: see decision record 0113."""
    return f"{PAYOUTS}-{provider}"


WORKFLOW_TYPE = "Refund"

NOT_YET = "NotYet"
"""The error type of an update to a run that does not know yet where the refund stands: to be sent again."""

OVERTAKEN = "Overtaken"
"""The error type of what was overtaken after it was heard: said again, it is known what became of it.

A parcel that came in while its refund was being stopped opens it again (rule 31).
"""

ENDED = "AcceptedUpdateCompletedWorkflow"
"""Temporal's own error type of an update whose run ended after it was accepted: nobody knows whether it took effect."""

NOT_UNDERSTOOD = "NotUnderstood"
"""The error type of an update with a word that nobody knows."""

ALREADY_PAID = "AlreadyPaid"
"""The error type of a step that does not go with a payout which this run knows nothing of: a task was lost."""

ASKS_SOMETHING_ELSE = "AsksSomethingElse"
"""The error type of an answer to a call for help that people do not see any more: a task was lost."""

RUN_IS_BEHIND = "RunIsBehind"
"""The error type of a word that was refused meanwhile, or of goods that nobody awaits any more: a task was lost."""

OTHER_APPROVER_NEEDED = "OtherApproverNeeded"
"""The error type of an approval that does not count beside those before: it is by the same key, or by none."""

ALREADY_UNDONE = "AlreadyUndone"
"""The error type of a step whose undo came first: it must not happen any more."""


def workflow_id(refund_id: str) -> str:
    return f"refund-{refund_id}"


def refund_of(workflow_id_: str) -> str:
    return workflow_id_.removeprefix("refund-")


@dataclass(frozen=True, slots=True)
class StartRefund:
    """`lines` are the units asked for by line; `has_adjustment` says that money without goods is asked for too.

    `measures` says of which lines the units are thousandths, and of what (rule 48).
    `opening` says why this run begins: a refund may need another one after its first (`activities/reopening.py`).
    `approvals_needed` is how many reviewers have to approve it, each with another key (rule 54).
    """

    refund: RefundRef
    order_id: str
    reason: str
    total: Money
    lines: tuple[tuple[str, int], ...]
    has_adjustment: bool
    opening: Opening = Opening.REQUESTED
    measures: tuple[tuple[str, Measure], ...] = ()
    approvals_needed: int = 1


@dataclass(frozen=True, slots=True)
class RefundOutcome:
    status: str
    why: str


_LONGEST_SUMMARY = 190
"""Temporal takes summaries of at most 200 bytes; an id of a merchant's alone may have 400."""


def shortened(summary: str) -> str:
    """Cut a summary for the Temporal UI where Temporal would refuse it, with all that it stands for."""
    return summary.encode()[:_LONGEST_SUMMARY].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class ReviewInput:
    """`reason_code` says why it is rejected, `evidence_wanted` what the customer is asked for.

    `key_id` is who says it over HTTP: a person, or the API key where that names none. What has none came from Temporal.
    """

    decision: Decision
    by: str = "temporal"
    note: str = ""
    reason_code: EndedBecause | None = None
    evidence_wanted: tuple[EvidenceWanted, ...] = ()
    key_id: str = ""

    @property
    def approves(self) -> bool:
        return self.decision is Decision.APPROVE


@dataclass(frozen=True, slots=True)
class ReviewSaid:
    """The same as it is said, perhaps by people at the Temporal UI or CLI: the workflow checks it, and says what is
    wrong in one sentence.
    """

    decision: str = ""
    by: str = "temporal"
    note: str = ""
    reason_code: str | None = None
    evidence_wanted: tuple[str, ...] = ()
    key_id: str = ""

    def understood(self) -> ReviewInput:
        """Raise ApplicationError for a word that is no decision, or a code that does not belong to it."""
        if self.decision not in set(Decision):
            said = f"{self.decision!r} is no decision" if self.decision else "no decision was given"
            raise ApplicationError(
                f'{said}: say {{"decision": "approve", "by": "your name", "note": "why"}}, '
                f"or {' or '.join(word for word in Decision if word is not Decision.APPROVE)}",
                type=NOT_UNDERSTOOD,
                non_retryable=True,
            )
        decision = Decision(self.decision)
        if wrong := what_does_not_fit(decision, self.reason_code, self.evidence_wanted):
            raise ApplicationError(wrong, type=NOT_UNDERSTOOD, non_retryable=True)
        because = RejectionReason(self.reason_code) if self.reason_code else None
        wanted = tuple(map(EvidenceWanted, self.evidence_wanted))
        return ReviewInput(decision, self.by, self.note, because, wanted, self.key_id)


@dataclass(frozen=True, slots=True)
class CancelInput:
    """`role` is that of the key it was said with; the customer is told whether it was they or the merchant.

    `key_id` is who says it over HTTP, as a review's.
    """

    by: str = "temporal"
    note: str = ""
    role: str = ""
    key_id: str = ""

    def from_temporal(self) -> "CancelInput":
        """The same as it is noted when somebody at Temporal has said it: marked, and under nobody's role."""
        return replace(self, by=said_by(self.by), role="", key_id="")


@dataclass(frozen=True, slots=True)
class PayoutEvent:
    """What a provider says of a payout, by webhook or look-up: a hint, which the workflow looks up."""

    payment_id: str
    status: GatewayStatus
    reference: str | None = None


PAY_OUT = "pay_out"
"""The step at which people are asked about a payout."""


class Resolution(StrEnum):
    """`retry` when the cause is mended, `settle` when it was done by hand, `skip` when it need not be done.

    `failed` when money that people were to transfer did not arrive, or was sent back after they had.
    """

    RETRY = "retry"
    SKIP = "skip"
    DONE_BY_HAND = "settle"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ResolveInput:
    """An answer to a call for help that has been understood; `reference` is what the bank calls a transfer.

    `payment_id` says which share it is about, where that is said. `key_id` is who says it over HTTP, as a review's.
    """

    step: str
    action: Resolution
    by: str = "temporal"
    note: str = ""
    reference: str = ""
    payment_id: str = ""
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class ResolveSaid:
    """The same as it is said; what is forgotten or misspelt is refused in one sentence."""

    step: str = ""
    action: str = ""
    by: str = "temporal"
    note: str = ""
    reference: str = ""
    payment_id: str = ""
    key_id: str = ""

    def understood(self) -> ResolveInput:
        action, about = Resolution(self.action), (self.reference, self.payment_id)
        return ResolveInput(self.step, action, self.by, self.note, *about, self.key_id)
