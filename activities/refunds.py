"""Naming a refund, taking its claims back, and closing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import paid_less
from db import bank_accounts, claims, holds, payouts, steps, words
from db.read_models import ClaimRow, Payout
from domain.audit_actions import AuditAction
from domain.claims.claims import ClaimState
from domain.explain.endings import EndedBecause
from domain.lifecycle import PayoutStatus, RefundStatus
from domain.payout.choice import RefundTo
from domain.rights.review import Verdict
from domain.said import CONFLICTING_STATE, TOO_LATE, Overruled, Word
from domain.steps import Step
from gateways.ports import DISPUTED
from service.holding import let_go
from service.steps import RefundRef, Saying, StepTransaction, saying, step, undo


class AlreadyPaid(Exception):
    """The refund's money is on its way or there, and the run that wants something else does not know it.

    A task in which it was asked for was lost: that run is to begin again with what is known.
    """


_UNDONE_ON_A_STOP = (Step.CLAIM_AGAIN, Step.ISSUE_RETURN, Step.HOLD)


@dataclass(frozen=True, slots=True)
class RecordCancel:
    """Somebody calls a refund off."""

    refund: RefundRef
    by: str
    note: str
    role: str
    message_id: str
    word: Word | None
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class CloseRefund:
    """How a refund ends; `why` is a sentence for the timeline, `because` what the customer is told.

    `message_id` tells which run says so, `heard` are the ids of the words that it has noted, `heard_just_now` of those
    that it noted in this very task, which may be lost with them. `events` says how far the run is.
    """

    refund: RefundRef
    status: RefundStatus
    why: str
    actor: str
    message_id: str
    because: EndedBecause | None = None
    heard: tuple[str, ...] = ()
    heard_just_now: tuple[str, ...] = ()
    events: int | None = None

    @property
    def run(self) -> str:
        """The id of the run that says so."""
        return self.message_id.partition(".")[0]


def kept_of(verdict: Verdict) -> dict[str, Any]:
    """What to keep of a verdict in a refund's row (rule 40)."""
    said = zip(verdict.waits_because, verdict.sentences, strict=True)
    reasons = [{"code": code, "message": sentence} for code, sentence in said]
    return {"approved_by_rule": verdict.rule is not None, "waits_because": reasons}


class Refunds:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # The claims were made by the API together with the refund itself, before this saga began.
    @activity.defn
    async def release_claims(self, refund: RefundRef) -> None:
        """Give back what the refund claimed of its order, so that it can be asked for again; what is paid stays.

        A workflow that Temporal brought back from an older copy may not know that it is paid.
        """
        async with undo(self._engine, refund, Step.CLAIM_AGAIN) as tx:
            if tx.refund.round > refund.round or await tx.is_done(Step.HOLD):
                return  # a late attempt must not release what is claimed again, or settled by another run
            await tx.mark_undone()
            tx.change(round=refund.round)
            await claims.set_state(tx.connection, refund.refund_id, ClaimState.RELEASED)

    # No undo: what was said was said.
    @activity.defn
    async def record_cancel(self, command: RecordCancel) -> None:
        """Note that somebody calls the refund off, before anything is undone for it: another run is to stop as well."""
        body = {"by": command.by, "note": command.note, "role": command.role}
        said = Saying(command.message_id, command.word, body, key_id=command.key_id)
        async with saying(self._engine, command.refund, Step.CANCEL, said) as tx:
            if RefundStatus(tx.refund.status).is_final:
                await tx.unclaim()

    # No undo: a refund that is closed is opened again in a new round (`activities/reopening.py`).
    @activity.defn
    async def close_refund(self, command: CloseRefund) -> None:
        """Close a refund; raises AlreadyPaid for a stop by a run that does not know that money may have gone back."""
        by = {"run": command.run}
        async with step(self._engine, command.refund, Step.CLOSE, by_run=command.message_id, result=by) as tx:
            if tx.is_late:
                return
            tx.move(command.status)
            await words.close(
                tx.connection,
                command.refund.refund_id,
                command.heard,
                Overruled(CONFLICTING_STATE, TOO_LATE),
                but=command.heard_just_now,
                run=command.run,
                events=command.events,
            )
            if not tx.is_first:
                return
            is_done = command.status is RefundStatus.COMPLETED
            if not is_done:
                await refuse_if_paid(tx.connection, command.refund)
            tx.change(ended_because=command.because)
            if tx.refund.refund_to is RefundTo.BANK_TRANSFER:
                await bank_accounts.erase(tx.connection, command.refund.refund_id)
            # What a skipped step still held can be spent again.
            await holds.end(tx.connection, command.refund.refund_id, holds.HoldState.RELEASED)
            if not is_done:
                await _ask_for_what_was_paid_less(tx, await _let_go_of_what_is_left(tx))
            sentence = command.why if is_done else f"{command.status}: {command.why}"
            await tx.note(AuditAction(command.status), sentence, _detail(command), by=command.actor)


