"""Opening a refund again: its workflow was ended in Temporal, a parcel came late, a payout failed later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.parcels import Inspection, inspection_of, received_of
from activities.refunds import kept_of, may_be_paid
from activities.review import Assessment, approvals_of, assessed
from db import claims, journal, messages, payouts, positions, refunds, standings, steps, stored_orders, words
from db.codec import from_json, to_json
from db.read_models import ClaimRow, Payout, Refund
from domain import clock
from domain.claims.claims import Claim, ClaimState, LinePosition
from domain.claims.lost_parcels import LostParcel, is_asked_about
from domain.explain.endings import EndedBecause, HouseReason, stored_reason
from domain.explain.messages import Topic
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.money.amounts import Money
from domain.refusals import RefundRejected
from domain.rights.approvals import Approval
from domain.rights.review import Decision, WaitsBecause, because_of_the_parcel
from domain.said import KnownWord, WordKind
from domain.sale.units import Units
from domain.steps import Step
from gateways.ports import DISPUTED
from service.goods_return import lost_of, without_lost
from service.steps import Begun, RefundRef, StepTransaction, another_has_begun, step

_UNDOABLE = (Step.HOLD, Step.ISSUE_RETURN)


class Opening(StrEnum):
    """Why a run of the workflow begins: the first, one that resumes after another, one that reopens what was over.

    `renewed`: its own history had grown long, and it goes on in a new one. `external`: the first, of a refund whose
    money went back elsewhere.
    """

    REQUESTED = "requested"
    EXTERNAL = "external"
    RESUMED = "resumed"
    RENEWED = "renewed"
    REOPENED_FOR_PARCEL = "reopened_for_parcel"
    REOPENED_FOR_PAYOUT = "reopened_for_payout"

    @property
    def reopens(self) -> bool:
        return self in (self.REOPENED_FOR_PARCEL, self.REOPENED_FOR_PAYOUT)


@dataclass(frozen=True, slots=True)
class Load:
    """`run` is how the run names what occurs in it, `since` when it began.

    With `assesses` the first run has its refund assessed with it, in one transaction.
    """

    refund: RefundRef
    opening: Opening
    run: str
    since: datetime
    assesses: bool = False

    @property
    def begun(self) -> Begun:
        return Begun(self.run, self.since)


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


class Reopenings:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: earlier runs are over.
    @activity.defn
    async def load(self, command: Load) -> Recollection:
        """Tell a run where the refund stands and what was said to earlier ones; the first finds nothing.

        What earlier runs ask of people is void. A run that loads again is told the same, whatever it has done since.
        """
        return replace(await self._loaded(command), ahead_s=clock.ahead().total_seconds())

    async def _loaded(self, command: Load) -> Recollection:
        ref = command.refund
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, ref.refund_id, lock=True) if command.assesses else None
            if await _is_first(connection, command):
                assessment = None if refund is None else await assessed(connection, ref, refund)
                nothing = Recollection(ref, RefundStatus.IN_REVIEW, None, (), None, *_NOTHING, is_first=True)
                return replace(nothing, assessment=assessment)
        async with step(self._engine, ref, Step.LOAD, said=command.run) as tx:
            if not tx.is_first:
                return from_json(Recollection, tx.result)
            if await _counts_from_now_on(tx, command):
                recollection = await _take_over(tx, command)
            else:  # nobody goes by what it would change
                recollection = await _recollection(tx, command.since)
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


def asks_about_a_late_parcel(refund: Refund) -> bool:
    """Whether it had ended, and asks for help now: the units of a parcel that came late are another refund's."""
    return (refund.needs_attention or {}).get("step") == Step.CLAIM_AGAIN


def _run(command: Load) -> dict[str, Any]:
    """How a run is named as the one that counts; runs of earlier versions did not load."""
    return {"run": command.run, "is_loaded": True}


_NOTHING = (False, False, False, False)


