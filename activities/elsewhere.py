"""What lives in another system of the merchant's is done there first and then in our books: once each, by one step.

A request is written down before it leaves, and looked up before it is sent once more. An undo leaves its tombstone
before it is asked for: a late attempt to do finds it here, and a late request of it finds the other system's. A later
round does nothing before it is known what has become of the round before, where people went on without knowing.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.exceptions import ApplicationError

from db import locks, server_clock, steps, words
from db.codec import from_json, to_json
from domain.audit_actions import AuditAction
from domain.entitlements.elsewhere import CouponMove, CouponsMoved, Effect, Instruction, LivesElsewhere, UnitsBack
from domain.payout.keys import instruction_id
from domain.settlement.settlement import Settlement
from domain.steps import Step
from gateways.entitlements.contract import AnswerBody, State
from gateways.entitlements.registry import System
from gateways.ports import Declined, OutOfOrder, TryLater
from service.answers_elsewhere import detail, what_came
from service.entitlement_systems import EntitlementSystems
from service.steps import RefundRef, RefundTransaction, StepTransaction, UndoTransaction, locked

Result = TypeVar("Result")

UNDONE_THERE = "undone"

TRY_AGAIN = "retry"

_A_TURN = timedelta(seconds=5)
"""So long waits who is not alone with an order."""


class _Stage(StrEnum):
    ASKED = "asked"
    DONE = "done"
    WITHDRAWING = "withdrawing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Errand:
    """What another system is to do, or to undo, for a step, and how far that has come, as its row in `steps` keeps it.

    It is undone as it was asked for, whatever the settlement says of it by then. `sent_at` is when a request left that
    nobody has answered yet, and that would be done again if it came again.
    """

    step: Step
    system_id: str
    instruction: Instruction
    stage: _Stage = _Stage.ASKED
    reference: str = ""
    sent_at: datetime | None = None


class _Wanted(StrEnum):
    """`found_out`: what has become of what an earlier round asked for, or of its undo, is to be known."""

    DONE = "done"
    UNDONE = "undone"
    FOUND_OUT = "found_out"


class FirstElsewhere(Exception):
    """A step can't go on before another system has done its part, or undone it; nothing of the step is done yet.

    `ref` is the round that asked for it.
    """

    def __init__(self, ref: RefundRef, errand: Errand, wanted: _Wanted) -> None:
        super().__init__(f"{errand.step} waits for {errand.system_id}")
        self.ref = ref
        self.errand = errand
        self.wanted = wanted


async def require_done(tx: StepTransaction, step: Step, settlement: Settlement, effect: Effect | None) -> None:
    """Let a step go on once the system in which its entitlements live has done its part.

    Raises FirstElsewhere until then, and AlreadyUndone where it was withdrawn.
    """
    system_id = None if effect is None else settlement.system_of(effect.kind)
    if effect is None or system_id is None:
        return
    kept = await _kept(tx.connection, tx.ref, step)
    if kept is None:
        await _stand_aside(tx, step, Errand(step, system_id, _instruction(tx, step, effect)))
        return
    if kept.stage is _Stage.ASKED:
        raise FirstElsewhere(tx.ref, kept, _Wanted.DONE)
    if kept.stage is not _Stage.DONE:
        raise steps.AlreadyUndone(f"{kept.instruction.instruction_id} was undone")


async def _stand_aside(tx: StepTransaction, step: Step, errand: Errand) -> None:
    """Ask for nothing where it stands there from the round before: people skipped to undo it, or it is never undone."""
    ref, before = await _kept_before(tx, step)
    if before is None or before.stage is _Stage.UNDONE:
        raise FirstElsewhere(tx.ref, errand, _Wanted.DONE)
    if before.stage is not _Stage.DONE:
        raise FirstElsewhere(ref, before, _Wanted.FOUND_OUT)


async def as_before(tx: StepTransaction, step: Step, settlement: Settlement, effect: Effect) -> Effect:
    """Return what a later round does again: what was undone of the one before, whatever others have done since."""
    if settlement.system_of(effect.kind) is None:
        return effect
    _, before = await _kept_before(tx, step)
    return effect if before is None else before.instruction.effect


async def require_undone(tx: UndoTransaction, step: Step, settlement: Settlement, kind: LivesElsewhere) -> None:
    """Let an undo go on once the system has undone what it may have been asked for; raises FirstElsewhere until then.

    Where it was never asked it is not asked any more.
    """
    if settlement.system_of(kind) is None:
        return
    kept = await _kept(tx.connection, tx.ref, step)
    if kept is not None and kept.stage is not _Stage.UNDONE:
        raise FirstElsewhere(tx.ref, kept, _Wanted.UNDONE)


async def require_given_back_undone(tx: UndoTransaction, step: Step) -> None:
    """The same of coupons that other refunds of the order had it give back: the order counts as using them again."""
    for other in await steps.of_other_refunds(tx.connection, tx.refund, Step.ELSEWHERE.in_round(1, step)):
        errand = from_json(Errand, other.result)
        if errand.stage is not _Stage.UNDONE and _gives_back(errand.instruction.effect):
            ref = RefundRef(other.refund_id, tx.ref.merchant_id, other.round)
            raise FirstElsewhere(ref, errand, _Wanted.UNDONE)


def _gives_back(effect: Effect) -> bool:
    """A part of a coupon is worth what its own refund gave back, and stays; what was asked for with one stays too."""
    return isinstance(effect, CouponsMoved) and all(each.outcome is CouponMove.REINSTATED for each in effect.coupons)


async def is_seen_to(tx: StepTransaction, step: Step) -> bool:
    """Whether people skipped it, or did it by hand, in a round before, where it has no undo: it stays as it is."""
    if tx.ref.round == 1:
        return False
    answers = await words.answers_about(tx.connection, tx.ref.refund_id, step)
    return any(each != TRY_AGAIN for each in answers)


class Elsewhere:
    """Has other systems do their parts of steps."""

    def __init__(self, engine: AsyncEngine, systems: EntitlementSystems) -> None:
        self._engine = engine
        self._systems = systems

    async def first(self, step: Callable[[RefundRef], Awaitable[Result]], ref: RefundRef) -> Result:
        """Run a step; where that needs another system first, ask it, and run the step again.

        What it needs may be two things: to know of the round before, and to have it done in this one.
        """
        for _ in range(2):
            try:
                return await step(ref)
            except FirstElsewhere as first:
                await self._asked(ref, first)
        return await step(ref)

    async def _asked(self, ref: RefundRef, first: FirstElsewhere) -> None:
        try:
            async with self._turn(first.errand):
                match first.wanted:
                    case _Wanted.DONE:
                        await self._do(ref, first.errand)
                    case _Wanted.UNDONE:
                        await self._undo(ref, first)
                    case _Wanted.FOUND_OUT:
                        await self._find_out(ref, first)
        except Declined as declined:
            no = Declined(declined.code, f"{first.errand.system_id} refuses: {declined}")
            raise ApplicationError(str(no), declined.code, type="RefusedElsewhere", non_retryable=True) from no
        except TryLater as busy:
            raise ApplicationError(str(busy), type=TryLater.__name__, next_retry_delay=busy.retry_after) from busy

    @asynccontextmanager
    async def _turn(self, errand: Errand) -> AsyncIterator[None]:
        """Let nobody else see to an order meanwhile, where what is done is known by counting. Raises TryLater."""
        instruction = errand.instruction
        if not isinstance(instruction.effect, UnitsBack):
            yield
            return
        about = json.dumps(("units back", instruction.merchant_id, instruction.order_id)).encode()
        number = int.from_bytes(hashlib.sha256(about).digest()[:8], signed=True)
        async with locks.alone(self._engine, number) as is_alone:
            if not is_alone:
                raise TryLater(_A_TURN, f"somebody else tells of order {instruction.order_id}")
            yield

    async def _do(self, ref: RefundRef, errand: Errand) -> None:
        errand, may_be_a_repeat = await self._note_request(ref, errand)
        system = await self._systems.opened(ref.merchant_id, errand.system_id)
        known = await system.look_up(errand.instruction) if may_be_a_repeat else None
        if known is not None and known.state is State.UNDONE:
            raise Declined(UNDONE_THERE, "it was undone there, and is not done again")
        is_done = known is not None and known.state is State.DONE
        answer = known if known is not None and is_done else await self._sent(ref, errand, system)
        await self._note_done(ref, errand, answer)

    async def _sent(self, ref: RefundRef, errand: Errand, system: System) -> AnswerBody:
        """Have it done; where the same request twice is done twice, not while an earlier one may be on its way."""
        if not system.settles_in:
            return await system.do(errand.instruction)
        await self._note_sent(ref, errand, system)
        try:
            return await system.do(errand.instruction)
        except (Declined, TryLater, OutOfOrder):  # they have answered: nothing is on its way
            await self._note_answered(ref, errand)
            raise

    async def _note_sent(self, ref: RefundRef, errand: Errand, system: System) -> None:
        """Write down that a request leaves. Raises TryLater while an earlier one may be on its way."""
        async with locked(self._engine, ref) as tx:
            kept, now = await _kept(tx.connection, ref, errand.step), await server_clock.now(tx.connection)
            if kept is None or kept.stage is not _Stage.ASKED:
                raise steps.AlreadyUndone(f"{errand.step} of {ref.refund_id}")
            _refuse_on_its_way(kept, system, now)
            await _keep(tx, replace(kept, sent_at=now))

    async def _note_answered(self, ref: RefundRef, errand: Errand) -> None:
        async with locked(self._engine, ref) as tx:
            kept = await _kept(tx.connection, ref, errand.step)
            if kept is not None and kept.stage is _Stage.ASKED:
                await _keep(tx, replace(kept, sent_at=None))

    async def _undo(self, ref: RefundRef, first: FirstElsewhere) -> None:
        errand, may_be_a_repeat = first.errand, await self._note_withdrawal(ref, first)
        system = await self._systems.opened(ref.merchant_id, errand.system_id)
        known = await system.look_up(errand.instruction) if may_be_a_repeat else None
        is_undone = known is not None and known.state is State.UNDONE
        answer = known if known is not None and is_undone else await system.undo(errand.instruction)
        await self._note_undone(first.ref, errand, answer)

    async def _find_out(self, ref: RefundRef, first: FirstElsewhere) -> None:
        """Have it stand there, or undone for good, whichever of its requests is still on its way.

        What is done is left alone where nobody asked to undo it; an undo that is refused leaves it done.
        """
        errand = first.errand
        system = await self._systems.opened(ref.merchant_id, errand.system_id)
        answer = await system.look_up(errand.instruction)
        is_done = answer.state is State.DONE
        if not is_done and errand.sent_at is not None:
            async with self._engine.connect() as connection:
                _refuse_on_its_way(errand, system, await server_clock.now(connection))
        if not (is_done and errand.stage is _Stage.ASKED):
            try:
                answer = await system.undo(errand.instruction)
            except Declined:
                if not is_done:
                    raise
        await self._note_found_out(ref, first, answer)

    async def _note_request(self, ref: RefundRef, errand: Errand) -> tuple[Errand, bool]:
        """Write down what we are about to ask; return what stands there, and whether somebody may have asked before.

        Raises AlreadyUndone for a late attempt.
        """
        async with locked(self._engine, ref) as tx:
            is_undone = await steps.is_undone(tx.connection, ref.refund_id, ref.step(errand.step))
            if tx.is_of_another_round or is_undone:
                raise steps.AlreadyUndone(f"{errand.step} of {ref.refund_id}")
            errand = await _counted(tx, errand)
            claimed = await steps.claim_step(tx.connection, ref.refund_id, _key(ref, errand.step), to_json(errand))
        if isinstance(claimed, steps.FirstTime):
            return errand, False
        return from_json(Errand, claimed.result), True

    async def _note_done(self, ref: RefundRef, errand: Errand, answer: AnswerBody) -> None:
        """Raises AlreadyUndone where it was withdrawn meanwhile: whoever withdrew it asks for that there as well."""
        async with locked(self._engine, ref) as tx:
            kept = await _kept(tx.connection, ref, errand.step)
            if kept is None or kept.stage in (_Stage.WITHDRAWING, _Stage.UNDONE):
                raise steps.AlreadyUndone(f"{errand.step} of {ref.refund_id}")
            if kept.stage is _Stage.ASKED:
                await _keep(tx, replace(errand, stage=_Stage.DONE, reference=answer.reference))
                sentence = f"{errand.system_id} has booked its {errand.instruction.effect.kind}{what_came(answer)}"
                booked = detail(errand.system_id, errand.instruction, answer)
                await tx.note(AuditAction.DONE_ELSEWHERE, sentence, booked)

    async def _note_withdrawal(self, ref: RefundRef, first: FirstElsewhere) -> bool:
        """Leave the tombstone before it is undone there; tell whether somebody may have asked for that before.

        Raises AlreadyUndone for a late attempt: a person may have settled by hand what it is about.
        """
        errand, of = first.errand, first.ref
        async with locked(self._engine, of) as tx:
            if of == ref and tx.is_of_another_round:
                raise steps.AlreadyUndone(f"{errand.step} of {ref.refund_id}")
            kept = await _kept(tx.connection, of, errand.step)
            if kept is not None and kept.stage in (_Stage.WITHDRAWING, _Stage.UNDONE):
                return True
            await steps.mark_undone(tx.connection, of.refund_id, _key(of, errand.step))
            await _keep(tx, replace(errand, stage=_Stage.WITHDRAWING))
            return False

    async def _note_undone(self, ref: RefundRef, errand: Errand, answer: AnswerBody) -> None:
        async with locked(self._engine, ref) as tx:
            kept = await _kept(tx.connection, ref, errand.step)
            if kept is not None and kept.stage is not _Stage.UNDONE:
                await _keep(tx, replace(errand, stage=_Stage.UNDONE, reference=answer.reference))
                sentence = f"{errand.system_id} has its {errand.instruction.effect.kind} as before"
                booked = detail(errand.system_id, errand.instruction, answer)
                await tx.note(AuditAction.UNDONE_ELSEWHERE, sentence, booked)

    async def _note_found_out(self, ref: RefundRef, first: FirstElsewhere, answer: AnswerBody) -> None:
        """Raises AlreadyUndone for a late attempt: a later round may have found out something else since."""
        errand, stands = first.errand, answer.state is State.DONE
        async with locked(self._engine, ref) as tx:
            if tx.is_of_another_round:
                raise steps.AlreadyUndone(f"{errand.step} of {ref.refund_id}")
            stage = _Stage.DONE if stands else _Stage.UNDONE
            found = to_json(replace(errand, stage=stage, reference=answer.reference))
            await steps.keep_result(tx.connection, ref.refund_id, _key(first.ref, errand.step), found)
            event = AuditAction.DONE_ELSEWHERE if stands else AuditAction.UNDONE_ELSEWHERE
            how = "booked" if stands else "as before"
            sentence = f"{errand.system_id} has its {errand.instruction.effect.kind} of the round before {how}"
            await tx.note(event, sentence, detail(errand.system_id, errand.instruction, answer))


async def _kept(connection: AsyncConnection, ref: RefundRef, step: Step) -> Errand | None:
    found = await steps.result_of(connection, ref.refund_id, _key(ref, step))
    return None if found is None else from_json(Errand, found)


async def _kept_before(tx: StepTransaction, step: Step) -> tuple[RefundRef, Errand | None]:
    """Find what was asked for in the latest round before this one that asked for anything."""
    ref = tx.ref
    while ref.round > 1:
        ref = ref.round_before
        if (kept := await _kept(tx.connection, ref, step)) is not None:
            return ref, kept
    return ref, None


async def _counted(tx: RefundTransaction, errand: Errand) -> Errand:
    """Count in what the order's other refunds have told of it, who take turns: one is known before the next is asked.

    Raises TryLater while one of them is not known, unless it is over: what people skipped is told with this one.
    """
    effect, ref = errand.instruction.effect, tx.ref
    if not isinstance(effect, UnitsBack) or await _kept(tx.connection, ref, errand.step) is not None:
        return errand
    told: list[UnitsBack] = []
    for other in await steps.of_other_refunds(tx.connection, tx.refund, Step.ELSEWHERE.in_round(1, errand.step)):
        before = from_json(Errand, other.result)
        if before.stage is _Stage.ASKED and not other.is_over:
            raise TryLater(_A_TURN, f"refund {other.refund_id} of this order is not known to be told yet")
        if before.stage is not _Stage.UNDONE and isinstance(before.instruction.effect, UnitsBack):
            told.append(before.instruction.effect)
    return replace(errand, instruction=replace(errand.instruction, effect=effect.after(told)))


def _refuse_on_its_way(kept: Errand, system: System, now: datetime) -> None:
    left = timedelta() if kept.sent_at is None else kept.sent_at + system.settles_in - now
    if left > timedelta():
        raise TryLater(left, f"what {kept.system_id} did not answer may still arrive")


async def _keep(tx: RefundTransaction, errand: Errand) -> None:
    await steps.keep_result(tx.connection, tx.ref.refund_id, _key(tx.ref, errand.step), to_json(errand))


def _key(ref: RefundRef, step: Step) -> str:
    return ref.step(Step.ELSEWHERE, step)


def _instruction(tx: RefundTransaction, step: Step, effect: Effect) -> Instruction:
    ref, refund = tx.ref, tx.refund
    return Instruction(
        instruction_id(ref.refund_id, step, ref.round),
        ref.merchant_id,
        ref.refund_id,
        refund.order_id,
        refund.customer_id,
        effect,
    )