def _detail(command: CloseRefund) -> dict[str, Any]:
    return {"status": command.status} | ({"because": command.because} if command.because else {})


async def _let_go_of_what_is_left(tx: StepTransaction) -> list[ClaimRow]:
    """Let go of all that it claimed, and return that; of what was for shipping alone only a settlement tells.

    Where a person skipped an undo, its units must be free again all the same; what may be paid stays.

    Nor does a tombstone stand there: what was asked for before must not arrive any more.
    """
    ref, connection = tx.ref, tx.connection
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    was_paid = ref.step(Step.CONFIRM_PAYOUTS) in await steps.steps_of(connection, ref.refund_id)
    is_left = tx.refund.settlement is not None or any(row.state != ClaimState.RELEASED for row in rows)
    if is_left and not was_paid and not await payouts.is_under_way(connection, ref.refund_id):
        await let_go(connection, tx.refund)
        await steps.mark_undone(connection, ref.refund_id, ref.step(Step.HOLD))
    await steps.mark_undone_unless_done(connection, ref.refund_id, map(ref.step, _UNDONE_ON_A_STOP))
    return rows


async def _ask_for_what_was_paid_less(tx: StepTransaction, rows: Sequence[ClaimRow]) -> None:
    """A loss may have taken of the shipping alone, which is no line's."""
    money_off = {row.line_id for row in rows if not row.requested and row.amount}
    if money_off or tx.refund.external is not None:
        await paid_less.ask_for_it(tx, sorted(money_off))


def may_be_paid(payout: Payout) -> bool:
    """Whether money may have gone back; not where the payment was charged back: that refund is refused (rule 11)."""
    if payout.status == PayoutStatus.DECLINED:
        return bool(payout.decline_code != DISPUTED)
    return bool(payout.status != PayoutStatus.PLANNED)


async def refuse_if_paid(connection: AsyncConnection, ref: RefundRef) -> None:
    """Raise AlreadyPaid where money may have gone back: from then on a refund only goes forward.

    One that pays nothing has no payout that would say so: it is paid once that is confirmed.
    """
    if any(map(may_be_paid, (await payouts.rows_of(connection, [ref.refund_id]))[ref.refund_id])):
        raise AlreadyPaid(f"{ref.refund_id} is being paid")
    if ref.step(Step.CONFIRM_PAYOUTS) in await steps.steps_of(connection, ref.refund_id):
        raise AlreadyPaid(f"{ref.refund_id} is paid")


async def refuse_if_released(connection: AsyncConnection, ref: RefundRef) -> None:
    """A refund whose claims are released was stopped: an attempt that is late must not take it up again."""
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    if rows and all(row.state == ClaimState.RELEASED for row in rows):
        raise ApplicationError("its claims are released", type=steps.AlreadyUndone.__name__, non_retryable=True)
