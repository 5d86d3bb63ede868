"""What a customer's key is not told: risk, who reviewed and how, what operations are to do, what exchanges cost."""

from collections.abc import Iterable
from typing import TypeVar

from api.effects import NO_EFFECTS
from api.schemas.live import LiveEvent
from api.schemas.refund_answers import RefundAnswer, RefundSummary, TimelineAnswer
from api.schemas.stages import UNTOLD_RISK, ReviewAnswer
from db.api_keys import Caller, Role
from domain.audit_actions import AuditAction
from domain.said import BY_RULE
from domain.settlement.deductions import NOT_A_RECEIVERS

Happened = TypeVar("Happened", TimelineAnswer, LiveEvent)

_THE_GIVERS = frozenset(
    {
        AuditAction.POINTS_SETTLED,
        AuditAction.POINTS_WITHDRAWN,
        AuditAction.COUPON_REINSTATED,
        AuditAction.COUPON_WITHDRAWN,
        AuditAction.COUPON_RESIDUAL,
        AuditAction.EXCLUSIVE_DISCOUNT_REINSTATED,
        AuditAction.EXCLUSIVE_DISCOUNT_WITHDRAWN,
        AuditAction.GRANT_WITHDRAWN,
        AuditAction.GRANTS_WITHDRAWN,
        AuditAction.CAMPAIGNS_RECALCULATED,
        AuditAction.CAMPAIGNS_WITHDRAWN,
        AuditAction.TIER_RECALCULATED,
    }
)
"""Events of what the giver of a gift spent or earned, of which its receiver is not told (rule 56)."""

_NOT_A_RECEIVERS = _THE_GIVERS | {AuditAction.GRANT_OF_ANOTHER_WITHDRAWN}

_TOLD = _THE_GIVERS | frozenset(
    {
        AuditAction.REQUESTED,
        AuditAction.EVIDENCE_ADDED,
        AuditAction.LABEL_READY,
        AuditAction.LABEL_VOID,
        AuditAction.LABEL_VOIDED,
        AuditAction.SHIPPED,
        AuditAction.PARCEL_RECEIVED,
        AuditAction.PARCEL_TRACKED,
        AuditAction.SETTLED,
        AuditAction.RELEASED,
        AuditAction.PAID,
        AuditAction.PAYOUT_DECLINED,
        AuditAction.PAYOUT_FAILED,
        AuditAction.COMPLETED,
        AuditAction.REOPENED,
        AuditAction.FEEDBACK,
    }
)
"""Events whose sentence nobody but makewhole, the carrier, the provider and the customer's own side has a word in."""


def told(answer: RefundAnswer, caller: Caller) -> RefundAnswer:
    """Return what this caller is told of a refund."""
    if caller.role is not Role.CUSTOMER:
        return answer
    shown = answer if answer.beneficiary is None else _without_the_giver(answer)
    return shown.model_copy(
        update={
            "needs_attention": None,
            "risk": UNTOLD_RISK,
            "waits_because": [],
            "external": answer.external and answer.external.model_copy(update={"note": ""}),
            "review": _without_names(answer.review) if answer.review else None,
            "approvals": [],
            "payouts": [each.model_copy(update={"exchange_difference": None}) for each in shown.payouts],
            "timeline": [_without_words(entry) for entry in shown.timeline],
        }
    )


def told_in_a_list(summary: RefundSummary, caller: Caller) -> RefundSummary:
    if caller.role is not Role.CUSTOMER:
        return summary
    external = summary.external and summary.external.model_copy(update={"note": ""})
    whose = {} if summary.beneficiary is None else {"customer_id": summary.beneficiary, "guest": None}
    return summary.model_copy(update={"needs_attention": None, "external": external, **whose})


def told_live(events: Iterable[LiveEvent], caller: Caller, *, to_receiver: bool) -> list[LiveEvent]:
    """Return what this caller is told as it happens; to_receiver: whether its customer got it as a gift."""
    if caller.role is not Role.CUSTOMER:
        return list(events)
    return [_without_words(each) for each in events if not (to_receiver and each.event in _NOT_A_RECEIVERS)]


def _without_the_giver(answer: RefundAnswer) -> RefundAnswer:
    """What the receiver of a gift sees: goods and credit, nothing of what the giver paid with, spent or earned."""
    lines = [each.model_copy(update={"points_restored": 0, "explanation": None}) for each in answer.lines]
    own = [each for each in answer.deductions if each.kind not in NOT_A_RECEIVERS]
    return answer.model_copy(
        update={
            "customer_id": answer.beneficiary,
            "guest": None,
            "lines": lines,
            "deductions": own,
            "deductions_returned": [],
            "interest": [],
            "lessened": [],
            "effects": NO_EFFECTS,
            "explanations": [],
            "metadata": {},
            "timeline": [entry for entry in answer.timeline if entry.event not in _NOT_A_RECEIVERS],
        }
    )


def _without_names(review: ReviewAnswer) -> ReviewAnswer:
    is_by_rule = review.by == BY_RULE
    return review.model_copy(update={"by": review.by if is_by_rule else None, "note": "", "approvals": []})


def _without_words(entry: Happened) -> Happened:
    """An event that a person may have said something to keeps its name alone."""
    if entry.event in _TOLD:
        return entry
    return entry.model_copy(update={"message": entry.event.replace("_", " ")})
