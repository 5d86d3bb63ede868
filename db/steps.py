"""What a refund's steps have done, one row a step: a repeated attempt finds its own row and changes nothing.

An undo leaves a tombstone, so that a first attempt that arrives late finds it and stays away.

Of a refund that ended long ago they lie in its own row, folded (0121). They are read there all the same, and are rows
again before another one is inserted: a trigger sees to that. So who changes one inserts it first, as all here do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Executable,
    Select,
    Text,
    Update,
    column,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once, one_of, typed
from db.read_models import Refund
from db.rows import read
from db.schema import JSONB, refunds, steps
from domain.lifecycle import RefundStatus
from domain.steps import ROUND, Step


class AlreadyUndone(Exception):
    """A late attempt of a step came after its undo; nothing may happen any more."""


@dataclass(frozen=True, slots=True)
class FirstTime:
    """Nobody has done this step before: this transaction does it."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The step was done before; `result` is what it kept, None where it kept nothing."""

    result: Any


async def claim_step(connection: AsyncConnection, refund_id: str, key: str, result: Any = None) -> FirstTime | Repeat:
    """Claim a step for this transaction, with its result if that is known; a second attempt waits for the first.

    Raises AlreadyUndone where the step's tombstone stands.
    """
    is_new = await _is_new(connection, refund_id, key, result=result)
    return FirstTime() if is_new else await _repeat(connection, refund_id, key)


async def lock_and_claim(
    connection: AsyncConnection, refund_id: str, key: str, result: Any = None
) -> tuple[Refund, FirstTime | Repeat]:
    """Lock a refund and claim a step of it in one statement: `refunds.get` and `claim_step` in turn.

    Raises AlreadyUndone where the step's tombstone stands.
    """
    found = (await _locked_and_claimed(refund_id=refund_id, key=key, result=result).on(connection)).one()
    is_new = found.step is not None
    return read(Refund, found), FirstTime() if is_new else await _repeat(connection, refund_id, key)


@built_once
def _locked_and_claimed(*, refund_id: Any, key: Any, result: Any) -> Select[Any]:
    locked = select(refunds).where(refunds.c.refund_id == refund_id).with_for_update().cte("locked")
    row = {"refund_id": locked.c.refund_id, "step": typed(key, Text), "result": typed(result, JSONB)}
    claim = insert(steps).from_select(list(row), select(*row.values())).on_conflict_do_nothing()
    claimed = claim.returning(steps.c.step).cte("claimed")
    return select(locked, claimed.c.step).select_from(locked.outerjoin(claimed, true()))


async def _repeat(connection: AsyncConnection, refund_id: str, key: str) -> Repeat:
    row = (await _step(refund_id=refund_id, key=key).on(connection)).one()
    if row.is_undone:
        raise AlreadyUndone(f"{key} of {refund_id}")
    return Repeat(row.result)


async def unclaim_step(connection: AsyncConnection, refund_id: str, key: str) -> None:
    """Give back what this transaction has claimed and does not do after all: a later attempt may."""
    await connection.execute(delete(steps).where(_is(refund_id, key)))


async def forget_tombstone(connection: AsyncConnection, refund_id: str, key: str) -> None:
    """Let a step be done after all that was undone before it was ever done."""
    await connection.execute(delete(steps).where(_is(refund_id, key), steps.c.is_undone))


async def keep_result(connection: AsyncConnection, refund_id: str, key: str, result: Any) -> None:
    await _result_kept(refund_id=refund_id, key=key, result=result).on(connection)


@built_once
def _result_kept(*, refund_id: Any, key: Any, result: Any) -> Update:
    return update(steps).where(_is(refund_id, key)).values(result=result)


async def keep_latest(connection: AsyncConnection, refund_id: str, key: str, since: datetime, result: Any) -> bool:
    """Keep a result unless a later one is kept already, and tell whether it is; another attempt waits meanwhile."""
    latest = {"since": since.isoformat(), **result}
    claimed = await claim_step(connection, refund_id, key, latest)
    if isinstance(claimed, FirstTime):
        return True
    if claimed.result is not None and since < datetime.fromisoformat(claimed.result["since"]):
        return False
    await keep_result(connection, refund_id, key, latest)
    return True


async def keep_first(connection: AsyncConnection, refund_id: str, key: str, result: Any) -> bool:
    """Claim a step together with its result; tell whether nobody had before."""
    return isinstance(await claim_step(connection, refund_id, key, result), FirstTime)


async def steps_of(connection: AsyncConnection, refund_id: str) -> dict[str, bool]:
    """Return every step that a refund has done or that has a tombstone, and whether it is undone."""
    return {row.step: row.is_undone for row in await _of_refund(refund_id=refund_id).on(connection)}


@built_once
def _of_refund(*, refund_id: Any) -> CompoundSelect[Any]:
    rows = select(steps.c.step, steps.c.is_undone).where(steps.c.refund_id == refund_id)
    laid = func.jsonb_each(refunds.c.steps_folded).table_valued(
        column("step", Text), column("laid", JSONB), name="laid"
    )
    laid = laid.render_derived()
    folded = select(laid.c.step, laid.c.laid[_IS_UNDONE].as_boolean()).select_from(refunds.join(laid, true()))
    return rows.union_all(folded.where(refunds.c.refund_id == refund_id))


