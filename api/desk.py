"""Saying something to a running refund: an update of its workflow, answered when it has taken effect."""

import asyncio
import hashlib
import json
import secrets
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.returns import Loss, Receipt
from api import problems
from api.access import House
from api.shares import let_others_go_first
from db import claims, journal, refunds, weights
from db.api_keys import Caller
from db.read_models import Refund
from db.refunds import WITHOUT_PAYOUT
from domain.reasons import RefundStatus
from reconciliation.lost import Trouble, find_lost
from reconciliation.reconciler import bring_back
from workflows import revival
from workflows.messages import NOT_AVAILABLE, NOT_YET, ResolveInput, workflow_id
from workflows.start import launch, reopen_for_parcel

MOST_SAID = 500_000
"""Bytes. Temporal takes 2,000,000 in one piece and 4,000,000 in one answer of a worker."""

_BROUGHT_BACK = "the refund is being brought back; repeat this under the same Idempotency-Key"


async def say(house: House, caller: Caller, refund_id: str, update: str, said: object, key: str | None) -> None:
    """Send an update to a caller's refund and wait until it has taken effect.

    Under the same key it is one update however often it is sent. Raises RefundNotFound and Problem
    (`conflicting_state`, `quantity_not_available`, `body_too_large`, `temporarily_unavailable`).
    """
    _refuse_too_much(said)
    async with house.snapshots.connect() as connection:
        refund = await refunds.find(connection, caller.merchant_id, refund_id, caller.customer_id)
    weights.LIGHT_ONLY.set(False)  # from here on something is done: whatever the refund grows to is read here
    update_id = f"{update}-{_named(caller, key) if key else secrets.token_hex(8)}"
    late = await _late(house, refund, said)
    if late is not None:
        await _reopen(house, refund_id, late, update_id)
    elif RefundStatus(refund.status).is_final:
        await _check_taken(house, refund_id, refund.status, update_id)
        return
    else:
        await _tell(house, refund, update, said, update_id)
    async with house.engine.begin() as connection:
        note = journal.Note("asked", f"{caller.name} asked for {update}", caller.name, {"update": update})
        await journal.record_request(connection, refund, note)


async def _tell(house: House, refund: Refund, update: str, said: object, update_id: str) -> None:
    try:
        async with asyncio.timeout(house.patience.update_s):
            await _send(house, refund, update, said, update_id)
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
    """Keys belong to their callers: a customer's is not the merchant's of the same name, nor another customer's."""
    if caller.customer_id is None:
        return key
    return f"customer-{hashlib.sha256(json.dumps([caller.customer_id, key]).encode()).hexdigest()}"


