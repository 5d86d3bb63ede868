"""Naming a refund, taking its claims back, and closing it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.holding import let_go
from db import claims, effects, holds, journal, payouts, refunds
from domain.claims import ClaimState
from domain.keys import joined
from domain.reasons import RefundStatus
from domain.review import Verdict

_ROUND = "@"
_UNDONE_ON_A_STOP = ("claim_again", "issue_return", "hold")


@dataclass(frozen=True, slots=True)
class RefundRef:
    """Which refund a step is about; `round` counts how often it was opened again (rules 31 and 35)."""

    refund_id: str
    merchant_id: str
    round: int = 1

    def step(self, name: str) -> str:
        """Name a step among the effects: what a later round does is no repeat of what an earlier one did."""
        return joined(name, by=_ROUND) if self.round == 1 else joined(name, self.round, by=_ROUND)

    @staticmethod
    def is_step(step: str, name: str) -> bool:
        """Whether a step has this name, in whichever round it was."""
        return step.partition(_ROUND)[0] == name

    @property
    def next_round(self) -> "RefundRef":
        return replace(self, round=self.round + 1)


@dataclass(frozen=True, slots=True)
class CloseRefund:
    """How a refund ends; `why` is a sentence for the timeline, `occurrence` tells which run says so."""

    refund: RefundRef
    status: RefundStatus
    why: str
    actor: str
    occurrence: str


def kept_of(verdict: Verdict) -> dict[str, Any]:
    """What to keep of a verdict in a refund's row (rule 40)."""
    said = zip(verdict.waits_because, verdict.sentences, strict=True)
    reasons = [{"code": code, "message": sentence} for code, sentence in said]
    return {"approved_by_rule": verdict.rule is not None, "waits_because": reasons}


RUN = "run"
"""The effect that names the run of a refund that counts, where it is not the first."""


class Refunds:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # The claims were made by the API together with the refund itself, before this saga began.
    @activity.defn
    async def release_claims(self, refund: RefundRef) -> None:
        """Give back what the refund claimed of its order, so that it can be asked for again; what is paid stays.

        A workflow that Temporal brought back from an older copy may not know that it is paid.
        """
        async with self._engine.begin() as connection:
            stored = await refunds.get(connection, refund.refund_id, lock=True)
            if stored.round > refund.round or await effects.is_done(connection, refund.refund_id, refund.step("hold")):
                return  # a late attempt must not release what is claimed again, or settled by another run
            await effects.bury(connection, refund.refund_id, refund.step("claim_again"))
            await refunds.change(connection, refund.refund_id, round=refund.round)
            await claims.set_state(connection, refund.refund_id, ClaimState.RELEASED)

    # No undo: a refund that is closed is opened again in a new round (`activities/reopening.py`).
    @activity.defn
    async def close_refund(self, command: CloseRefund) -> None:
        refund_id = command.refund.refund_id
        async with self._engine.begin() as connection:
            if await is_of_an_ended_run(connection, refund_id, command.occurrence):
                return
            is_repeat, _ = await effects.earlier(connection, refund_id, command.refund.step("close"))
            await refunds.set_status(connection, refund_id, command.status)
            if is_repeat:
                return
            # What a skipped step still held can be spent again.
            await holds.end(connection, refund_id, holds.HoldState.RELEASED)
            is_done = command.status is RefundStatus.COMPLETED
            if not is_done:
                await _let_go_of_what_is_left(connection, command.refund)
                # Where a person skipped an undo, no tombstone stands: what was asked for before must not arrive.
                steps = map(command.refund.step, _UNDONE_ON_A_STOP)
                await effects.bury_what_is_not_done(connection, refund_id, steps)
            sentence = command.why if is_done else f"{command.status}: {command.why}"
            note = journal.Note(command.status, sentence, command.actor, {"status": command.status})
            await journal.record(connection, refund_id, note)


async def _let_go_of_what_is_left(connection: AsyncConnection, ref: RefundRef) -> None:
    """Where a person skipped an undo, its units must be free again all the same; what may be paid stays."""
    refund = await refunds.get(connection, ref.refund_id, lock=True)
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    was_paid = ref.step("confirm_payouts") in await effects.steps_of(connection, ref.refund_id)
    if was_paid or await payouts.is_under_way(connection, ref.refund_id):
        return
    if any(row.state != ClaimState.RELEASED for row in rows):
        await let_go(connection, refund)


async def refuse_if_released(connection: AsyncConnection, ref: RefundRef) -> None:
    """A refund whose claims are released was stopped: an attempt that is late must not take it up again."""
    rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    if rows and all(row.state == ClaimState.RELEASED for row in rows):
        raise ApplicationError("its claims are released", type="AlreadyUndone", non_retryable=True)


async def is_overtaken(connection: AsyncConnection, refund_id: str, kind: str, said_at: datetime) -> bool:
    """Whether something of this kind that was said later stands already: a late attempt must not replace it.

    It is of a task that was lost: nobody was answered, and the same run has heard something else since then.
    """
    return not await effects.keep_latest(connection, refund_id, kind, said_at, {})


async def is_of_an_ended_run(connection: AsyncConnection, refund_id: str, occurrence: str) -> bool:
    """Whether an attempt is so late that another run has taken the refund over: it must not interfere any more."""
    counts = await effects.result_of(connection, refund_id, RUN)
    return counts is not None and not occurrence.startswith(counts["run"])
