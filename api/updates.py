"""Saying something to a running refund: an update of its workflow, answered when it has taken effect."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic_core import to_json
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.parcels import Loss, Receipt
from api import after_the_end, problems, reviewing
from api.access import Services
from api.launching import else_by_the_worker
from api.shares import let_others_go_first
from db import claims, codec, journal, refunds, reviews, weights, words
from db.api_keys import Caller
from db.idempotency import KeyReused
from db.read_models import ClaimRow, Refund
from db.refunds import WITHOUT_PAYOUT
from domain.audit_actions import AuditAction
from domain.claims.receipts import more_than_expected
from domain.lifecycle import RefundStatus
from domain.said import NO_RUN, NOT_AVAILABLE, REUSED, Overruled, Word, WordKind, fingerprint, word_id
from temporal_client import resume
from temporal_client.start import ensure_running, reopen_for_parcel, reopen_for_payout
from upkeep.missing import Trouble, find_lost
from upkeep.reconciler import bring_back
from upkeep.unheard import wake
from workflows.contract import (
    ENDED,
    NOT_YET,
    OTHER_APPROVER_NEEDED,
    OVERTAKEN,
    PAY_OUT,
    Resolution,
    ResolveInput,
    ReviewInput,
    workflow_id,
)

MOST_SAID = 500_000
"""Bytes. Temporal takes 2,000,000 in one piece and 4,000,000 in one answer of a worker."""

_UNHEARD_AFTER = timedelta(seconds=1)
"""A word that a run has noted and goes on with is taken up sooner."""

_PAUSE_S = 0.2
_TIMES_AGAIN = 10

_BROUGHT_BACK = "the refund is being brought back; repeat this under the same Idempotency-Key"


@dataclass(frozen=True, slots=True)
class OfRefund:
    """What can be put into words once it is known what the refund asks for."""

    said: Callable[[Refund], object]


async def say(services: Services, caller: Caller, refund_id: str, update: str, said: object, key: str | None) -> None:
    """Send an update to a caller's refund and wait until it has taken effect.

    Under the same key it is one word however often it is sent, to whichever run. Raises RefundNotFound, KeyReused and
    Problem (`conflicting_state`, `quantity_not_available`, `body_too_large`, `temporarily_unavailable`).
    """
    kind, named = WordKind(update), _named(caller, key) if key else secrets.token_hex(8)
    async with services.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller, refund_id)
        refusals = await words.refusals(connection, refund_id, kind, named) if key else 0
    said = said.said(refund) if isinstance(said, OfRefund) else said
    _refuse_too_much(said)
    word = Word(word_id(kind, named, refusals), kind, fingerprint(said), NO_RUN, 0)
    weights.LIGHT_ONLY.set(False)  # from here on something is done: whatever the refund grows to is read here
    if RefundStatus(refund.status).is_final and await _was_heard(services, refund, word, key):
        return
    try:
        if not (isinstance(said, ReviewInput) and RefundStatus(refund.status).is_final):
            await reviewing.admit(services, caller, refund, said, word)
        await _say(services, refund, said, word)
    except problems.ProblemRaised as refused:
        if not refused.may_pass:
            await _refuse(services, refund_id, word, refused)
        raise
    async with services.engine.begin() as connection:
        await words.note_taken_up(connection, refund_id, [word.word_id])
        if kind is WordKind.REVIEW:
            await reviews.release(connection, refund_id, caller.identity)
        note = journal.Note(AuditAction.ASKED, f"{caller.name} asked for {update}", caller.name, {"update": update})
        await journal.record_request(connection, refund, note)


async def _say(services: Services, refund: Refund, said: object, word: Word) -> None:
    refund_id = refund.refund_id
    if isinstance(said, ResolveInput) and said.step == resume.STEP:
        await _look_after_workflow(services, refund, said, word)
    elif (parcel := await _late(services, refund, said)) is not None:
        await _reopen(services, refund_id, parcel, word.word_id)
    elif isinstance(said, Receipt) and refund.status == RefundStatus.COMPLETED:
        async with services.engine.begin() as connection:
            await after_the_end.note_receipt(connection, refund, said, word)
    elif isinstance(said, ResolveInput) and _is_sent_back(refund, said):
        await _take_back(services, refund, said, word)
    elif RefundStatus(refund.status).is_final:
        raise problems.conflicting_state(f"refund {refund_id} is {refund.status}")
    else:
        await _tell(services, refund, word.kind, said, word.word_id)


def _is_sent_back(refund: Refund, said: ResolveInput) -> bool:
    """Whether it says that what people have paid did not stay where it went."""
    is_of_payout = (said.step, said.action) == (PAY_OUT, Resolution.FAILED)
    return is_of_payout and refund.status == RefundStatus.COMPLETED


async def _take_back(services: Services, refund: Refund, said: ResolveInput, word: Word) -> None:
    """What people had paid has come back: unbook it, and have a run of the refund see to it (rule 35)."""
    async with services.engine.begin() as connection:
        await after_the_end.note_sent_back(connection, refund, said, word)
    with else_by_the_worker(refund.refund_id):
        await reopen_for_payout(services.temporal, services.engine, refund.refund_id)


async def _refuse(services: Services, refund_id: str, word: Word, no: problems.ProblemRaised) -> None:
    """Write a definite no down before it is said: an attempt that a lost task left on its way does nothing then.

    Raises Problem (`temporarily_unavailable`) where such an attempt was quicker.
    """
    async with services.engine.begin() as connection:
        refund = await refunds.get(connection, refund_id, lock=True)
        if await words.refuse(connection, refund_id, refund.round, word, Overruled(no.code, no.detail)):
            return
        is_open = await words.is_not_taken_up(connection, refund_id, word.word_id)
    if is_open:
        raise problems.try_again(
            "it is being found out whether this took effect; repeat it under the same Idempotency-Key"
        ) from no


async def _was_heard(services: Services, refund: Refund, word: Word, key: str | None) -> bool:
    """Whether this was said before the end of the refund, whoever heard it; what came to nothing is refused again."""
    async with services.snapshots.connect() as connection:
        known = await words.find(connection, refund.refund_id, word.word_id)
    if known is None:
        return False
    if known.sha256 != word.sha256:
        raise KeyReused(key)
    if known.overruled is not None:
        raise _problem(known.overruled.type, known.overruled.message)
    if known.kind is WordKind.CANCEL and refund.status == RefundStatus.COMPLETED:
        raise problems.conflicting_state(f"refund {refund.refund_id} is {refund.status}")
    return True


async def _look_after_workflow(services: Services, refund: Refund, said: ResolveInput, word: Word) -> None:
    """Somebody has looked after a workflow that was lost too often; one that runs by now only needs nobody any more."""
    if (refund.needs_attention or {}).get("step") != resume.STEP:
        raise problems.conflicting_state("the refund needs no attention now at this step")
    await resume.resume(services.temporal, services.engine, refund.refund_id, said.note or "started again", by=said.by)
    async with services.engine.begin() as connection:
        await words.take(connection, refund.refund_id, refund.round, word, codec.to_json(said))


async def _tell(services: Services, refund: Refund, update: str, said: object, update_id: str) -> None:
    try:
        async with asyncio.timeout(services.patience.update_s):
            await _send(services, refund, update, said, update_id)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
        raise problems.try_again(
            "it is not decided in time whether this took effect; repeat it under the same Idempotency-Key"
        ) from late


def _refuse_too_much(said: object) -> None:
    """What is said to a workflow lies in its history several times, and what a history can't hold stops its tasks."""
    size = len(to_json(said))
    if size > MOST_SAID:
        raise problems.larger_than(f"what is said to a refund at once has at most {MOST_SAID} bytes, this has {size}")


