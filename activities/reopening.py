"""Opening a refund again: its workflow was ended in Temporal, a parcel came late, a payout failed later."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from activities.recollection import Recollection, recollect
from activities.refunds import kept_of
from activities.review import assessed
from db import claims, journal, positions, refunds, standings, steps, stored_orders, words
from db.codec import from_json, to_json
from db.read_models import ClaimRow, Refund
from domain import clock
from domain.audit_actions import AuditAction
from domain.claims.claims import Claim, LinePosition
from domain.claims.lost_parcels import is_asked_about
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.refusals import RefundRejected
from domain.rights.review import WaitsBecause, because_of_the_parcel
from domain.sale.units import Units
from domain.steps import Step
from service.goods_return import lost_of, without_lost
from service.steps import Begun, RefundRef, StepTransaction, another_has_begun, step


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
                recollection = await recollect(tx, command.since)
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
    recollection = await recollect(tx, command.since)
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
        await tx.note(AuditAction.PICKED_UP, sentence, {"run": command.run})
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
    if status is RefundStatus.AWAITING_RETURN and AuditAction.PARCEL_RECEIVED in events:
        return RefundStatus.INSPECTING
    if status is RefundStatus.AWAITING_RETURN and AuditAction.SHIPPED in events:
        return RefundStatus.IN_TRANSIT
    return status


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
    await tx.note(AuditAction.REOPENED, sentence, {"round": ref.round})


def _anew(line: LinePosition, row: ClaimRow, currency: str, had: Units | None) -> Claim:
    """Claim a line again; of one that came in several parcels the units that it had, where they are free (rule 49)."""
    if not row.requested:
        return line.claim_amount(Money(currency, row.amount))
    return line.claim_units(row.requested, None if had is None else (had, line.line.all_units))
