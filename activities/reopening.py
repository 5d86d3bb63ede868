"""Opening a refund again: its workflow was ended in Temporal, a parcel came late, a payout failed later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import kept_of
from activities.returns import Inspection, inspection_of
from activities.steps import RefundRef, StepTransaction, step
from db import claims, journal, messages, orders, payouts, positions, steps
from db.codec import from_json, to_json
from db.read_models import ClaimRow, Payout, Refund
from domain.claims import Claim, ClaimState, LinePosition
from domain.endings import EndedBecause, HouseReason, stored_reason
from domain.lifecycle import PayoutStatus
from domain.messages import Topic
from domain.money import Money
from domain.reasons import RefundStatus
from domain.refusals import RefundRejected
from domain.review import Decision, WaitsBecause, because_of_the_parcel
from domain.steps import Step
from gateways.ports import DISPUTED

_UNDOABLE = (Step.HOLD, Step.ISSUE_RETURN)


class Opening(StrEnum):
    """Why a run of the workflow begins."""

    REQUESTED = "requested"
    PICKED_UP = "picked_up"
    LATE_PARCEL = "late_parcel"
    LOST_PARCEL = "lost_parcel"
    PAYOUT_FAILED = "payout_failed"

    @property
    def is_for_a_parcel(self) -> bool:
        return self in (self.LATE_PARCEL, self.LOST_PARCEL)


@dataclass(frozen=True, slots=True)
class TakeOver:
    """`run` is how the new run names what occurs in it, `since` when it began."""

    refund: RefundRef
    opening: Opening
    run: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    decision: Decision
    by: str
    rule: str | None
    note: str
    reason_code: EndedBecause | None = None


@dataclass(frozen=True, slots=True)
class Recollection:
    """What earlier runs left behind: the round, what people said, and how far it had come.

    `came_late` says that its parcel reopened it, `was_stopping` that it was being undone, `stops_as` how it ends then
    and `stops_because` why, `was_taken_back` that a payout failed after it had succeeded. `told` are the topics of all
    messages to the customer in this round, `deliver_by` is the day they were told. `is_lost` says that its parcel is
    lost.
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


class Reopenings:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: earlier runs are over.
    @activity.defn
    async def take_over(self, command: TakeOver) -> Recollection:
        """Tell a new run where the refund stands, so that nobody is asked twice; what earlier runs ask is void.

        A run that asks again is told the same, whatever it has done since then.
        """
        ref = command.refund
        async with step(self._engine, ref, Step.TAKE_OVER, said=command.run) as tx:
            if not tx.is_first:
                return from_json(Recollection, tx.result)
            # This is the run that counts now, unless a later one is by now.
            await steps.keep_latest(tx.connection, ref.refund_id, Step.RUN, command.since, {"run": command.run})
            if command.opening is Opening.PICKED_UP:
                # What an ended run was about to claim for a late parcel must not be claimed after this one.
                again = replace(ref, round=tx.refund.round).next_round
                await steps.mark_undone(tx.connection, ref.refund_id, again.step(Step.CLAIM_AGAIN))
                sentence = "its workflow was ended in Temporal; another one goes on with it"
                await tx.note("picked_up", sentence, {"run": command.run})
            if command.opening.is_for_a_parcel:
                # What a run that was picked up left against the claims of an ended one must not keep this one's away.
                again = replace(ref, round=tx.refund.round).next_round
                await steps.forget_tombstone(tx.connection, ref.refund_id, again.step(Step.CLAIM_AGAIN))
            recollection = await _recollection(tx)
            await tx.keep(to_json(recollection))
        return recollection

    # Undone by `Refunds.release_claims`.
    @activity.defn
    async def claim_again(self, ref: RefundRef) -> str | None:
        """Claim an expired refund's units again in this round; tells what is missing where others have them now."""
        try:
            async with step(self._engine, ref, Step.CLAIM_AGAIN) as tx:
                if tx.is_first:
                    await _claim_again(tx)
        except RefundRejected as refused:
            return str(refused)
        return None