async def _is_first(connection: AsyncConnection, command: Load) -> bool:
    """Whether nothing was done for the refund before this run began, which is the one that counts then."""
    refund_id, begun = command.refund.refund_id, {**_run(command), "since": command.since.isoformat()}
    if command.opening is not Opening.REQUESTED:
        return False
    if not await steps.keep_first(connection, refund_id, Step.RUN, {**begun, "is_first": True}):
        counts = await steps.result_of(connection, refund_id, Step.RUN)
        return bool(counts["run"] == command.run and counts.get("is_first"))
    known = await steps.steps_of(connection, refund_id)
    if all(key in (Step.RUN, Step.BEGUN) or command.run in key for key in known):
        return True
    if await another_has_begun(connection, refund_id, command.begun):
        await steps.unclaim_step(connection, refund_id, Step.RUN)
    else:  # by an earlier version: it named no first run
        await steps.keep_result(connection, refund_id, Step.RUN, begun)
    return False


async def _counts_from_now_on(tx: StepTransaction, command: Load) -> bool:
    """Whether this is the run that counts now: not where a later one has loaded, or asks people since it can't."""
    if await another_has_begun(tx.connection, tx.ref.refund_id, command.begun):
        return False
    return await steps.keep_latest(tx.connection, tx.ref.refund_id, Step.RUN, command.since, _run(command))


async def _take_over(tx: StepTransaction, command: Load) -> Recollection:
    """Find out where the refund stands, and make this run the one that goes on with it."""
    ref = tx.ref
    await steps.void(tx.connection, ref.refund_id, Step.ATTENTION, command.run)
    if command.opening is Opening.REOPENED_FOR_PARCEL:
        # What a run that resumed left against the claims of an ended one must not keep this one's away.
        again = replace(ref, round=tx.refund.round).next_round
        await steps.forget_tombstone(tx.connection, ref.refund_id, again.step(Step.CLAIM_AGAIN))
    recollection = await _recollection(tx, command.since)
    if not command.opening.reopens:
        recollection = replace(recollection, status=await _resume(tx, command, recollection))
    elif asks_about_a_late_parcel(tx.refund):
        tx.change(status=recollection.stops_as, needs_attention=None)
        recollection = replace(recollection, status=recollection.stops_as)
    await words.note_taken_up(tx.connection, ref.refund_id)
    return recollection


async def _resume(tx: StepTransaction, command: Load, known: Recollection) -> RefundStatus:
    """Go on in place of another run; returns where the refund stands."""
    ref, status = tx.ref, RefundStatus(tx.refund.status)
    # What an ended run was about to claim for a late parcel must not be claimed after this one.
    again = replace(ref, round=tx.refund.round).next_round
    await steps.mark_undone(tx.connection, ref.refund_id, again.step(Step.CLAIM_AGAIN))
    if tx.refund.needs_attention is not None and not status.is_final:
        status = await status_reached(tx.connection, tx.refund)
        tx.change(status=status, needs_attention=None)
    if command.opening not in (Opening.RENEWED, Opening.EXTERNAL) and not known.is_given_up:
        sentence = "its workflow was ended in Temporal; another one goes on with it"
        await tx.note("picked_up", sentence, {"run": command.run})
    return status


_REACHED = {
    Step.CONFIRM_PAYOUTS: RefundStatus.RESTORING,
    Step.HOLD: RefundStatus.PAYING_OUT,
    Step.ISSUE_RETURN: RefundStatus.AWAITING_RETURN,
}


async def status_reached(connection: AsyncConnection, refund: Refund) -> RefundStatus:
    """Where a refund stood when it called for help, by the last step it had done."""
    ref = RefundRef(refund.refund_id, refund.merchant_id, refund.round)
    known = await steps.steps_of(connection, refund.refund_id)
    reached = (status for name, status in _REACHED.items() if known.get(ref.step(name)) is False)
    status = next(reached, RefundStatus.IN_REVIEW)
    lost = lost_of(refund.goods_return)
    is_reviewed = known.get(ref.step(Step.LOSS)) is False and (is_asked_about(lost) or not lost)
    if status is RefundStatus.AWAITING_RETURN and is_reviewed:
        return RefundStatus.IN_REVIEW
    events = {event.event for event in await journal.timeline(connection, refund.refund_id)}
    if status is RefundStatus.AWAITING_RETURN and "parcel_received" in events:
        return RefundStatus.INSPECTING
    if status is RefundStatus.AWAITING_RETURN and "shipped" in events:
        return RefundStatus.IN_TRANSIT
    return status


