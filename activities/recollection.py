"""What a run is told of a refund when it loads: what earlier runs left behind, as the books show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.parcels import Inspection, inspection_of, received_of
from activities.refunds import may_be_paid
from activities.review import Assessment, approvals_of
from db import claims, journal, messages, payouts, steps, words
from db.read_models import Payout, Refund
from domain.audit_actions import AuditAction
from domain.claims.claims import ClaimState
from domain.claims.lost_parcels import LostParcel
from domain.explain.endings import EndedBecause, HouseReason, stored_reason
from domain.explain.messages import Topic
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.rights.approvals import Approval
from domain.rights.review import Decision
from domain.said import KnownWord, WordKind
from domain.steps import Step
from gateways.ports import DISPUTED
from service.goods_return import lost_of
from service.steps import RefundRef, StepTransaction

_UNDOABLE = (Step.HOLD, Step.ISSUE_RETURN)


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision
    by: str
    rule: str | None
    note: str
    reason_code: EndedBecause | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Somebody called the refund off in this round."""

    by: str
    note: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What earlier runs left behind: the round, what people said, and how far it had come; `is_first`: nothing at all.

    `came_late` says that its parcel reopened it, `was_stopping` that it was being undone, `stops_as` how it ends then
    and `stops_because` why, `was_taken_back` that a payout failed after it had succeeded. `told` are the topics of all
    messages to the customer in this round, `deliver_by` is the day they were told. `is_lost` says that its parcel is
    lost and nothing of it came after all. `words` are all that was said, `asked_about` is the payment about whose
    payout people are asked already. `lost` are the parcels that are lost where others are not, `is_settled` says that
    what is paid is fixed: nothing is awaited any more. `assessment` is what a first run has asked for with it.
    `is_given_up` says that the bank took the money back: nothing is paid again (rule 52). `approvals` are those so far,
    where more are needed. `owes_word_of_failure`: nobody told the customer that the payout before came back.
    `ahead_s`: by how many seconds the merchant's clock is ahead.
    """

    refund: RefundRef
    status: RefundStatus
    decided: Decided | None
    received: tuple[tuple[str, int], ...]
    inspection: Inspection | None
    came_late: bool
    is_past_the_pivot: bool
    was_stopping: bool
    was_taken_back: bool
    stops_as: RefundStatus = RefundStatus.REJECTED
    told: tuple[Topic, ...] = ()
    deliver_by: datetime | None = None
    has_shipped: bool = False
    is_lost: bool = False
    stops_because: EndedBecause | None = None
    is_first: bool = False
    words: tuple[KnownWord, ...] = ()
    cancelled: Cancelled | None = None
    asked_about: str | None = None
    assessment: Assessment | None = None
    is_given_up: bool = False
    lost: tuple[LostParcel, ...] = ()
    is_settled: bool = False
    approvals: tuple[Approval, ...] = ()
    owes_word_of_failure: bool = False
    ahead_s: float = 0.0


async def recollect(tx: StepTransaction, now_is: datetime) -> Recollection:
    """Read what earlier runs left behind; `now_is` is the time of the run's workflow."""
    ref, connection, refund = tx.ref, tx.connection, tx.refund
    now = replace(ref, round=refund.round)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    known = await steps.steps_of(connection, ref.refund_id)
    is_undone = {name for name in Step if known.get(now.step(name)) is True}
    is_done = {name for name in Step if known.get(now.step(name)) is False}
    paid = (await payouts.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    was_paid = any(map(Step.CONFIRM_PAYOUTS.is_of, known))
    inspection = inspection_of(rows)
    cancel = await words.latest(connection, ref.refund_id, refund.round, WordKind.CANCEL)
    stops_as = RefundStatus.CANCELLED if cancel is not None else await _end(connection, refund, now_is)
    lost = lost_of(refund.goods_return)
    is_released = bool(rows) and all(row.state == ClaimState.RELEASED for row in rows)
    return Recollection(
        refund=now,
        status=RefundStatus(refund.status),
        decided=_decided(refund),
        received=(received := received_of(rows)),
        inspection=inspection,
        came_late=Step.CLAIM_AGAIN in is_done,
        is_past_the_pivot=was_paid or any(map(may_be_paid, paid)),
        was_stopping=not is_undone.isdisjoint(_UNDOABLE) or is_released,
        was_taken_back=Step.CONFIRM_PAYOUTS in is_undone,
        stops_as=stops_as,
        stops_because=_refused_because(refund, inspection, paid) if stops_as is RefundStatus.REJECTED else None,
        told=await _told(connection, refund, refund.round),
        deliver_by=_deliver_by(refund),
        has_shipped=bool((refund.goods_return or {}).get("tracking_number")),
        is_lost=Step.LOSS in is_done and not received and not lost,
        lost=lost,
        is_settled=Step.HOLD in is_done,
        words=await words.known(connection, ref.refund_id),
        cancelled=None if cancel is None else Cancelled(**cancel),
        asked_about=(refund.needs_attention or {}).get("payment_id"),
        is_given_up=_is_given_up(refund, paid),
        approvals=approvals_of(refund),
        owes_word_of_failure=await _owes_word_of_failure(connection, refund, known),
    )


async def _owes_word_of_failure(connection: AsyncConnection, refund: Refund, known: Mapping[str, bool]) -> bool:
    before = RefundRef(refund.refund_id, refund.merchant_id, refund.round).round_before
    if known.get(before.step(Step.CONFIRM_PAYOUTS)) is not True:
        return False
    return Topic.PAYOUT_FAILED not in await _told(connection, refund, before.round)


def _is_given_up(refund: Refund, paid: Sequence[Payout]) -> bool:
    """Whether it was a dispute that was lost, and is won after all; once it is closed its payout is gone as well."""
    is_loss = refund.external is not None and refund.external.read().is_loss
    return is_loss and not any(row.status == PayoutStatus.SUCCEEDED for row in paid)


async def _told(connection: AsyncConnection, refund: Refund, round_: int) -> tuple[Topic, ...]:
    """What the customer was told in this round; in another the same is told anew."""
    return tuple(each.topic for each in await messages.told_in(connection, refund, round_) if each.to_customer)


_REFUSALS = {AuditAction.REVIEW_REJECTED, AuditAction.INSPECTED, AuditAction.PAYOUT_DECLINED}


async def _end(connection: AsyncConnection, refund: Refund, now: datetime) -> RefundStatus:
    """How a refund ends that is being undone: for the reason that can be seen, else somebody called it off.

    `now` is the time of its workflow, by which its deadline was set.
    """
    events = {event.event for event in await journal.timeline(connection, refund.refund_id)}
    if events & _REFUSALS:
        return RefundStatus.REJECTED
    deliver_by = _deliver_by(refund)
    is_overdue = deliver_by is not None and deliver_by < now
    return RefundStatus.EXPIRED if is_overdue and AuditAction.SHIPPED not in events else RefundStatus.CANCELLED


def _refused_because(refund: Refund, inspection: Inspection | None, paid: Sequence[Payout]) -> EndedBecause | None:
    """Why a refund is refused that is being undone, as far as it can be seen."""
    if refund.review is not None and refund.review["decision"] == Decision.REJECT:
        return stored_reason(refund.review.get("reason_code"))
    if any(row.decline_code == DISPUTED for row in paid):
        return HouseReason.PAYMENT_DISPUTED
    nothing_accepted = inspection is not None and not any(line.accepted for line in inspection.lines)
    return HouseReason.NOTHING_ACCEPTED if nothing_accepted else None


def _deliver_by(refund: Refund) -> datetime | None:
    said = (refund.goods_return or {}).get("deliver_by")
    return datetime.fromisoformat(said) if said else None


def _decided(refund: Refund) -> Decided | None:
    if refund.review is None or refund.review["decision"] == Decision.REQUEST_EVIDENCE:
        return None
    said = refund.review
    code = stored_reason(said.get("reason_code"))
    return Decided(Decision(said["decision"]), said["by"], said["rule"], said["note"], code)