async def _recollection(tx: StepTransaction) -> Recollection:
    ref, connection, refund = tx.ref, tx.connection, tx.refund
    now = replace(ref, round=refund.round)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    known = await steps.steps_of(connection, ref.refund_id)
    is_undone = {name for name in Step if known.get(now.step(name)) is True}
    is_done = {name for name in Step if known.get(now.step(name)) is False}
    paid = (await payouts.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    was_paid = any(map(Step.CONFIRM_PAYOUTS.is_of, known))
    inspection = inspection_of(rows)
    stops_as = await _end(connection, refund)
    is_released = bool(rows) and all(row.state == ClaimState.RELEASED for row in rows)
    return Recollection(
        refund=now,
        status=RefundStatus(refund.status),
        decided=_decided(refund),
        received=tuple((row.line_id, row.received) for row in rows if row.received),
        inspection=inspection,
        came_late=Step.CLAIM_AGAIN in is_done,
        is_past_the_pivot=was_paid or any(map(_may_be_paid, paid)),
        was_stopping=not is_undone.isdisjoint(_UNDOABLE) or is_released,
        was_taken_back=Step.CONFIRM_PAYOUTS in is_undone,
        stops_as=stops_as,
        stops_because=_refused_because(refund, inspection, paid) if stops_as is RefundStatus.REJECTED else None,
        told=await _told(connection, now),
        deliver_by=_deliver_by(refund),
        has_shipped=bool((refund.goods_return or {}).get("tracking_number")),
        is_lost=Step.LOSS in is_done,
    )


async def _claim_again(tx: StepTransaction) -> None:
    ref, connection, refund = tx.ref, tx.connection, tx.refund
    await tx.lock_customer()
    stored = await orders.find(connection, ref.merchant_id, refund.order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, ref.merchant_id, stored)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    made = [_anew(position.line(row.line_id), row, refund.currency) for row in rows]
    await steps.mark_undone(connection, ref.refund_id, replace(ref, round=ref.round - 1).step(Step.CLOSE))
    await claims.replace(connection, ref.refund_id, made)
    await claims.revive(connection, ref.refund_id)
    opened = {"status": RefundStatus.IN_REVIEW, "round": ref.round, "completed_at": None, "review": None}
    opened["ended_because"] = None
    opened |= kept_of(because_of_the_parcel(WaitsBecause.PARCEL_LATE))
    await tx.change(**opened, risk=None)
    sentence = "opened again for its parcel, which came or was lost after the end"
    await tx.note("reopened", sentence, {"round": ref.round})


def _anew(line: LinePosition, row: ClaimRow, currency: str) -> Claim:
    return line.claim_units(row.requested) if row.requested else line.claim_amount(Money(currency, row.amount))


def _may_be_paid(payout: Payout) -> bool:
    """Whether money may have gone back; not where the payment was charged back: that refund is refused (rule 11)."""
    if payout.status == PayoutStatus.DECLINED:
        return bool(payout.decline_code != DISPUTED)
    return bool(payout.status != PayoutStatus.PLANNED)


async def _told(connection: AsyncConnection, ref: RefundRef) -> tuple[Topic, ...]:
    """What was told in this round; in another the same is told anew."""
    sent = await messages.of_refund(connection, ref.refund_id, in_round=ref.round)
    return tuple(Topic(row.topic) for row in sent if row.recipient != messages.OPERATIONS)


_REFUSALS = {"review_rejected", "inspected", "payout_declined"}


async def _end(connection: AsyncConnection, refund: Refund) -> RefundStatus:
    """How a refund ends that is being undone: for the reason that can be seen, else somebody called it off."""
    events = {event.event for event in await journal.timeline(connection, refund.refund_id)}
    if events & _REFUSALS:
        return RefundStatus.REJECTED
    deliver_by = _deliver_by(refund)
    is_overdue = deliver_by is not None and deliver_by < datetime.now(UTC)
    return RefundStatus.EXPIRED if is_overdue and "shipped" not in events else RefundStatus.CANCELLED


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