async def _recollection(tx: StepTransaction, now_is: datetime) -> Recollection:
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
        told=await _told(connection, now),
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
        owes_word_of_failure=await _owes_word_of_failure(connection, now, known),
    )


async def _owes_word_of_failure(connection: AsyncConnection, now: RefundRef, known: Mapping[str, bool]) -> bool:
    if known.get(now.round_before.step(Step.CONFIRM_PAYOUTS)) is not True:
        return False
    return Topic.PAYOUT_FAILED not in await _told(connection, now.round_before)


def _is_given_up(refund: Refund, paid: Sequence[Payout]) -> bool:
    """Whether it was a dispute that was lost, and is won after all; once it is closed its payout is gone as well."""
    is_loss = refund.external is not None and refund.external.read().is_loss
    return is_loss and not any(row.status == PayoutStatus.SUCCEEDED for row in paid)


async def _claim_again(tx: StepTransaction) -> None:
    ref, connection, refund = tx.ref, tx.connection, tx.refund
    await tx.lock_customer()
    stored = await stored_orders.find(connection, ref.merchant_id, refund.order_id, lock=True)
    assert stored is not None
    position = await positions.of_order(connection, ref.merchant_id, stored)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    had = {claim.line_id: claim.units for claim in refund.quote.read().claims} if stored.order.shipments else {}
    made = [_anew(position.line(row.line_id), row, refund.currency, had.get(row.line_id)) for row in rows]
    await steps.mark_undone(connection, ref.refund_id, ref.round_before.step(Step.CLOSE))
    async with standings.counting(connection, ref.merchant_id, refund.customer_id, refund.order_id):
        await claims.replace(connection, ref.refund_id, made)
        await claims.revive(connection, ref.refund_id)
    opened = {"status": RefundStatus.IN_REVIEW, "round": ref.round, "completed_at": None, "review": None}
    if lost_of(refund.goods_return):
        opened["goods_return"] = without_lost(refund.goods_return)
    opened |= {"ended_because": None, "approvals": []}
    opened |= kept_of(because_of_the_parcel(WaitsBecause.PARCEL_LATE))
    tx.change(**opened, risk=None)
    sentence = "opened again for its parcel, which came or was lost after the end"
    await tx.note("reopened", sentence, {"round": ref.round})


def _anew(line: LinePosition, row: ClaimRow, currency: str, had: Units | None) -> Claim:
    """Claim a line again; of one that came in several parcels the units that it had, where they are free (rule 49)."""
    if not row.requested:
        return line.claim_amount(Money(currency, row.amount))
    return line.claim_units(row.requested, None if had is None else (had, line.line.all_units))


async def _told(connection: AsyncConnection, ref: RefundRef) -> tuple[Topic, ...]:
    """What was told in this round; in another the same is told anew."""
    sent = await messages.of_refund(connection, ref.refund_id, in_round=ref.round)
    return tuple(Topic(row.topic) for row in sent if row.recipient != messages.OPERATIONS)


_REFUSALS = {"review_rejected", "inspected", "payout_declined"}


async def _end(connection: AsyncConnection, refund: Refund, now: datetime) -> RefundStatus:
    """How a refund ends that is being undone: for the reason that can be seen, else somebody called it off.

    `now` is the time of its workflow, by which its deadline was set.
    """
    events = {event.event for event in await journal.timeline(connection, refund.refund_id)}
    if events & _REFUSALS:
        return RefundStatus.REJECTED
    deliver_by = _deliver_by(refund)
    is_overdue = deliver_by is not None and deliver_by < now
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
