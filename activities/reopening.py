"""Opening a refund again: its workflow was ended in Temporal, a parcel came late, a payout failed later."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.refunds import RUN, RefundRef, kept_of
from activities.returns import LOSS, Inspection, inspection_of
from db import claims, customers, effects, journal, messages, orders, payouts, positions, refunds
from db.codec import from_json, to_json
from domain.claims import Claim, ClaimState, LinePosition
from domain.lifecycle import PayoutStatus
from domain.messages import Topic
from domain.money import Money
from domain.reasons import RefundStatus
from domain.refusals import RefundRejected
from domain.review import Decision, WaitsBecause, because_of_the_parcel
from gateways.ports import DISPUTED

_UNDOABLE = ("hold", "issue_return")


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


@dataclass(frozen=True, slots=True)
class Recollection:
    """What earlier runs left behind: the round, what people said, and how far it had come.

    `came_late` says that its parcel reopened it, `was_stopping` that it was being undone and `stops_as` how it ends
    then, `was_taken_back` that a payout failed after it had succeeded. `told` are the topics of all messages to the
    customer in this round, `deliver_by` is the day they were told. `is_lost` says that its parcel is lost.
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


class Reopenings:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: earlier runs are over.
    @activity.defn
    async def take_over(self, command: TakeOver) -> Recollection:
        """Tell a new run where the refund stands, so that nobody is asked twice; what earlier runs ask is void.

        A run that asks again is told the same, whatever it has done since then.
        """
        ref, step = command.refund, f"take_over:{command.run}"
        async with self._engine.begin() as connection:
            is_repeat, known = await effects.earlier(connection, ref.refund_id, step)
            if is_repeat:
                return from_json(Recollection, known)
            await _take_over(connection, command)
            if command.opening is Opening.PICKED_UP:
                # What an ended run was about to claim for a late parcel must not be claimed after this one.
                again = replace(ref, round=(await refunds.get(connection, ref.refund_id)).round).next_round
                await effects.bury(connection, ref.refund_id, again.step("claim_again"))
                sentence = "its workflow was ended in Temporal; another one goes on with it"
                note = journal.Note("picked_up", sentence, "makewhole", {"run": command.run})
                await journal.record(connection, ref.refund_id, note)
            recollection = await _recollection(connection, ref)
            await effects.keep_result(connection, ref.refund_id, step, to_json(recollection))
        return recollection

    # Undone by `Refunds.release_claims`.
    @activity.defn
    async def claim_again(self, ref: RefundRef) -> str | None:
        """Claim an expired refund's units again in this round; tells what is missing where others have them now."""
        try:
            async with self._engine.begin() as connection:
                is_repeat, _ = await effects.earlier(connection, ref.refund_id, ref.step("claim_again"))
                if not is_repeat:
                    await _claim_again(connection, ref)
        except RefundRejected as refused:
            return str(refused)
        return None


async def _take_over(connection: AsyncConnection, command: TakeOver) -> None:
    """Make this the run that counts, unless a later one is by now."""
    refund_id = command.refund.refund_id
    await refunds.get(connection, refund_id, lock=True)
    await effects.keep_latest(connection, refund_id, RUN, command.since, {"run": command.run})


async def _recollection(connection: AsyncConnection, ref: RefundRef) -> Recollection:
    refund = await refunds.get(connection, ref.refund_id)
    now = RefundRef(ref.refund_id, ref.merchant_id, refund.round)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    buried = [await effects.is_buried(connection, ref.refund_id, now.step(step)) for step in _UNDOABLE]
    paid = (await payouts.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    was_paid = any(ref.is_step(step, "confirm_payouts") for step in await effects.steps_of(connection, ref.refund_id))
    is_released = bool(rows) and all(row.state == ClaimState.RELEASED for row in rows)
    return Recollection(
        refund=now,
        status=RefundStatus(refund.status),
        decided=_decided(refund),
        received=tuple((row.line_id, row.received) for row in rows if row.received),
        inspection=inspection_of(rows),
        came_late=await effects.is_done(connection, ref.refund_id, now.step("claim_again")),
        is_past_the_pivot=was_paid or any(map(_may_be_paid, paid)),
        was_stopping=any(buried) or is_released,
        was_taken_back=await effects.is_buried(connection, ref.refund_id, now.step("confirm_payouts")),
        stops_as=await _end(connection, refund),
        told=await _told(connection, now),
        deliver_by=_deliver_by(refund),
        has_shipped=bool((refund.goods_return or {}).get("tracking_number")),
        is_lost=await effects.is_done(connection, ref.refund_id, now.step(LOSS)),
    )


async def _claim_again(connection: AsyncConnection, ref: RefundRef) -> None:
    refund = await refunds.get(connection, ref.refund_id, lock=True)
    await customers.lock(connection, ref.merchant_id, refund.customer_id)
    stored = await orders.find(connection, ref.merchant_id, refund.order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, ref.merchant_id, stored)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    made = [_anew(position.line(row.line_id), row, refund.currency) for row in rows]
    await effects.bury(connection, ref.refund_id, replace(ref, round=ref.round - 1).step("close"))
    await claims.replace(connection, ref.refund_id, made)
    await claims.revive(connection, ref.refund_id)
    opened = {"status": RefundStatus.IN_REVIEW, "round": ref.round, "completed_at": None, "review": None}
    opened |= kept_of(because_of_the_parcel(WaitsBecause.PARCEL_LATE))
    await refunds.change(connection, ref.refund_id, **opened, risk=None)
    note = journal.Note(
        "reopened",
        "opened again for its parcel, which came or was lost after the end",
        "makewhole",
        {"round": ref.round},
    )
    await journal.record(connection, ref.refund_id, note)


def _anew(line: LinePosition, row: Row[Any], currency: str) -> Claim:
    return line.claim_units(row.requested) if row.requested else line.claim_amount(Money(currency, row.amount))


def _may_be_paid(payout: Row[Any]) -> bool:
    """Whether money may have gone back; not where the payment was charged back: that refund is refused (rule 11)."""
    if payout.status == PayoutStatus.DECLINED:
        return bool(payout.decline_code != DISPUTED)
    return bool(payout.status != PayoutStatus.PLANNED)


async def _told(connection: AsyncConnection, ref: RefundRef) -> tuple[Topic, ...]:
    """What was told in this round; in another the same is told anew."""
    sent = await messages.of_refund(connection, ref.refund_id, in_round=ref.round)
    return tuple(Topic(row.topic) for row in sent if row.recipient != messages.OPERATIONS)


_REFUSALS = {"review_rejected", "inspected", "payout_declined"}


async def _end(connection: AsyncConnection, refund: Row[Any]) -> RefundStatus:
    """How a refund ends that is being undone: for the reason that can be seen, else somebody called it off."""
    events = {event.event for event in await journal.timeline(connection, refund.refund_id)}
    if events & _REFUSALS:
        return RefundStatus.REJECTED
    deliver_by = _deliver_by(refund)
    is_overdue = deliver_by is not None and deliver_by < datetime.now(UTC)
    return RefundStatus.EXPIRED if is_overdue and "shipped" not in events else RefundStatus.CANCELLED


def _deliver_by(refund: Row[Any]) -> datetime | None:
    said = (refund.goods_return or {}).get("deliver_by")
    return datetime.fromisoformat(said) if said else None


def _decided(refund: Row[Any]) -> Decided | None:
    if refund.review is None or refund.review["decision"] == Decision.REQUEST_EVIDENCE:
        return None
    said = refund.review
    return Decided(Decision(said["decision"]), said["by"], said["rule"], said["note"])