async def result_of(connection: AsyncConnection, refund_id: str, key: str) -> Any:
    """What a step left behind; None where it was never done."""
    row = (await _step(refund_id=refund_id, key=key).on(connection)).one_or_none()
    return None if row is None else row.result


@dataclass(frozen=True, slots=True)
class OfAnother:
    """What a step of another refund left behind in a round; `is_over` where that refund has ended."""

    refund_id: str
    round: int
    result: Any
    is_over: bool


async def of_other_refunds(connection: AsyncConnection, refund: Refund, key: str) -> list[OfAnother]:
    """Return what a step, of whichever round, left behind in each other refund of the same order."""
    of_order = (refunds.c.merchant_id == refund.merchant_id) & (refunds.c.order_id == refund.order_id)
    others = of_order & (refunds.c.refund_id != refund.refund_id)
    query = select(refunds.c.refund_id, refunds.c.status, steps.c.step, steps.c.result).join_from(
        refunds, steps, steps.c.refund_id == refunds.c.refund_id
    )
    of_step = (steps.c.step == key) | steps.c.step.startswith(f"{key}{ROUND}", autoescape=True)
    found = await connection.execute(query.where(others, of_step).order_by(refunds.c.refund_id))
    return [
        OfAnother(row.refund_id, Step.round_of(row.step), row.result, RefundStatus(row.status).is_final)
        for row in found
    ]


async def is_done(connection: AsyncConnection, refund_id: str, key: str) -> bool:
    row = (await _step(refund_id=refund_id, key=key).on(connection)).one_or_none()
    return row is not None and not row.is_undone


async def is_undone(connection: AsyncConnection, refund_id: str, key: str) -> bool:
    row = (await _step(refund_id=refund_id, key=key).on(connection)).one_or_none()
    return row is not None and row.is_undone


@built_once
def _step(*, refund_id: Any, key: Any) -> CompoundSelect[Any]:
    row = select(steps.c.result, steps.c.is_undone).where(_is(refund_id, key))
    laid = refunds.c.steps_folded.op("->", return_type=JSONB)(typed(key, Text))
    kept = func.nullif(laid[_RESULT], literal_column("'null'", JSONB), type_=JSONB)
    folded = select(kept, laid[_IS_UNDONE].as_boolean()).where(refunds.c.refund_id == refund_id, laid.is_not(None))
    return row.union_all(folded)


async def mark_undone(connection: AsyncConnection, refund_id: str, key: str) -> bool:
    """Leave the tombstone of a step; tell whether the step had been done and is to be undone now."""
    if await _is_new(connection, refund_id, key, is_undone=True):
        return False
    marked = await connection.execute(
        update(steps)
        .where(_is(refund_id, key), steps.c.is_undone.is_(False))
        .values(is_undone=True)
        .returning(steps.c.step)
    )
    return marked.scalar_one_or_none() is not None


async def mark_undone_unless_done(connection: AsyncConnection, refund_id: str, keys: Iterable[str]) -> None:
    """Leave tombstones for those of these steps that were never done: none of them may land late any more."""
    for key in keys:
        if not await is_done(connection, refund_id, key):
            await mark_undone(connection, refund_id, key)


async def void(connection: AsyncConnection, refund_id: str, name: str, but_of: str) -> None:
    """Leave tombstones for all that was noted under a name, but for what this run noted: it does not stand any more."""
    noted, own = (steps.c.step.startswith(f"{name}:{run}", autoescape=True) for run in ("", but_of))
    await connection.execute(update(steps).where(steps.c.refund_id == refund_id, noted, ~own).values(is_undone=True))


async def fold(connection: AsyncConnection, refund_ids: Sequence[str]) -> None:
    """Lay the steps of refunds that ended long ago into their rows, which are locked; some are looked for past them."""
    gone = delete(steps).where(one_of(steps.c.refund_id, refund_ids), ~_STAYS).returning(*steps.c).cte("gone")
    laid = func.jsonb_build_object(_IS_UNDONE, gone.c.is_undone, _RESULT, gone.c.result, _AT, gone.c.at)
    of_each = func.jsonb_object_agg(gone.c.step, laid).label("laid")
    folded = select(gone.c.refund_id, of_each).group_by(gone.c.refund_id).cte("folded")
    into = update(refunds).where(refunds.c.refund_id == folded.c.refund_id).values(steps_folded=folded.c.laid)
    await connection.execute(into)


_IS_UNDONE, _RESULT, _AT = "is_undone", "result", "at"
"""What the trigger that puts them back calls them, too."""

_STAYS = or_(
    steps.c.step.in_((Step.RUN, Step.BEGUN)),
    *(steps.c.step.startswith(each, autoescape=True) for each in (Step.ELSEWHERE, Step.WITHDRAW_GRANTS)),
)


async def _is_new(connection: AsyncConnection, refund_id: str, key: str, **columns: Any) -> bool:
    """Insert the row of a step unless it is there; whoever comes second waits for the first."""
    made = await _new(refund_id=refund_id, key=key, **columns).on(connection)
    return made.scalar_one_or_none() is not None


@built_once
def _new(*, refund_id: Any, key: Any, **columns: Any) -> Executable:
    row = insert(steps).values(refund_id=refund_id, step=key, **columns)
    return row.on_conflict_do_nothing().returning(steps.c.step)


def _is(refund_id: Any, key: Any) -> Any:
    return (steps.c.refund_id == refund_id) & (steps.c.step == key)