async def _late(house: House, refund: Refund, parcel: object) -> Receipt | Loss | None:
    """What there is of a parcel after the end: goods that have not arrived yet, named one by one; None if all have.

    Raises Problem (`quantity_not_available`) for more than that.
    """
    if not isinstance(parcel, Receipt | Loss) or refund.status not in WITHOUT_PAYOUT:
        return None
    async with house.snapshots.connect() as connection:
        rows = (await claims.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    missing = {row.line_id: row.requested - row.received for row in rows if row.requested > row.received}
    if not missing or (any(row.received for row in rows) and isinstance(parcel, Loss)):
        return None
    if isinstance(parcel, Loss):
        return parcel
    for line_id, quantity in parcel.received:
        if quantity > missing.get(line_id, 0):
            raise problems.quantity_not_available(
                f"{quantity} of line {line_id!r} received, {missing.get(line_id, 0)} still expected"
            )
    return parcel if parcel.received else Receipt(tuple(missing.items()), parcel.actor)


async def _reopen(house: House, refund_id: str, parcel: Receipt | Loss, update_id: str) -> None:
    """A parcel that arrives, or is lost, after its refund ended without payout opens it again (rule 31)."""
    try:
        async with asyncio.timeout(house.patience.update_s):
            await reopen_for_parcel(house.temporal, house.engine, refund_id, parcel, update_id)
    except WorkflowUpdateFailedError as failed:
        raise _refused(failed) from failed
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
        raise problems.try_again("the parcel is not recorded yet; repeat this under the same Idempotency-Key") from late


async def _check_taken(house: House, refund_id: str, status: str, update_id: str) -> None:
    """A refund that is over takes nothing new, but says yes again to what it took under this key before."""
    handle: Any = house.temporal.get_workflow_handle(workflow_id(refund_id))
    try:
        async with asyncio.timeout(house.patience.update_s):
            await handle.get_update_handle(update_id).result()
    except WorkflowUpdateFailedError as failed:
        raise _refused(failed) from failed
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as late:
        raise problems.try_again("it is not known now whether this took effect before; ask once more") from late
    except RPCError as unknown:
        if unknown.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise problems.conflicting_state(f"refund {refund_id} is {status}") from unknown


async def _send(house: House, refund: Refund, update: str, said: object, update_id: str) -> None:
    try:
        await _update(house, refund.refund_id, update, said, update_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await _send_to_missing(house, refund, update, said, update_id)
    except problems.Problem as refused:
        if refused.status == HTTPStatus.CONFLICT and await _was_behind(house, refund.refund_id):
            raise problems.try_again(_BROUGHT_BACK) from refused
        raise


async def _was_behind(house: House, refund_id: str) -> bool:
    """A workflow that does not know what was done refuses what is right; bring it up, and tell whether it was one."""
    lost = await find_lost(house.temporal, house.engine, refund_id=refund_id)
    behind = [each for each in lost if each.trouble is Trouble.BEHIND]
    for each in behind:
        await bring_back(house.temporal, house.engine, each)
    return bool(behind)


async def _send_to_missing(house: House, refund: Refund, update: str, said: object, update_id: str) -> None:
    """The workflow is over, or nobody has started it yet, or it is gone though its refund is not over."""
    refund_id = refund.refund_id
    if isinstance(said, ResolveInput) and said.step == revival.STEP:
        await revival.revive(house.temporal, house.engine, refund_id, said.note or "started again", by=said.by)
        return
    if refund.workflow_started_at is None:
        await launch(house.temporal, house.engine, refund_id)
    else:
        await revival.revive(house.temporal, house.engine, refund_id, "its workflow did not answer")
    try:
        await _update(house, refund_id, update, said, update_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await _answer_missing(house, refund_id, update_id)


async def _answer_missing(house: House, refund_id: str, update_id: str) -> None:
    """There is no workflow even now: its refund is over meanwhile, waits for operations, or is being brought back."""
    async with house.snapshots.connect() as connection:
        refund = await refunds.get(connection, refund_id)
    if RefundStatus(refund.status).is_final:
        await _check_taken(house, refund_id, refund.status, update_id)
        return
    if refund.needs_attention is not None:
        raise problems.conflicting_state(f"refund {refund_id} waits for operations")
    raise problems.try_again(_BROUGHT_BACK)


async def _update(house: House, refund_id: str, update: str, said: object, update_id: str) -> None:
    handle: Any = house.temporal.get_workflow_handle(workflow_id(refund_id))
    try:
        async with let_others_go_first():
            await handle.execute_update(update, said, id=update_id)
    except WorkflowUpdateFailedError as failed:
        raise _refused(failed) from failed


def _refused(failed: WorkflowUpdateFailedError) -> problems.Problem:
    cause = failed.cause
    if isinstance(cause, ApplicationError) and cause.type == NOT_AVAILABLE:
        return problems.quantity_not_available(cause.message)
    if isinstance(cause, ApplicationError) and cause.type == NOT_YET:
        return problems.try_again(f"{cause.message}: say it once more in a moment")
    message = cause.message if isinstance(cause, ApplicationError) else "the refund ended before this took effect"
    return problems.conflicting_state(message)