def _named(caller: Caller, key: str) -> str:
    """Keys belong to their callers: a customer's is not the merchant's of the same name, nor another person's."""
    if caller.customer_id is None and not caller.person:
        return key
    if caller.customer_id is None:
        return f"person-{hashlib.sha256(json.dumps([caller.role, caller.person, key]).encode()).hexdigest()}"
    return f"customer-{hashlib.sha256(json.dumps([caller.customer_id, key]).encode()).hexdigest()}"


async def _late(services: Services, refund: Refund, parcel: object) -> Receipt | Loss | None:
    """What is said of a parcel that comes, or is lost, after the end: None where all goods have arrived.

    Raises Problem (`quantity_not_available`) for more than those.
    """
    if not isinstance(parcel, Receipt | Loss) or refund.status not in WITHOUT_PAYOUT:
        return None
    async with services.snapshots.connect() as connection:
        rows = (await claims.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    missing = {row.line_id: row.requested - row.received for row in rows if row.requested > row.received}
    if not missing or (isinstance(parcel, Loss) and not _is_all_lost(parcel, rows, missing)):
        return None
    received = parcel.received if isinstance(parcel, Receipt) else ()
    if too_much := more_than_expected(received, missing, refund.measures):
        raise problems.quantity_not_available(too_much)
    return parcel


def _is_all_lost(loss: Loss, rows: Sequence[ClaimRow], missing: dict[str, int]) -> bool:
    """Whether nothing of a refund came: what is lost of a part is known while the refund is open."""
    return not any(row.received for row in rows) and dict(loss.lines) in ({}, missing)


async def _reopen(services: Services, refund_id: str, parcel: Receipt | Loss, update_id: str) -> None:
    """A parcel that arrives, or is lost, after its refund ended without payout opens it again (rule 31)."""
    try:
        async with asyncio.timeout(services.patience.update_s):
            await reopen_for_parcel(services.temporal, services.engine, refund_id, parcel, update_id)
    except WorkflowUpdateFailedError as failed:
        raise _refused(failed) from failed
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
        raise problems.try_again("the parcel is not recorded yet; repeat this under the same Idempotency-Key") from late


async def _send(services: Services, refund: Refund, update: str, said: object, update_id: str) -> None:
    try:
        await _update(services, refund.refund_id, update, said, update_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await _send_to_missing(services, refund, update, said, update_id)
    except problems.ProblemRaised as refused:
        if refused.may_pass or not await _is_helped(services, refund.refund_id):
            raise
        await _send_again(services, refund.refund_id, update, said, update_id)


async def _is_helped(services: Services, refund_id: str) -> bool:
    """A workflow that does not know what was said or done refuses what is right: help one, and tell whether it was."""
    lost = await find_lost(services.temporal, services.engine, refund_id=refund_id)
    for each in lost:
        await bring_back(services.temporal, services.engine, each)
    if any(each.trouble is not Trouble.PAUSED for each in lost):
        return True
    async with services.snapshots.connect() as connection:
        is_unheard = await words.is_waiting(connection, refund_id, _UNHEARD_AFTER)
    if is_unheard:
        await wake(services.temporal, refund_id)
    return is_unheard


async def _send_again(services: Services, refund_id: str, update: str, said: object, update_id: str) -> None:
    """Say it to a workflow that has just been helped, until it knows better or has had time for that."""
    for _ in range(_TIMES_AGAIN):
        await asyncio.sleep(_PAUSE_S)
        with suppress(problems.ProblemRaised):
            await _update(services, refund_id, update, said, update_id)
            return
    await _update(services, refund_id, update, said, update_id)


async def _send_to_missing(services: Services, refund: Refund, update: str, said: object, update_id: str) -> None:
    """The workflow is over, or nobody has started it yet, or it is gone though its refund is not over."""
    refund_id = refund.refund_id
    async with services.snapshots.connect() as connection:
        now = await refunds.get(connection, refund_id)
    if (parcel := await _late(services, now, said)) is not None:  # it was being stopped when this was said
        await _reopen(services, refund_id, parcel, update_id)
        return
    if refund.workflow_started_at is None:
        await ensure_running(services.temporal, services.engine, refund_id)
    else:
        await resume.resume(services.temporal, services.engine, refund_id, "its workflow did not answer")
    try:
        await _update(services, refund_id, update, said, update_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await _answer_missing(services, refund_id)


async def _answer_missing(services: Services, refund_id: str) -> None:
    """There is no workflow even now: its refund is over meanwhile, waits for operations, or is being brought back."""
    async with services.snapshots.connect() as connection:
        refund = await refunds.get(connection, refund_id)
    if refund.needs_attention is not None:
        raise problems.conflicting_state(f"refund {refund_id} waits for operations")
    raise problems.try_again(_BROUGHT_BACK)


async def _update(services: Services, refund_id: str, update: str, said: object, update_id: str) -> None:
    """Send an update, again where the run that hears it has yet to find out where the refund stands."""
    handle: Any = services.temporal.get_workflow_handle(workflow_id(refund_id))
    while True:
        try:
            async with let_others_go_first():
                await handle.execute_update(update, said, id=update_id)
                return
        except WorkflowUpdateFailedError as failed:
            if not (isinstance(failed.cause, ApplicationError) and failed.cause.type == NOT_YET):
                raise _refused(failed) from failed
            await asyncio.sleep(_PAUSE_S)


def _refused(failed: WorkflowUpdateFailedError) -> problems.ProblemRaised | KeyReused:
    cause = failed.cause
    if not isinstance(cause, ApplicationError) or cause.type == ENDED:
        return problems.try_again("it is not known whether this took effect; repeat it under the same Idempotency-Key")
    return _problem(cause.type, cause.message)


def _problem(type_: str | None, message: str) -> problems.ProblemRaised | KeyReused:
    """What the workflow's no, or what it said once, is to the caller."""
    if type_ == NOT_AVAILABLE:
        return problems.quantity_not_available(message)
    if type_ == OTHER_APPROVER_NEEDED:
        return problems.other_approver_needed(message)
    if type_ in (NOT_YET, OVERTAKEN):
        return problems.try_again(f"{message}: say it once more in a moment")
    if type_ == REUSED:
        return KeyReused(message)
    return problems.conflicting_state(message)
