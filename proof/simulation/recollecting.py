"""What a run is told of a refund when it loads, as the books show it, like `activities/recollection.py`."""

from datetime import datetime

from activities.recollection import Cancelled, Recollection
from domain.claims.claims import ClaimState
from domain.explain.messages import Topic
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.rights.review import Decision
from domain.said import KnownWord, WordKind
from domain.steps import Step
from gateways.ports import DISPUTED
from proof.simulation.losses import asks_about_lost
from proof.simulation.refund_book import BookedPayout, RefundBook, WordRow
from service.steps import RefundRef


def recollection(refund: RefundBook, now: RefundRef, status: RefundStatus, since: datetime) -> Recollection:
    """Tell a run that began at `since` where the refund stands, in the round that is now."""
    is_open = refund.decided is None or refund.decided.decision is Decision.REQUEST_EVIDENCE
    was_paid = any(Step.CONFIRM_PAYOUTS.is_of(step) for step in refund.effects.keys() | refund.undone)
    is_paying = any(may_be_paid(each) for each in refund.payouts.values())
    cancel = _cancel_of(refund)
    return Recollection(
        refund=now,
        status=status,
        decided=None if is_open else refund.decided,
        received=refund.received_lines,
        inspection=refund.inspection,
        came_late=now.step(Step.CLAIM_AGAIN) in refund.effects,
        is_lost=now.step(Step.LOSS) in refund.effects and not refund.received_lines and not refund.lost,
        lost=refund.lost,
        is_settled=now.step(Step.HOLD) in refund.effects,
        is_past_the_pivot=was_paid or is_paying,
        was_stopping=refund.claims is ClaimState.RELEASED
        or any(now.step(step) in refund.undone for step in (Step.HOLD, Step.ISSUE_RETURN)),
        was_taken_back=now.step(Step.CONFIRM_PAYOUTS) in refund.undone,
        stops_as=RefundStatus.CANCELLED if cancel else _end(refund, since),
        told=tuple(Topic(topic) for in_round, topic, _ in refund.told if in_round == now.round and _is_for_them(topic)),
        deliver_by=refund.deliver_by,
        has_shipped=refund.has_shipped,
        words=tuple(_known(each) for each in refund.words.values() if not each.is_refusal),
        cancelled=cancel,
        approvals=refund.approvals,
        owes_word_of_failure=_owes_word_of_failure(refund, now.round_before),
        is_given_up=refund.is_loss
        and not any(each.status is PayoutStatus.SUCCEEDED for each in refund.payouts.values()),
    )


def _owes_word_of_failure(refund: RefundBook, before: RefundRef) -> bool:
    is_told = any(each[:2] == (before.round, Topic.PAYOUT_FAILED) for each in refund.told)
    return before.step(Step.CONFIRM_PAYOUTS) in refund.undone and not is_told


def reached(refund: RefundBook, ref: RefundRef) -> RefundStatus:
    """Where a refund stood when it called for help, by the last step it had done."""
    if ref.step(Step.CONFIRM_PAYOUTS) in refund.effects:
        return RefundStatus.RESTORING
    if ref.step(Step.HOLD) in refund.effects:
        return RefundStatus.PAYING_OUT
    if ref.step(Step.ISSUE_RETURN) not in refund.effects:
        return RefundStatus.IN_REVIEW
    if ref.step(Step.LOSS) in refund.effects and (asks_about_lost(refund) or not refund.lost):
        return RefundStatus.IN_REVIEW
    if refund.received:
        return RefundStatus.INSPECTING
    return RefundStatus.IN_TRANSIT if refund.shipped else RefundStatus.AWAITING_RETURN


def _cancel_of(refund: RefundBook) -> Cancelled | None:
    said = [
        each
        for each in refund.words.values()
        if each.word.kind is WordKind.CANCEL and each.round == refund.round and each.overruled is None
    ]
    return Cancelled(**said[-1].body) if said else None


def _is_for_them(topic: str) -> bool:
    """Whether the customer was told, by the run and not by what was given back."""
    return isinstance(topic, Topic) and not topic.is_for_operations


def _end(refund: RefundBook, now: datetime) -> RefundStatus:
    """How a refund ends that is being undone, by what can be seen."""
    if refund.events & {"review_rejected", "inspected", "payout_declined"}:
        return RefundStatus.REJECTED
    is_overdue = refund.deliver_by is not None and refund.deliver_by < now
    return RefundStatus.EXPIRED if is_overdue and "shipped" not in refund.events else RefundStatus.CANCELLED


def may_be_paid(payout: BookedPayout) -> bool:
    if payout.status is PayoutStatus.DECLINED:
        return payout.decline_code != DISPUTED
    return payout.status is not PayoutStatus.PLANNED


def _known(row: WordRow) -> KnownWord:
    return KnownWord(row.word.word_id, row.word.kind, row.word.sha256, row.overruled)
